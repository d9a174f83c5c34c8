"""Which orders does a user see: all that he placed, or those that wait in the books now?"""

import pytest

from chalicelib.errors import StoreUnavailable
from chalicelib.flows.reading import order_lists
from chalicelib.flows.reading.order_lists import newest_orders, open_orders
from chalicelib.ids import OrderId, UserId

from .faults import ALWAYS
from .world import KTA, USDX, World

ANN = UserId("ann")


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def opened(world: World) -> list[tuple[OrderId, str, int]]:
    views = [world.house.views[market.id] for market in (KTA, USDX)]
    return [
        (each.record.id, each.status, each.filled) for each in open_orders(views, world.house.orders, ANN)
    ]


def test_what_rests_and_what_sleeps_is_open_and_nothing_else(world: World) -> None:
    ended = world.place("ann", "buy", 200, 10_000)
    partly = world.place("ann", "sell", 200, 10_500)
    world.place("ben", "sell", 200, 10_000)
    world.place("ben", "buy", 50, 10_500)
    stop = world.place("ann", "sell", 200, 9_000, stop="loss", stop_price=9_500)
    other = world.place("ann", "buy", 200, 9_000, market=USDX)
    world.settle(KTA, USDX)
    world.place("ann", "buy", 200, 9_000)  # on its way
    assert world.status(ended) == "filled"
    assert opened(world) == [(partly, "partially_filled", 50), (stop, "armed", 0), (other, "resting", 0)]
    world.settle()


def test_an_order_is_open_as_soon_as_its_step_was_committed_and_not_after_its_end(world: World) -> None:
    """A list that comes from an index would lag behind."""
    order_id = world.place("ann", "buy", 200, 9_000)
    assert opened(world) == []
    world.settle()
    assert opened(world) == [(order_id, "resting", 0)]
    world.cancel("ann", order_id)
    world.settle()
    assert opened(world) == []


def test_what_can_not_be_read_is_not_left_out_in_silence(world: World) -> None:
    world.place("ann", "buy", 200, 9_000)
    world.settle()
    world.store.read_faults.fail(times=ALWAYS)
    with pytest.raises(StoreUnavailable):
        opened(world)
    world.store.read_faults.clear()


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_orders_of_one_market_are_shown_each_once_and_newest_first(
    world: World, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_lists, "READS_MAX", 2)
    wanted: list[str] = []
    for number in range(12):
        market = USDX if number % 3 == 0 else KTA
        order_id = world.place("ann", "buy", 200, 9_000, market=market)
        wanted += [order_id] if market is USDX else []
    found: list[str] = []
    cursor, pages = None, 0
    while pages < 50:
        page = newest_orders(world.house.orders, ANN, cursor, limit, USDX.id)
        assert len(page.keys) <= limit
        found += [key.order_id for key in page.keys]
        cursor, pages = page.next, pages + 1
        if cursor is None:
            break
    assert found == wanted[::-1]
    world.settle(KTA, USDX)
