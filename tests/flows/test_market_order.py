"""Does a market order trade at once, never beyond its collar, and never for more than it may?"""

from dataclasses import replace as with_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engine.order import Side
from chalicelib.errors import BelowMinimum, CommandRefused, InsufficientFunds
from chalicelib.flows.intake.market_order import collar_price
from chalicelib.ids import OrderId
from chalicelib.market import COUNT_MAX, PPM

from .world import KTA, World

BEST = 10_000
COLLAR = 10_500
UNIT = KTA.step_units


def buy(world: World, quantity: int = 0, funds: int = 0, user: str = "ann") -> OrderId:
    return world.place(user, "buy", quantity, 0, "ioc", type="market", funds=funds)


def sell(world: World, quantity: int) -> OrderId:
    return world.place("ann", "sell", quantity, 0, "ioc", type="market")


def ended(world: World, order_id: OrderId) -> tuple[str, int, str]:
    state = world.state(order_id)
    return state.status, state.filled, state.record.reason


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


@pytest.fixture
def asks(world: World) -> None:
    """A hundred lots each at the best price, within the collar, and beyond it."""
    for price in (BEST, COLLAR, COLLAR + 1):
        world.place("ben", "sell", 100, price)
    world.settle()


def test_a_buy_takes_what_is_within_the_collar_and_the_rest_goes_back(world: World, asks: None) -> None:
    before = world.balance("ann", "USDT").available
    order_id = buy(world, 250)
    assert world.record(order_id).price == COLLAR
    assert world.held("ann") == {"USDT": 250 * COLLAR * UNIT}
    world.settle()
    assert ended(world, order_id) == ("canceled", 200, "ioc_remainder")
    assert world.held("ann") == {}
    assert before - world.balance("ann", "USDT").available == 100 * (BEST + COLLAR) * UNIT


def test_a_sell_takes_what_is_within_the_collar(world: World) -> None:
    for price in (BEST, 9_500, 9_499):
        world.place("ben", "buy", 100, price)
    world.settle()
    order_id = sell(world, 250)
    world.settle()
    assert world.record(order_id).price == 9_500
    assert ended(world, order_id) == ("canceled", 200, "ioc_remainder")


def test_a_budget_is_held_cut_to_whole_lots_at_whole_ticks_and_never_exceeded(
    world: World, asks: None
) -> None:
    funds = 150 * BEST * UNIT
    order_id = buy(world, funds=funds)
    assert world.held("ann") == {"USDT": funds}
    assert world.record(order_id).budget == 150 * BEST
    world.settle()
    status, filled, _ = ended(world, order_id)
    record = world.record(order_id)
    assert (status, filled) == ("filled", 100 + 50 * BEST // COLLAR)
    assert record.quote <= funds
    assert world.held("ann") == {}


def test_a_budget_that_the_book_can_not_use_up_goes_back(world: World, asks: None) -> None:
    order_id = buy(world, funds=1_000 * BEST * UNIT)
    world.settle()
    assert ended(world, order_id) == ("canceled", 200, "ioc_remainder")
    assert world.held("ann") == {}


def test_without_an_offer_the_last_price_is_the_middle_of_the_collar(world: World) -> None:
    world.place("ben", "sell", 100, 20_000)
    world.place("ann", "buy", 100, 20_000)
    world.settle()
    order_id = buy(world, 100)
    assert world.record(order_id).price == 21_000
    world.settle()
    assert ended(world, order_id) == ("canceled", 0, "ioc_remainder")


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_where_nobody_ever_offered_there_is_no_market_price(world: World, side: Side) -> None:
    with pytest.raises(CommandRefused) as refusal:
        world.place("ann", side, 100, 0, "ioc", type="market")
    assert refusal.value.code == "no_market_price"


def test_a_market_order_is_at_least_the_minimum_at_the_best_price(world: World, asks: None) -> None:
    lots = KTA.minimum_units // (BEST * UNIT)
    with pytest.raises(BelowMinimum):
        buy(world, lots - 1)
    buy(world, lots)
    world.settle()


def test_who_has_not_what_the_collar_might_cost_is_refused(world: World, asks: None) -> None:
    world.fund("cleo", USDT=100 * COLLAR * UNIT - 1)
    with pytest.raises(InsufficientFunds) as by_quantity:
        buy(world, 100, user="cleo")
    with pytest.raises(InsufficientFunds) as by_funds:
        buy(world, funds=100 * COLLAR * UNIT, user="cleo")
    assert (by_quantity.value.field, by_funds.value.field) == ("quantity", "funds")
    buy(world, funds=99 * COLLAR * UNIT, user="cleo")
    world.settle()


def test_the_same_request_is_the_same_order_though_the_price_has_moved(world: World, asks: None) -> None:
    first = world.placed("ann", "buy", 100, 0, "ioc", "one", type="market")
    world.settle()
    again = world.placed("ann", "buy", 100, 0, "ioc", "one", type="market")
    assert (again.record.id, again.record.price, again.status) == (first.record.id, COLLAR, "filled")


prices = st.integers(1, 10**9)
fractions = st.integers(0, PPM - 1)


@given(st.sampled_from(["buy", "sell"]), prices, st.none() | prices, fractions, fractions)
def test_a_collar_price_is_within_collar_and_band(
    side: Side, reference: int, last: int | None, collar: int, band: int
) -> None:
    market = with_(KTA, collar=f"0.{collar:06d}", band=f"0.{band:06d}")
    price = collar_price(market, side, reference, last)
    assert 1 <= price <= COUNT_MAX
    banded = bool(last and band)
    if last and band:
        assert abs(price - last) * PPM <= last * band
    lowest, highest = reference * (PPM - collar), reference * (PPM + collar)
    if not banded:
        assert lowest <= price * PPM <= highest
        # And as far as the collar allows.
        further = price + (1 if side == "buy" else -1)
        assert not lowest <= further * PPM <= highest or further == 0
