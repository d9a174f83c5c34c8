"""Does every fill take the rate that its order was promised, and do order, entry and ledger agree on it?"""

import dataclasses

import pytest

from chalicelib.flows import schema
from chalicelib.flows.plan import Update
from chalicelib.flows.records.entries import FillEntry, newest
from chalicelib.ids import UserId
from chalicelib.ledger.fees import fee_units
from chalicelib.listing import MARKETS

from .world import KTA, World

ANN, BEN = UserId("ann"), UserId("ben")


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def fill_of(world: World, user: UserId) -> FillEntry:
    ((_, entry),) = newest(world.house.store, user, None, 1, FillEntry).entries
    assert isinstance(entry, FillEntry)
    return entry


def list_other_fees(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rates change while orders wait; a new process knows only the new ones."""
    other = dataclasses.replace(KTA, maker_fee="0.5", taker_fee="0.6", tiers=())
    monkeypatch.setitem(MARKETS, KTA.id, other)
    world.restart()


def test_rates_are_those_of_the_moment_when_an_order_was_accepted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place("ann", "sell", 1_001, 10_007)
    world.settle()
    world.place("ben", "buy", 999, 10_007)
    list_other_fees(world, monkeypatch)
    world.settle()
    maker, taker = fill_of(world, ANN), fill_of(world, BEN)
    assert maker.fee == fee_units(KTA.quote_units(10_007, 999), 1_000)
    assert taker.fee == fee_units(KTA.base_units(999), 2_000)


def test_a_makers_rate_survives_a_snapshot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.place("ann", "sell", 1_000, 10_000)
    world.settle()
    assert world.fold()
    list_other_fees(world, monkeypatch)
    world.place("ben", "buy", 1_000, 10_000)
    world.settle()
    assert fill_of(world, ANN).fee == fee_units(KTA.quote_units(10_000, 1_000), 1_000)
    assert fill_of(world, BEN).fee == fee_units(KTA.base_units(1_000), 600_000)


def test_a_replaced_order_keeps_its_rates(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = world.place("ann", "sell", 1_000, 10_000)
    world.settle()
    list_other_fees(world, monkeypatch)
    world.replace("ann", order_id, 10_100)
    world.place("ben", "buy", 1_000, 10_100)
    world.settle()
    assert fill_of(world, ANN).fee == fee_units(KTA.quote_units(10_100, 1_000), 1_000)


def test_order_entry_ledger_and_journal_agree_to_the_last_unit(world: World) -> None:
    """Odd numbers, many fills, so that every rounding shows."""
    makers = [world.place("ann", "sell", 333 + n, 10_001 + n) for n in range(7)]
    taker = world.place("ben", "buy", 2_000, 10_050)
    world.settle()
    for user, orders, asset in ((ANN, makers, "USDT"), (BEN, [taker], "KTA")):
        entries = [entry for _, entry in newest(world.house.store, user, None, 50, FillEntry).entries]
        fees = sum(entry.fee for entry in entries if isinstance(entry, FillEntry))
        assert fees == sum(world.record(order_id).fee for order_id in orders)
        assert fees == world.book().fees[asset]


@pytest.mark.parametrize(
    ("field", "check"), [("fee", "orders"), ("taker_ppm", "fees"), ("quote", "orders"), ("hold", "hold")]
)
def test_the_audit_sees_one_unit_too_much(world: World, field: str, check: str) -> None:
    world.place("ann", "sell", 1_000, 10_000)
    taker = world.place("ben", "buy", 1_000, 10_000)
    world.settle()
    assert world.audit().differences == []
    world.store.commit((Update(schema.order(BEN, taker), add={field: 1}),))
    assert check in {difference.check for difference in world.audit().differences}
    world.store.commit((Update(schema.order(BEN, taker), add={field: -1}),))
