"""Does a restore leave alone what is posted or set aside, and go on with what landed only in part?"""

from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import ours
from chalicelib.flows.plan import Absent, Delete, Put
from chalicelib.flows.upkeep.restore.restore import Restorer
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked, run_in_flight
from tests.treasury.test_proof import before_votes, frozen, rich_in_two
from tests.treasury.test_restore import found, rebuild, rescan, restore
from tests.treasury.world import House, _NoJournal


def test_what_a_run_in_flight_has_posted_is_not_posted_again(house: House) -> None:
    _, to, coins, dollars = rich_in_two(house)
    before_votes(house, lambda blocks: house.outside.settle(*blocks[:2]))
    house.pay_out()
    assert run_in_flight(house).state == "submitted"
    assert found(house) == []
    rescan(house)
    paid_in_full(house, to, coins, dollars)


def test_what_is_left_of_a_run_that_landed_in_parts_is_paid_after_a_rescan(house: House) -> None:
    """The backup is of when it was signed."""
    _, to, coins, dollars = rich_in_two(house)
    cut = []

    def some_land(blocks):
        cut.append(len(house.store.plans))
        house.outside.settle(*blocks[:2])

    before_votes(house, some_land)
    house.pay_out()
    restore(house, list(house.store.plans), cut[0])
    assert len(rescan(house).posted) == 1
    assert run_in_flight(house).state == "submitted"
    paid_in_full(house, to, coins, dollars)


def paid_in_full(house: House, to: Account, *asked: Withdrawal) -> None:
    for minutes in (0, 7, 14):
        house.shift(minutes * 60_000)
        house.pay_out()
    assert {house.withdrawal(each).state for each in asked} == {"landed"}
    assert house.outside.balance(to, house.outside.token("USDT")) == 900_000
    assert house.outside.balance(to, house.outside.token("KTA")) == 10**17
    assert house.differences() == []


def test_our_blocks_are_known_as_posted_wherever_in_a_staple_they_stand(house: House) -> None:
    asked, stranger = Asked(house), new_key()
    house.outside.fund([stranger.account], 9, house.outside.token("KTA"))

    def joined(blocks):
        other = house.outside.block(stranger.account, stranger, Send(asked.to, 1, house.outside.token("KTA")))
        house.outside.settle(other, *blocks)

    before_votes(house, joined)
    house.pay_out()
    asked.settled()
    assert found(house) == []


def test_a_payment_that_was_set_aside_stays_so(house: House) -> None:
    cold = Asked(house)
    before_votes(house, lambda _: frozen(house, cold.user))
    house.pay_out()
    assert cold.state == "stuck"
    assert rebuild(house) == []
    assert cold.state == "stuck", "its block could still land"


def test_an_address_of_which_nothing_is_left_is_mended_in_one_go(house: House) -> None:
    asked = Asked(house)
    address = house.address(asked.user)
    house.store.commit((Delete(table.custody_account(address)),))
    assert {each.subject for each in rebuild(house)} == {address}
    asked.settled()


def test_a_forged_line_of_the_roll_makes_no_address_ours(house: House) -> None:
    """docs/decisions/21-the-lobby.md: whoever may write who has an address can not say that it is ours."""
    mallory, theirs = UserId(new_key().account.address), new_key().account.address
    forged = (theirs, house.own("treasury"))
    for address in forged:
        house.store.commit((Put(table.rolled_address(address), {"owner": mallory}, require=(Absent(),)),))
    restorer = Restorer(house.store, _NoJournal(), house.store, house.clock, {})  # type: ignore[arg-type]
    repairs = restorer.look()
    assert {each.difference.subject for each in repairs} == set(forged)
    restorer.make(repairs)
    assert ours(house.store, [theirs]) == {}
    assert ours(house.store, [house.own("treasury")])[house.own("treasury")].role == "treasury"
    assert restorer.look() == repairs, "a person looks at it"
