"""Is every command done exactly once, however often it is delivered?

Each command is delivered again in the same batch, in a later one, to a process that starts
from a snapshot, and after the book has forgotten that it did it.
"""

from collections.abc import Callable

import pytest

from chalicelib.flows.book.replica import REMEMBER_MS
from chalicelib.flows.records.commands import (
    Command,
    ExpireUnseen,
    PlaceOrder,
    SetMode,
    Unreadable,
)
from chalicelib.ids import CommandId, UserId, expire_command

from .faults import is_step
from .world import KTA, World

Story = Callable[[World], Command]


def a_resting_place(world: World) -> Command:
    return world.place_command(world.place("ann", "buy", 500, 9_000))


def a_filled_place(world: World) -> PlaceOrder:
    maker = world.place("ben", "sell", 500, 10_000)
    world.run(world.place_command(maker))
    return world.place_command(world.place("ann", "buy", 500, 10_000))


def a_place_that_fills_in_part_and_rests(world: World) -> Command:
    maker = world.place("ben", "sell", 100, 10_000)
    world.run(world.place_command(maker))
    return world.place_command(world.place("ann", "buy", 500, 10_000))


def a_late_place(world: World) -> Command:
    order_id = world.place("ann", "buy", 500, 10_000)
    world.timer.advance(15_001)
    return world.place_command(order_id)


def a_cancel(world: World) -> Command:
    order_id = world.place("ann", "buy", 500, 10_000)
    world.run(world.place_command(order_id))
    return world.cancel_command(order_id, "ann")


def a_cancel_of_an_unseen_order(world: World) -> Command:
    order_id = world.place("ann", "buy", 500, 10_000)
    return world.cancel_command(order_id, "ann")


def a_cancel_that_comes_too_late(world: World) -> Command:
    place = a_filled_place(world)
    world.run(place)
    return world.cancel_command(place.order.order_id, "ann")


def an_expire(world: World) -> Command:
    order_id = world.place("ann", "buy", 500, 10_000)
    return ExpireUnseen(expire_command(order_id, "1"), order_id, UserId("ann"))


def a_halt(world: World) -> SetMode:
    return SetMode(CommandId("halt-1"), "halted", "maintenance", world.timer.now_ms() + 60_000)


def a_resume(world: World) -> Command:
    world.run(a_halt(world))
    return SetMode(CommandId("resume-1"), "open", "checked", world.timer.now_ms() + 60_000)


def an_unreadable_message(world: World) -> Command:
    return Unreadable(CommandId("m-1"), "no command")


STORIES: list[Story] = [
    a_resting_place,
    a_filled_place,
    a_place_that_fills_in_part_and_rests,
    a_late_place,
    a_cancel,
    a_cancel_of_an_unseen_order,
    a_cancel_that_comes_too_late,
    an_expire,
    a_halt,
    a_resume,
    an_unreadable_message,
]


def seen_of(world: World) -> object:
    """Everything that a second doing could change."""
    replica = world.book()
    return (
        [(entry.events, entry.failed) for entry in world.journal()],
        sorted(world.records()),
        [world.balance(user, asset) for user in ("ann", "ben") for asset in ("KTA", "USDT")],
        replica.book.checksum,
        replica.book.halted,
    )


def begun(story: Story) -> tuple[World, Command]:
    world = World()
    world.fund("ann", "ben")
    return world, story(world)


@pytest.mark.parametrize("story", STORIES)
def test_twice_in_one_batch_is_once(story: Story) -> None:
    (once, command), (twice, _) = begun(story), begun(story)
    once.run(command)
    twice.run(command, command)
    assert seen_of(twice) == seen_of(once)
    assert twice.audit().differences == []


@pytest.mark.parametrize("story", STORIES)
def test_again_in_a_later_batch_is_once(story: Story) -> None:
    world, command = begun(story)
    world.run(command)
    once = seen_of(world)
    world.timer.advance(31_000)
    world.run(command)
    assert seen_of(world) == once


@pytest.mark.parametrize("story", STORIES)
def test_again_to_a_process_that_starts_from_a_snapshot_is_once(story: Story) -> None:
    world, command = begun(story)
    world.run(command)
    once = seen_of(world)
    world.fold()
    world.restart()
    world.run(command)
    assert seen_of(world) == once


@pytest.mark.parametrize("story", [story for story in STORIES if story is not an_unreadable_message])
def test_again_after_the_book_has_forgotten_it_is_once(story: Story) -> None:
    """Of an unreadable message there is nothing to look up; it is put aside once more, and no harm done."""
    world, command = begun(story)
    world.run(command)
    world.timer.advance(REMEMBER_MS + 1)
    world.run(Unreadable(CommandId("m-later"), "time goes by"))
    assert command.id not in world.book().done
    once = seen_of(world)
    world.run(command)
    assert seen_of(world) == once
    assert world.audit().differences == []


@pytest.mark.parametrize("story", STORIES)
def test_again_because_the_answer_to_its_step_was_lost_is_once(story: Story) -> None:
    (world, command), (other, _) = begun(story), begun(story)
    world.store.faults.fail(when=is_step, landed=True)
    world.run(command)
    world.store.faults.clear()
    world.run(command)
    other.run(command)
    assert seen_of(world) == seen_of(other)


def test_a_halt_that_changed_nothing_halts_nothing_when_it_comes_again(world: World) -> None:
    """Delivered again after the resume behind it: both have been done."""
    halt = a_halt(world)
    world.run(halt)
    second = SetMode(CommandId("halt-2"), "halted", "impatience", halt.accept_until_ms)
    resume = SetMode(CommandId("resume-1"), "open", "checked", halt.accept_until_ms)
    world.run(second, resume)
    world.run(second, resume)
    assert world.book().book.halted is None


def test_a_resume_that_changed_nothing_resumes_nothing_when_it_comes_again(world: World) -> None:
    halt = a_halt(world)
    resume = SetMode(CommandId("resume-1"), "open", "impatience", halt.accept_until_ms)
    world.run(resume, halt)
    world.run(resume, halt)
    assert world.book().book.halted == "maintenance"


def test_two_cancels_of_one_order_within_five_minutes_both_arrive(world: World) -> None:
    """Each cancel request has an id of its own, which the queue does not swallow."""
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 9_000)
    world.cancel("ann", order_id)
    world.cancel("ann", order_id)
    assert world.queue.waiting(KTA.id) == 3


def test_the_queue_swallows_a_place_that_is_sent_twice(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 9_000)
    world.queue.send(KTA, [world.place_command(order_id)])
    assert world.queue.waiting(KTA.id) == 1


def test_with_a_known_loss_of_memory_a_place_would_be_done_twice(broken_world: World) -> None:
    """What the tests above rest on: without its memory, the book would fill the order again."""
    broken_world.fund("ann", "ben")
    for _ in range(2):
        broken_world.run(broken_world.place_command(broken_world.place("ben", "sell", 500, 10_000)))
    place = broken_world.place_command(broken_world.place("ann", "buy", 500, 10_000))
    broken_world.run(place)
    warm = broken_world.matcher()._steps.warm.loaded
    assert warm is not None
    warm.done.clear()
    broken_world.run(place)
    assert broken_world.book().book.halted is not None
