"""Is a stop replaced when it is awake, and refused for nothing while it sleeps?"""

import pytest

from chalicelib.engine.order import TimeInForce
from chalicelib.errors import OrderNotOpen

from .world import World

PRICE, LOTS = 10_000, 200


@pytest.mark.parametrize("tif", ["gtc", "ioc"])
def test_a_stop_that_sleeps_is_refused_before_anything_is_held_for_its_replace(
    world: World, tif: TimeInForce
) -> None:
    world.fund("ann", "ben")
    stop = world.place("ann", "buy", LOTS, PRICE, tif, stop="entry", stop_price=PRICE)
    world.settle()
    before, held = len(world.store.plans), world.held("ann")
    with pytest.raises(OrderNotOpen):
        world.replace("ann", stop, quantity=300)
    assert (len(world.store.plans), world.held("ann")) == (before, held)


def test_a_stop_that_woke_and_rests_can_be_replaced(world: World) -> None:
    world.fund("ann", "ben")
    stop = world.place("ann", "buy", LOTS, PRICE - 100, stop="entry", stop_price=PRICE)
    world.place("ben", "sell", 100, PRICE)
    world.place("ann", "buy", 100, PRICE, self_trade="co")
    world.settle()
    assert world.status(stop) == "resting"
    world.replace("ann", stop, quantity=300)
    world.settle()
    assert world.record(stop).quantity == 300
