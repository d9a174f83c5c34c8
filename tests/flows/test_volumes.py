"""Is every trade counted in its owners' volume exactly once, whoever counts and wherever he dies?"""

import pytest

from chalicelib.adapters.journal import ENTRIES_PER_PAGE
from chalicelib.flows import schema
from chalicelib.flows.plan import Update
from chalicelib.flows.records.volumes import DAYS, volume_of
from chalicelib.flows.upkeep import volumes
from chalicelib.ids import UserId

from .faults import Crash, nth
from .world import KTA, SCHEDULED_MS, USDX, World

DAY_MS = 24 * 60 * 60_000


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben", "cid")


def trade(world: World, lots: int = 100, price: int = 10_000, taker: str = "ben") -> int:
    """Quote units of it."""
    world.place("ann", "sell", lots, price)
    world.place(taker, "buy", lots, price)
    world.settle()
    return KTA.quote_units(price, lots)


def count(world: World) -> int:
    return world.house.volumes.run(KTA.id, world.timer.now_ms() + SCHEDULED_MS)


def volume(world: World, user: str) -> int:
    return volume_of(world.store.get(schema.volume(UserId(user), KTA.id)), world.timer.now_ms())


def test_both_sides_of_a_trade_are_counted(world: World) -> None:
    units = trade(world) + trade(world, 50, taker="cid")
    assert count(world) == len(world.journal())
    assert volume(world, "ann") == units
    assert volume(world, "ben") + volume(world, "cid") == units


def test_counting_again_counts_nothing_twice(world: World) -> None:
    units = trade(world)
    count(world)
    assert count(world) == 0
    units += trade(world)
    count(world)
    assert volume(world, "ann") == units


def test_each_market_is_counted_for_itself(world: World) -> None:
    trade(world)
    world.place("ann", "sell", 500, 10_000, market=USDX)
    world.place("ben", "buy", 500, 10_000, market=USDX)
    world.settle(USDX)
    count(world)
    before = volume(world, "ann")
    world.house.volumes.run(USDX.id, world.timer.now_ms() + SCHEDULED_MS)
    assert volume(world, "ann") == before


def test_only_the_last_thirty_days_count(world: World) -> None:
    trade(world)
    count(world)
    world.timer.advance((DAYS - 1) * DAY_MS)
    recent = trade(world, 30)
    count(world)
    assert volume(world, "ann") == recent + KTA.quote_units(10_000, 100)
    world.timer.advance(DAY_MS)
    assert volume(world, "ann") == recent
    trade(world, 1)
    count(world)
    item = world.item(schema.volume(UserId("ann"), KTA.id))
    assert isinstance(item["days"], dict)
    assert len(item["days"]) == 2  # what no longer counts is not kept


@pytest.mark.parametrize("landed", [False, True])
def test_wherever_a_run_dies_the_next_one_counts_the_rest_and_nothing_twice(landed: bool) -> None:
    died = 0
    for call in range(1, 30):
        world = World()
        world.fund("ann", "ben", "cid")
        units = trade(world) + trade(world, 50, taker="cid")
        world.store.faults.crash(when=nth(call), landed=landed)
        try:
            count(world)
        except Crash:
            died += 1
        else:
            break
        world.restart()
        units += trade(world, 7)  # the tail is longer the next time
        count(world)
        assert volume(world, "ann") == volume(world, "ben") + volume(world, "cid") == units
        assert world.audit().differences == []
    assert died >= 4


@pytest.mark.parametrize("write", range(1, 5))
def test_two_that_count_at_once_count_nothing_twice(world: World, write: int) -> None:
    units = trade(world) + trade(world, 50, taker="cid")
    rival = world.new_process()

    def race() -> None:
        nonlocal units
        units += trade(world, 9)
        rival.volumes.run(KTA.id, world.timer.now_ms() + SCHEDULED_MS)

    world.store.faults.before(race, when=nth(write))
    count(world)
    count(world)
    assert volume(world, "ann") == units


def test_a_long_journal_is_counted_in_parts_and_a_run_out_of_time_goes_on_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volumes, "ENTRIES_MAX", 3)
    units = sum(trade(world) for _ in range(8))
    world.store.faults.before(lambda: world.timer.advance(1), times=10**9)
    runs = 0
    while world.house.volumes.run(KTA.id, world.timer.now_ms() + 5):
        runs += 1
    world.store.faults.clear()
    assert runs > 1
    assert volume(world, "ann") == units


def test_a_trader_of_much_pays_the_rates_of_his_tier(world: World) -> None:
    rates = [rates for _, rates in KTA.tier_rates]
    trade(world, 6_000_000, 14_000)
    trade(world, 6_000_000, 14_000)
    count(world)
    world.timer.advance(61_000)
    order_id = world.place("ann", "sell", 10, 14_000)
    record = world.record(order_id)
    assert (record.maker_ppm, record.taker_ppm) == rates[1]
    world.settle()


def test_the_audit_sees_a_volume_that_was_counted_twice(world: World) -> None:
    trade(world)
    count(world)
    assert world.audit().differences == []
    key = schema.volume(UserId("ann"), KTA.id)
    item = world.item(key)
    assert isinstance(item["days"], dict)
    doubled = {day: 2 * int(str(units)) for day, units in item["days"].items()}
    world.store.commit((Update(key, set={"days": {**doubled}}),))
    assert {difference.check for difference in world.audit().differences} == {"volumes"}
    world.store.commit((Update(key, set={"days": item["days"]}),))


def test_what_is_read_of_a_journal_at_once_is_counted_at_once() -> None:
    assert volumes.ENTRIES_MAX == ENTRIES_PER_PAGE
