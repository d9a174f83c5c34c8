"""What becomes of a replace that comes late, twice or never, and of what was held for it?"""

import pytest

from chalicelib.flows import schema
from chalicelib.flows.plan import Plan
from chalicelib.flows.records.commands import ReplaceOrder
from chalicelib.flows.upkeep.sweep import GRACE_MINUTES
from chalicelib.ids import CommandId

from .faults import Crash, is_step
from .test_replace import a_resting_order, command_of, held, terms, waits
from .world import KTA, World, kinds

LONG_MS = (GRACE_MINUTES + 1) * 60_000


def is_amendment(plan: Plan) -> bool:
    return any(write.key.sk.startswith(schema.AMENDMENT_PREFIX) for write in plan)


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def test_a_late_replace_leaves_the_order_and_gives_the_extra_hold_back(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_500)
    world.timer.advance(15_001)
    world.settle()
    assert terms(world, order_id) == (10_000, 1_000, 0)
    assert world.book().refused[command_of(world).id] == "late"
    assert (waits(world, order_id), world.held("ann")) == (("", 0), held(world, 10_000 * 1_000))


def test_an_intake_that_dies_between_hold_and_message_leaves_it_to_the_sweeper(world: World) -> None:
    world.sweep()
    order_id = a_resting_order(world)
    world.store.faults.crash(when=is_amendment, landed=True)
    with pytest.raises(Crash):
        world.replace("ann", order_id, 10_500)
    world.restart()
    assert world.held("ann") == held(world, 10_500 * 1_000)
    world.timer.advance(LONG_MS)
    assert world.sweep().expired == 1
    world.settle()
    assert terms(world, order_id) == (10_000, 1_000, 0)
    assert (waits(world, order_id), world.held("ann")) == (("", 0), held(world, 10_000 * 1_000))
    assert world.sweep().expired == 0
    assert world.replace("ann", order_id, 10_500).record.price == 10_000  # it may be asked for again
    world.settle()
    assert terms(world, order_id) == (10_500, 1_000, 0)


@pytest.mark.parametrize("end", ["filled", "canceled"])
def test_the_sweeper_frees_the_hold_of_a_lost_replace_whose_order_has_ended(world: World, end: str) -> None:
    world.sweep()
    order_id = a_resting_order(world)
    world.queue.lose()
    world.replace("ann", order_id, 10_500)
    if end == "filled":
        world.place("ben", "sell", 1_000, 10_000)
    else:
        world.cancel("ann", order_id)
    world.settle()
    assert world.status(order_id) == end
    assert world.held("ann") == held(world, 500 * 1_000)
    assert world.audit().differences == []
    world.timer.advance(LONG_MS)
    world.sweep()
    world.settle()
    assert (waits(world, order_id), world.held("ann")) == (("", 0), {})


def test_a_replace_that_arrives_after_the_sweeper_ended_it_does_nothing(world: World) -> None:
    world.sweep()
    order_id = a_resting_order(world)
    world.queue.lose()
    world.replace("ann", order_id, 10_500)
    record = world.record(order_id)
    late = ReplaceOrder(
        CommandId(record.replacing),
        record.as_limit_order()._replace(price=10_500),
        record.extra // KTA.hold_units("buy", 1),
        world.timer.now_ms() + 10**9,  # the worst case: it does not even know that it is late
    )
    world.timer.advance(LONG_MS)
    world.sweep()
    world.settle()
    entries = len(world.journal())
    world.run(late)
    assert len(world.journal()) == entries
    assert terms(world, order_id) == (10_000, 1_000, 0)


def test_an_old_replace_delivered_again_after_twenty_minutes_does_nothing(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_500)
    world.settle()
    world.replace("ann", order_id, 9_500)
    first = next(each for _, each in world.queue.sent if isinstance(each, ReplaceOrder))
    world.settle()
    world.timer.advance(20 * 60_000)
    world.place("ben", "sell", 10, 12_000)
    world.settle()
    assert first.id not in world.book().done
    entries = len(world.journal())
    world.run(first)
    assert len(world.journal()) == entries
    assert terms(world, order_id) == (9_500, 1_000, 0)


def test_a_late_replace_delivered_again_gives_its_hold_back_once(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_500)
    world.timer.advance(15_001)
    world.run(command_of(world), command_of(world))
    world.restart()
    world.run(command_of(world))
    assert kinds(world.journal()).count("ReplaceRefused") == 1
    assert world.held("ann") == held(world, 10_000 * 1_000)


@pytest.mark.parametrize("landed", [False, True])
def test_the_answer_to_its_step_lost_or_not_a_replace_is_done_once(world: World, landed: bool) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_500, 1_200)
    world.store.faults.fail(when=is_step, landed=landed)
    world.settle()
    assert kinds(world.journal()).count("OrderReplaced") == 1
    assert terms(world, order_id) == (10_500, 1_200, 0)


def test_of_two_matchers_with_one_replace_one_does_it(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_500, 1_200)
    rival = world.new_process()
    command = command_of(world)
    world.store.faults.before(lambda: world.run(command, house=rival), when=is_step)
    assert world.run(command).fault is None
    assert kinds(world.journal()).count("OrderReplaced") == 1
    assert terms(world, order_id) == (10_500, 1_200, 0)


def test_a_replace_whose_order_the_rival_fills_first_is_refused(world: World) -> None:
    order_id = a_resting_order(world)
    taker = world.place_command(world.place("ben", "sell", 1_000, 10_000))
    world.replace("ann", order_id, 10_500)
    rival = world.new_process()
    world.store.faults.before(lambda: world.run(taker, house=rival), when=is_step)
    world.run(command_of(world))
    assert world.status(order_id) == "filled"
    assert (waits(world, order_id), world.held("ann")) == (("", 0), {})
    world.settle()
