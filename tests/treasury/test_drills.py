"""Does a drill reach every address it can, whoever is in its way, and does it stay out of others' way?"""

from collections.abc import Callable

import pytest

from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Role
from chalicelib.flows.custody.lease import GRANTS
from chalicelib.flows.runs.run import read_run
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.operations import Send
from chalicelib.settlement.errors import NotEnough, Refused
from chalicelib.settlement.publishing import Publishing
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked
from tests.treasury.test_proof import before_votes, rich_in_two
from tests.treasury.world import House


def funded(house: House, *roles: Role) -> None:
    """These have what it takes when votes cost something."""
    accounts = [Account.from_address(house.own(role)) for role in roles]
    house.outside.fund(accounts, 1_000_000, house.outside.token("KTA"))
    house.follow()


def half_voted(house: House, visit: Callable[[], object], fee: int | None = None) -> None:
    """Two of four give their permanent votes, and then whoever visits is gone."""
    for number in (3, 4):
        house.controls.fault("vote.permanent", "drop_request", representative=number, times=1000)
    house.controls.fee(fee)
    visit()
    house.controls.reset()
    house.controls.fee(fee)


def test_a_key_is_revoked_although_a_thief_has_emptied_the_treasury(house: House) -> None:
    funded(house, "treasury", "owner")
    treasury, stolen = Account.from_address(house.own("treasury")), house.key("operator")
    out = Send(new_key().account, 1_000_000, house.outside.token("KTA"))
    house.outside.settle(house.outside.block(treasury, stolen, out))
    house.controls.fee(40)
    assert house.treasury.grants.take(stolen.account, house.deadline_ms).left == 0
    assert house.chain(house.own("owner"))["KTA"] < 1_000_000


def test_a_drill_has_no_block_where_a_payment_has_its_fee_block(house: House) -> None:
    asked = Asked(house)
    funded(house, "treasury", "owner")
    half_voted(house, house.pay_out, fee=40)
    new = new_key().account
    done = house.treasury.grants.give(new, house.deadline_ms)
    assert done == (3, 2), "all but the payer of coins and the payer of fees"
    assert "grants_left" in house.notebook.alarmed
    for minutes in (8, 16, 24):
        house.shift(minutes * 60_000)
        house.pay_out()
    asked.settled()
    assert house.treasury.grants.give(new, house.deadline_ms) == (2, 0)


def test_a_drill_and_the_pool_are_never_on_the_owners_head_at_once(house: House) -> None:
    funded(house, "owner")
    house.address(house.user())
    half_voted(house, house.fill, fee=40)
    new = new_key().account
    assert house.treasury.grants.give(new, house.deadline_ms).changed == 0
    assert "grant_waits" in [name for name, _ in house.notebook.notes]
    assert house.fill() == 1
    half_voted(house, lambda: house.treasury.grants.give(new, house.deadline_ms), fee=40)
    house.address(house.user())
    assert house.fill() == 0
    assert "pool_waits" in [name for name, _ in house.notebook.notes]
    assert house.treasury.grants.give(new, house.deadline_ms).left == 0
    assert house.fill() == 1


def test_one_address_that_a_thief_defends_or_a_half_voted_run_holds_keeps_no_other_from_the_drill(
    house: House,
) -> None:
    asked = Asked(house)
    half_voted(house, house.pay_out)
    stolen, usdt = house.key("operator"), house.outside.token("USDT")
    defended = Account.from_address(house.address(house.rich(USDT=1_000)))
    held = Account.from_address(house.address(asked.user))
    ask = house.treasury.chain.ask_temporary

    def overtaken(known):
        if defended in [block.body.account for block in known.blocks]:
            out = Send(new_key().account, 1, usdt)
            house.outside.settle(house.outside.block(defended, stolen, out))
        return ask(known)

    house.treasury.chain.ask_temporary = overtaken
    assert house.treasury.grants.take(stolen.account, house.deadline_ms) == (3, 2)
    assert set(house.treasury.grants._wrong(stolen.account, may=False)) == {defended, held}
    assert [fields["left"] for name, fields in house.notebook.alarms if name == "grants_left"] == [2]


