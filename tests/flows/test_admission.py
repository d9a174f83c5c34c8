"""Does the matcher itself turn away what the market's rules forbid, whatever intake knew?"""

import dataclasses

import pytest

from chalicelib.errors import CommandRefused
from chalicelib.flows.book.view import RECENT_MS
from chalicelib.flows.records.commands import PlaceOrder, SetMode
from chalicelib.ids import CommandId, OrderId
from chalicelib.listing import MARKETS
from chalicelib.market import Market

from .world import KTA, World

STRICT = dataclasses.replace(KTA, band="0.1", open_orders_max=3)


@pytest.fixture(autouse=True)
def rich(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MARKETS, KTA.id, STRICT)
    world.restart()
    world.fund("ann", "ben", "cid")


def promised(world: World, user: str, side: str, price: int, market: Market = STRICT) -> PlaceOrder:
    """Not yet in the queue."""
    order_id = world.place(user, side, 10, price, market=market)  # type: ignore[arg-type]
    world.queue.letters[KTA.id].clear()
    return world.place_command(order_id)


def trade_at(world: World, price: int) -> None:
    world.run(promised(world, "ben", "sell", price), promised(world, "cid", "buy", price), market=STRICT)


def end_of(world: World, order_id: OrderId) -> tuple[str, str]:
    return world.status(order_id), world.record(order_id).reason


def test_an_order_that_left_the_band_on_its_way_is_rejected_and_its_hold_goes_back(world: World) -> None:
    place = promised(world, "ann", "buy", 8_900)  # before the first trade there is no band
    trade_at(world, 10_000)
    world.run(place, market=STRICT)
    assert end_of(world, place.order.order_id) == ("rejected", "outside_price_band")
    assert world.held("ann") == {}


def test_at_the_edge_of_the_band_an_order_is_taken(world: World) -> None:
    trade_at(world, 10_000)
    for price in (9_000, 11_000):
        place = promised(world, "ann", "sell" if price > 10_000 else "buy", price)
        world.run(place, market=STRICT)
        assert world.status(place.order.order_id) == "resting"
    with pytest.raises(CommandRefused) as refused:
        world.place("ann", "buy", 10, 8_999, market=STRICT)
    assert refused.value.code == "outside_price_band"


def test_a_replace_that_left_the_band_is_refused(world: World) -> None:
    order_id = world.place("ann", "buy", 2_000, 9_500, market=STRICT)
    world.settle(STRICT)
    world.replace("ann", order_id, 8_950)
    replace = world.queue.sent[-1][1]
    trade_at(world, 10_000)
    world.run(replace, market=STRICT)
    assert world.book(STRICT).refused[replace.id] == "outside_price_band"
    assert world.record(order_id).price == 9_500
    world.settle(STRICT)


def test_one_order_too_many_is_rejected_even_if_intake_did_not_know(world: World) -> None:
    places = [promised(world, "ann", "buy", 9_000 + n) for n in range(5)]
    world.run(*places, market=STRICT)
    ends = [end_of(world, place.order.order_id) for place in places]
    assert ends == [("resting", "")] * 3 + [("rejected", "too_many_open_orders")] * 2
    assert world.held("ann") == {"USDT": KTA.hold_units("buy", 10 * (9_000 + 9_001 + 9_002))}


def test_an_order_that_can_not_rest_is_never_one_too_many(world: World) -> None:
    world.run(*[promised(world, "ann", "buy", 9_000 + n) for n in range(3)], market=STRICT)
    maker = promised(world, "ben", "sell", 9_500)
    world.run(maker, market=STRICT)
    taker = world.place("ann", "buy", 10, 9_500, "ioc", market=STRICT)
    world.settle(STRICT)
    assert world.status(taker) == "filled"
    stop = world.place
    with pytest.raises(CommandRefused) as refused:
        stop("ann", "buy", 10, 9_600, market=STRICT, stop="entry", stop_price=9_550)
    assert refused.value.code == "too_many_open_orders"


def test_a_band_around_a_price_of_nobodys_world_is_moved_by_a_person(world: World) -> None:
    trade_at(world, 90_000)
    world.timer.advance(RECENT_MS)
    with pytest.raises(CommandRefused):
        world.place("ann", "buy", 10, 10_000, market=STRICT)
    until_ms = world.timer.now_ms() + 60_000
    world.run(SetMode(CommandId("mode-1"), "open", "the band moves", until_ms, 10_000), market=STRICT)
    world.timer.advance(RECENT_MS)
    order_id = world.place("ann", "buy", 10, 10_000, market=STRICT)
    world.settle(STRICT)
    assert world.status(order_id) == "resting"
    with pytest.raises(CommandRefused):
        world.place("ann", "buy", 10, 90_000, market=STRICT)


def test_a_stop_that_could_not_come_in_at_its_own_trigger_is_refused_before_it_sleeps(world: World) -> None:
    with pytest.raises(CommandRefused) as early:
        world.place("ann", "sell", 10, 8_000, market=STRICT, stop="loss", stop_price=9_000)
    assert early.value.code == "outside_price_band"
    wide = world.place("ann", "sell", 10, 8_000, market=KTA, stop="loss", stop_price=8_500)
    place = world.place_command(wide)._replace(stop_price=9_000)
    world.queue.letters[KTA.id].clear()
    world.run(place, market=STRICT)
    assert end_of(world, wide) == ("rejected", "outside_price_band")
    assert world.held("ann") == {}
