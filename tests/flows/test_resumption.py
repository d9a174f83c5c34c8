"""Does what was begun always find somebody who goes on with it, soon enough?"""

import pytest

from chalicelib.adapters.sqs import message
from chalicelib.errors import MarketClosed
from chalicelib.flows.matcher.step import REASON_LENGTH_MAX

from .crossing import fills, place_crossing, rest_makers, uncut
from .faults import is_step, nth
from .test_halt import a_halt_amid_a_sweep, halt, repair, resume
from .world import KTA, World


def test_a_resumed_sweep_that_is_interrupted_leaves_a_message_to_wake_it(world: World) -> None:
    """Its own message is long gone, and without one nobody would look at this market again."""
    makers, taker = a_halt_amid_a_sweep(world)
    world.restart()
    repair(world, makers[40])
    world.queue.send(KTA, [resume(world)])
    world.store.faults.fail(when=nth(2, is_step))
    assert len(world.deliver()) == 1
    assert world.unfinished().order_id == taker
    world.settle()
    assert fills(world) == uncut(makers, taker)


def test_a_run_that_got_somewhere_is_not_made_to_wait_like_an_outage(world: World) -> None:
    rest_makers(world)
    place_crossing(world)
    world.store.faults.fail(when=nth(2, is_step))
    assert len(world.deliver()) == 1
    assert world.queue.visible_in_ms(KTA.id) == 0
    world.store.faults.fail(when=is_step)
    assert len(world.deliver()) == 1
    assert world.queue.visible_in_ms(KTA.id) > 0


@pytest.mark.parametrize("body", ["[" * 100_000, "x" * 500_000, "[]"], ids=["deep", "long", "empty"])
def test_a_message_of_any_content_is_put_aside_and_keeps_nobody_waiting(world: World, body: str) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    garbage = message({"messageId": "7", "body": body}).commands
    outcome = world.run(*garbage, world.place_command(order_id))
    assert outcome[:2] == (2, None)
    assert world.status(order_id) == "resting"
    (entry,) = world.journal()
    assert [len(reason) <= REASON_LENGTH_MAX for _, reason in entry.failed] == [True]


def test_a_cancel_that_meets_a_halt_on_its_way_is_refused_and_not_answered_as_if_it_waited(
    world: World,
) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    world.settle()
    with world.house.views[KTA.id].current():
        world.run(halt(world))  # the view is a moment old when the cancel comes
    world.timer.meanwhile = world.deliver
    with pytest.raises(MarketClosed):
        world.cancel("ann", order_id, wait_ms=1_000)
    assert world.status(order_id) == "resting"
