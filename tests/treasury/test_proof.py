"""Is a payment released only when its block can never land, whoever lands whatever of ours?"""

import pytest

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, clear
from chalicelib.flows.runs import aside
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.flows.withdrawals.standing import standing
from chalicelib.flows.withdrawals.waiting import waiting
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.operations import Adjust, ModifyPermissions, Send
from chalicelib.keeta.permissions import Flag, Permissions
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked, run_in_flight
from tests.treasury.world import House, trade

MINUTE = 60_000
VISITS = 4


def before_votes(house: House, act) -> list[Block]:
    """Once, when the signed blocks are known and nobody has voted. The blocks."""
    chain, kept = house.treasury.chain, list[Block]()
    ask = chain.ask_temporary

    def asked(known):
        chain.ask_temporary = ask
        kept.extend(known.blocks)
        act(known.blocks)
        return ask(known)

    chain.ask_temporary = asked
    return kept


def rich_in_two(house: House) -> tuple[UserId, Account, Withdrawal, Withdrawal]:
    """A user with KTA at his address and USDT elsewhere asks for both: a run of three blocks."""
    other, user, to = house.rich(USDT=5_000_000), house.rich(KTA=10**18), new_key().account
    trade(house, other, user, "USDT", 1_000_000)
    return user, to, house.ask(user, "KTA", 10**17, to), house.ask(user, "USDT", 900_000, to)


def test_some_of_our_blocks_that_land_alone_are_posted_and_the_others_paid(
    house: House,
) -> None:
    user, to, coins, dollars = rich_in_two(house)
    kept = before_votes(house, lambda blocks: house.outside.settle(*blocks[:2]))
    for _ in range(VISITS):
        house.pay_out()
    assert len(kept) == 3
    assert {house.withdrawal(each).state for each in (coins, dollars)} == {"landed"}
    assert house.outside.balance(to, house.outside.token("USDT")) == 900_000
    assert house.balance(user, "USDT") == ("USDT", 100_000, 0)
    assert house.differences() == []
    assert house.notebook.alarms == []


def test_the_rest_that_somebody_lands_in_its_old_form_is_not_paid_again(house: House) -> None:
    user, to, _, dollars = rich_in_two(house)
    kept = before_votes(house, lambda blocks: house.outside.settle(*blocks[:2]))
    house.pay_out()
    before_votes(house, lambda _: house.outside.settle(kept[2]))
    for _ in range(VISITS):
        house.pay_out()
    assert house.withdrawal(dollars).state == "landed"
    assert house.outside.balance(to, house.outside.token("USDT")) == 900_000
    assert house.balance(user, "USDT") == ("USDT", 100_000, 0)
    assert house.differences() == []


def test_only_the_last_of_our_blocks_lands_and_the_first_is_paid_all_the_same(house: House) -> None:
    one, two = Asked(house), Asked(house)
    before_votes(house, lambda blocks: house.outside.settle(blocks[1]))
    for minutes in (0, 7, 14):
        house.shift(minutes * MINUTE)
        house.pay_out()
    one.settled()
    two.settled()


def test_a_stranger_who_pays_the_fee_of_our_votes_has_paid_it(house: House) -> None:
    asked, rich = Asked(house), new_key()
    treasury = Account.from_address(house.own("treasury"))
    house.outside.fund([treasury, rich.account], 1_000_000, house.outside.token("KTA"))
    house.follow()
    house.controls.fee(40)
    chain = house.treasury.chain
    states = chain.states

    def overtaken(accounts):
        if accounts == [treasury]:
            chain.states = states
            known = run_in_flight(house).known
            while (after := house.outside.step(known, rich)) is not None:
                known = after
        return states(accounts)

    chain.states = overtaken
    house.pay_out()
    house.controls.fee(None)
    for _ in range(VISITS):
        house.pay_out()
    assert house.total("KTA").expense == 0
    asked.settled()
    assert house.notebook.alarms == []


def test_what_a_thief_landed_of_ours_is_paid_once_and_the_rest_is_planned_anew(house: House) -> None:
    """He puts a block of his own in front of one payment, and one behind the other that he lets land."""
    one, two = Asked(house), Asked(house)
    stolen, usdt = house.key("operator"), house.outside.token("USDT")

    def robbed(blocks):
        first, second = (block.body.account for block in blocks)
        house.outside.settle(house.outside.block(first, stolen, Send(new_key().account, 7, usdt)))
        house.outside.settle(blocks[1])
        house.outside.settle(house.outside.block(second, stolen, Send(new_key().account, 7, usdt)))

    before_votes(house, robbed)
    house.pay_out()
    assert {one.state, two.state} == {"stuck"}
    assert house.treasury.resolver.resolve()
    assert {one.state, two.state} == {"requested", "landed"}
    house.store.commit(clear(ALL, "over", house.clock.now_ms()))
    house.pay_out()
    assert (one.state, one.got, two.state, two.got) == ("landed", one.units, "landed", two.units)