def test_a_drill_that_nobody_voted_for_is_void_after_some_minutes_and_goes_on(house: House) -> None:
    stolen = house.key("operator").account
    for number in (3, 4):
        house.controls.fault("vote.temporary", "drop_request", representative=number, times=1000)
    assert house.treasury.grants.take(stolen, house.deadline_ms).changed == 0
    first = (house.store.get(table.lease(GRANTS)) or {})["run"]
    house.controls.reset()
    house.shift(8 * 60_000)
    assert house.treasury.grants.take(stolen, house.deadline_ms).left == 0
    assert read_run(GRANTS, house.store.get(table.run(GRANTS, first)) or {}).state == "void"


def test_a_grant_that_was_given_up_can_not_land_behind_a_revocation(house: House) -> None:
    key, chain, kept = new_key(), house.treasury.chain, list[Block]()
    ask = chain.ask_temporary

    def refused(known):
        kept.extend(known.blocks)
        raise Refused("not like this", "LEDGER_OPERATION_NOT_SUPPORTED")

    chain.ask_temporary = refused
    assert house.treasury.grants.give(key.account, house.deadline_ms).changed == 0
    chain.ask_temporary = ask
    assert house.treasury.grants.take(key.account, house.deadline_ms).left == 0
    with pytest.raises(NotEnough):
        house.outside.settle(kept[0])
    every = [Account.from_address(address) for address in house.addresses()]
    assert chain.senders(key.account, every) == set()


def test_a_drill_that_was_given_up_and_lands_after_all_is_posted_with_its_fee(house: House) -> None:
    funded(house, "owner")
    for number in (3, 4):
        house.controls.fault("vote.permanent", "drop_request", representative=number, times=1000)
    key, driver, kept = new_key().account, house.treasury.drill._driver, list[Publishing]()
    house.controls.fee(40)
    save = driver.save

    def saved(lease, run, *more):
        kept.append(run.known)
        return save(lease, run, *more)

    driver.save = saved
    house.treasury.grants.give(key, house.deadline_ms)
    house.controls.reset()
    known = next(each for each in reversed(kept) if each.fee_block)
    lease = house.treasury.leases.take(GRANTS)
    run = read_run(GRANTS, house.store.get(table.run(GRANTS, lease.run)) or {})
    house.treasury.drill._void(lease, run, [])
    house.treasury.leases.release(lease)
    while (after := house.outside.step(known)) is not None:
        known = after
    house.pay_out()
    assert house.total("KTA").expense in (3 * 40, 4 * 40)
    assert house.differences() == []


def test_a_key_is_taken_first_where_most_lies(house: House) -> None:
    homes = [house.address(house.rich(USDT=units)) for units in (1_000, 3_000, 2_000)]
    left = [each.address for each in house.treasury.grants.left(house.key("operator").account, may=False)]
    assert [address for address in left if address in homes] == [homes[1], homes[2], homes[0]]


def test_what_has_landed_is_not_paid_again_when_a_drill_stands_behind_it(house: House) -> None:
    """It began before the run was signed; a stranger lands one of our blocks alone. What the drill signs
    stands behind that one, and where the first block of another address was to go."""
    user, to, coins, dollars = rich_in_two(house)
    house.treasury.drill.claimed = set  # type: ignore[method-assign,assignment]

    def faster(blocks: tuple[Block, ...]) -> None:
        house.outside.settle(blocks[1])
        assert house.treasury.grants.give(new_key().account, house.deadline_ms).changed == 5

    before_votes(house, faster)
    for _ in range(3):
        house.pay_out()
    assert (house.withdrawal(coins).state, house.withdrawal(dollars).state) == ("landed", "failed")
    assert house.outside.balance(to, house.outside.token("KTA")) == coins.units
    assert house.balance(user, "USDT") == ("USDT", 1_000_000, 0)
    assert house.differences() == []
