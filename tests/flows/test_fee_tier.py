"""Which rates is an order promised, and does it keep them?"""

import pytest

from chalicelib.flows import schema
from chalicelib.flows.intake.fee_tier import REMEMBER_MS
from chalicelib.flows.plan import Put
from chalicelib.flows.records.volumes import DAYS, day_of, volume_of
from chalicelib.ids import UserId
from chalicelib.market import Rates

from .world import KTA, World

ANN = UserId("ann")
DAY_MS = 24 * 60 * 60_000
(_, _), (SECOND_VOLUME, SECOND), *_ = KTA.tier_rates


@pytest.fixture
def world(broken_world: World) -> World:
    """With volumes that nobody traded, which an audit would find."""
    return broken_world


def traded(world: World, **units_by_days_ago: int) -> None:
    days = {
        day_of(world.timer.now_ms() - int(ago.removeprefix("d")) * DAY_MS): units
        for ago, units in units_by_days_ago.items()
    }
    world.store.commit((Put(schema.volume(ANN, KTA.id), {"days": dict(days), "seq": 1}),))


@pytest.mark.parametrize(
    ("volume", "rates"), [(SECOND_VOLUME - 1, Rates(1_000, 2_000)), (SECOND_VOLUME, SECOND)]
)
def test_an_order_is_promised_the_rates_of_its_owners_volume(world: World, volume: int, rates: Rates) -> None:
    world.fund("ann")
    traded(world, d0=volume // 2, d29=volume - volume // 2)
    order_id = world.place("ann", "buy", 200, 10_000)
    record = world.record(order_id)
    assert (record.maker_ppm, record.taker_ppm) == rates
    world.settle()


def test_what_was_traded_more_than_thirty_days_ago_does_not_count(world: World) -> None:
    traded(world, d0=3, d29=4, d30=5, d400=6)
    item = world.item(schema.volume(ANN, KTA.id))
    now_ms = world.timer.now_ms()
    assert (DAYS, volume_of(item, now_ms), volume_of(item, now_ms + DAY_MS)) == (30, 7, 3)
    assert volume_of(None, now_ms) == 0


def test_the_rates_of_a_moment_ago_are_good_enough_and_save_the_read(world: World) -> None:
    tiers = world.house.intake.tiers
    assert tiers.rates(ANN, KTA) == (1_000, 2_000)
    traded(world, d0=SECOND_VOLUME)
    world.timer.advance(REMEMBER_MS - 1)
    assert tiers.rates(ANN, KTA) == (1_000, 2_000)
    world.timer.advance(1)
    assert tiers.rates(ANN, KTA) == SECOND


def test_a_fill_costs_what_the_order_was_promised_whatever_its_owner_trades_meanwhile(world: World) -> None:
    world.fund("ann", "ben")
    order_id = world.place("ann", "buy", 200, 10_000)
    world.settle()
    traded(world, d0=SECOND_VOLUME)
    world.timer.advance(REMEMBER_MS)
    world.place("ben", "sell", 200, 10_000)
    world.settle()
    assert world.record(order_id).fee == 200 * KTA.lot_units // 1_000