def test_a_broken_run_is_not_resolved_while_a_block_of_it_could_still_land(house: House) -> None:
    one, two = Asked(house), Asked(house)
    stolen, usdt = house.key("operator"), house.outside.token("USDT")
    blocks = before_votes(
        house,
        lambda found: house.outside.settle(
            house.outside.block(found[0].body.account, stolen, Send(new_key().account, 7, usdt))
        ),
    )
    house.pay_out()
    house.shift(24 * 60 * MINUTE)
    house.restart()
    assert not house.treasury.resolver.resolve(), "votes may have been kept back"
    house.outside.settle(
        house.outside.block(blocks[1].body.account, stolen, Send(new_key().account, 7, usdt))
    )
    assert house.treasury.resolver.resolve()
    assert {one.state, two.state} == {"requested"}


def frozen(house: House, user: UserId) -> None:
    """The issuer of USDT takes from the user's address what it needs to send it."""
    nothing = ModifyPermissions(Account.from_address(house.address(user)), Adjust.SET, Permissions(Flag(0)))
    issuer = house.outside.key("issuer")
    house.outside.settle(house.outside.block(house.outside.token("USDT"), issuer, nothing))


def test_a_leg_that_is_refused_after_it_was_signed_is_set_aside_and_the_rest_is_paid(house: House) -> None:
    cold, fine = Asked(house), Asked(house)
    blocks = before_votes(house, lambda _: frozen(house, cold.user))
    for minutes in (0, 7):
        house.shift(minutes * MINUTE)
        house.pay_out()
        house.pay_out()
    fine.settled()
    assert house.withdrawal(cold.found)[5:7] == ("stuck", "refused_by_the_network")
    assert house.balance(cold.user, "USDT").held == cold.units, "its block could land"
    assert "leg_may_not_send" in house.notebook.alarmed
    (told,) = [each for each in waiting(house.store, house.clock.now_ms()) if each.needs_person]
    assert told.withdrawal.id == cold.found.id
    assert told.why.startswith("set aside in run ")
    assert standing(house.store)["set_aside"] == (1, house.withdrawal(cold.found).updated_ms)
    home = Account.from_address(house.address(cold.user))
    (signed,) = (block for block in blocks if block.body.account == home)
    house.pay_out()
    assert cold.state == "stuck"
    return_ = house.outside.block(home, house.key("owner"), Send(home, 1, house.outside.token("KTA")))
    assert return_.body.previous == signed.body.previous
    house.outside.fund([home], 1, house.outside.token("KTA"))
    house.outside.settle(return_)
    house.pay_out()
    assert (cold.state, cold.got) == ("failed", 0)
    assert house.withdrawal(cold.found).reason == "replaced"
    assert house.balance(cold.user, "USDT").available == 2_000_000


def test_what_was_set_aside_and_lands_after_all_is_posted_as_paid(house: House) -> None:
    cold = Asked(house)
    blocks = before_votes(house, lambda _: frozen(house, cold.user))
    house.pay_out()
    assert cold.state == "stuck"
    assert (house.store.get(table.lease(SETTLEMENT)) or {})["run"] == 0, "nobody waits for it"
    home = Account.from_address(house.address(cold.user))
    again = ModifyPermissions(home, Adjust.SET, None)
    house.outside.settle(house.outside.block(house.outside.token("USDT"), house.outside.key("issuer"), again))
    house.outside.settle(*blocks)
    house.pay_out()
    assert (cold.state, cold.got) == ("landed", cold.units)
    assert house.differences() == []


def test_a_run_that_is_signed_again_and_again_does_not_grow_and_is_told_of(house: House) -> None:
    asked = Asked(house)
    house.controls.fault("vote.permanent", "drop_request", times=100_000)
    sizes = []
    for minutes in range(0, 40, 8):
        house.shift(minutes * MINUTE)
        house.pay_out()
        sizes.append(len(str(house.store.get(table.run(SETTLEMENT, run_in_flight(house).number)))))
    house.controls.reset()
    assert max(sizes[1:]) <= sizes[1] + 100
    assert "run_does_not_land" in house.notebook.alarmed
    house.shift(48 * MINUTE)
    asked.settled()


def test_of_many_that_were_set_aside_each_is_looked_at(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    cold = [Asked(house), Asked(house)]

    def all_frozen(_):
        for each in cold:
            frozen(house, each.user)

    blocks = before_votes(house, all_frozen)
    house.pay_out()
    assert {each.state for each in cold} == {"stuck"}
    monkeypatch.setattr(aside, "LOOKED_MAX", 1)
    last = max(cold, key=lambda each: each.found.id)
    home = Account.from_address(house.address(last.user))
    again = ModifyPermissions(home, Adjust.SET, None)
    house.outside.settle(house.outside.block(house.outside.token("USDT"), house.outside.key("issuer"), again))
    house.outside.settle(*(block for block in blocks if block.body.account == home))
    house.pay_out()
    assert last.state == "stuck", "its turn comes with the next visit"
    house.pay_out()
    assert last.state == "landed"
    for _ in cold:
        house.pay_out()
    assert {each.state for each in cold} == {"landed", "stuck"}
