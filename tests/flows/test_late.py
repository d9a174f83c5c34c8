"""Late is dead: what becomes of a place that comes after its time?"""

import pytest

from chalicelib.engine.order import TimeInForce
from chalicelib.flows.intake.place_order import ACCEPT_MS

from .world import World, kinds


@pytest.mark.parametrize("tif", ["gtc", "postonly", "ioc"])
def test_a_late_place_is_rejected_and_its_hold_goes_back(world: World, tif: TimeInForce) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 500, 10_000, tif)
    world.timer.advance(ACCEPT_MS[tif] + 1)
    world.settle()
    state = world.state(order_id)
    assert (state.status, state.record.reason) == ("expired", "late")
    assert world.held("ann") == {}


@pytest.mark.parametrize("tif", ["gtc", "postonly"])
def test_a_place_in_the_last_moment_is_taken(world: World, tif: TimeInForce) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 500, 10_000, tif)
    world.timer.advance(ACCEPT_MS[tif])
    world.settle()
    assert world.status(order_id) == "resting"


def test_where_only_the_moment_matters_the_patience_is_shorter() -> None:
    assert ACCEPT_MS["ioc"] < ACCEPT_MS["gtc"]


def test_a_late_place_does_not_trade(world: World) -> None:
    world.fund("ann", "ben")
    maker = world.place("ben", "sell", 500, 10_000)
    world.settle()
    world.place("ann", "buy", 500, 10_000)
    world.timer.advance(15_001)
    world.settle()
    assert world.status(maker) == "resting"
    assert world.balance("ann", "KTA").total == world.balance("ben", "KTA").total


def test_a_late_place_delivered_again_and_again_gives_the_hold_back_once(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 500, 10_000)
    world.timer.advance(15_001)
    place = world.place_command(order_id)
    world.run(place, place)
    world.run(place)
    world.restart()
    world.run(place)
    assert kinds(world.journal()) == ["OrderRejected"]
    assert world.balance("ann", "KTA")[1:] == (10**24, 0)


def test_what_was_late_for_one_machine_stays_late_for_a_machine_with_a_slow_clock(world: World) -> None:
    """The market's own clock never goes back."""
    world.fund("ann", "ben")
    order_id = world.place("ann", "sell", 500, 10_000)
    place = world.place_command(order_id)
    world.timer.advance(20_000)
    world.place("ben", "sell", 500, 10_000)
    ben = world.queue.sent[-1][1]
    world.run(ben)
    world.timer.advance(-19_000)
    world.run(place)
    assert world.status(order_id) == "expired"


def test_the_times_of_the_journal_never_go_back(world: World) -> None:
    world.fund("ann")
    for step_ms in (0, -5_000, 1_000):
        world.timer.advance(step_ms)
        order_id = world.place("ann", "sell", 500, 10_000)
        world.run(world.place_command(order_id))
    times = [entry.time_ms for entry in world.journal()]
    assert times == sorted(times)
    assert len(times) == 3
