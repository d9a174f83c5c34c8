"""What becomes of an order whose way to the matcher is lost, or unknown?"""

import pytest

from chalicelib.flows.records.commands import ExpireUnseen
from chalicelib.flows.upkeep.sweep import GRACE_MINUTES
from chalicelib.ids import UserId, expire_command

from .faults import Crash, is_promise
from .world import KTA, World

# Longer than the sweeper waits for an order that may still be on its way.
LONG_MS = (GRACE_MINUTES + 1) * 60_000
NOTIONAL = 500 * 10_000


def test_an_order_whose_message_was_lost_is_answered_as_pending(world: World) -> None:
    world.fund("ann")
    world.queue.lose()
    state = world.placed("ann", "buy", 500, 10_000)
    assert state.status == "pending"
    assert world.held("ann") == {"USDT": NOTIONAL}
    assert world.queue.waiting(KTA.id) == 0


def test_the_sweeper_ends_an_order_whose_message_was_lost_and_its_hold_goes_back(world: World) -> None:
    world.fund("ann")
    world.queue.lose()
    order_id = world.place("ann", "buy", 500, 10_000)
    world.timer.advance(LONG_MS)
    assert world.sweep().expired == 1
    world.settle()
    state = world.state(order_id)
    assert (state.status, state.record.reason) == ("expired", "unseen")
    assert world.held("ann") == {}


def test_an_order_whose_message_may_have_arrived_is_pending_and_then_matched(world: World) -> None:
    world.fund("ann")
    world.queue.lose(landed=True)
    state = world.placed("ann", "buy", 500, 10_000)
    assert state.status == "pending"
    world.settle()
    assert world.status(state.record.id) == "resting"


def test_an_order_that_intake_promised_and_died_is_ended_by_the_sweeper(world: World) -> None:
    world.fund("ann")
    world.store.faults.crash(when=is_promise, landed=True)
    with pytest.raises(Crash):
        world.place("ann", "buy", 500, 10_000)
    assert world.held("ann") == {"USDT": NOTIONAL}
    world.timer.advance(LONG_MS)
    world.sweep()
    world.settle()
    (record,) = world.records()
    assert record.status == "expired"
    assert world.held("ann") == {}


def test_the_sweeper_never_sends_a_place(world: World) -> None:
    world.fund("ann")
    world.queue.lose()
    world.place("ann", "buy", 500, 10_000)
    world.timer.advance(LONG_MS)
    world.sweep()
    assert [type(command).__name__ for _, command in world.queue.sent] == ["ExpireUnseen"]


def test_a_place_that_arrives_after_its_order_was_expired_does_nothing(world: World) -> None:
    world.fund("ann")
    world.queue.lose()
    order_id = world.place("ann", "buy", 500, 10_000)
    world.timer.advance(LONG_MS)
    world.sweep()
    world.settle()
    world.run(world.place_command(order_id))
    assert world.status(order_id) == "expired"
    assert len(world.journal()) == 1


def test_an_expire_that_comes_for_a_resting_order_leaves_it_alone(world: World) -> None:
    """The sweeper looked just before the matcher took the order in."""
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    world.run(ExpireUnseen(expire_command(order_id, "1"), order_id, UserId("ann")))
    assert world.status(order_id) == "resting"


def test_an_expire_that_comes_for_a_filled_order_leaves_it_alone(world: World) -> None:
    world.fund("ann", "ben")
    world.place("ben", "sell", 500, 10_000)
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    world.run(ExpireUnseen(expire_command(order_id, "1"), order_id, UserId("ann")))
    assert world.status(order_id) == "filled"
