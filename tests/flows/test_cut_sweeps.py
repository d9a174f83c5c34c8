"""Is a sweep that takes several transactions the sweep that one would have been?"""

from collections.abc import Callable

import pytest

from chalicelib.ids import UserId

from .crossing import COUNT, LOTS, Fill, fills, place_crossing, rest_makers, uncut
from .faults import Crash, is_step, nth
from .limits import WRITES_MAX
from .world import KTA, World, kinds

STEPS = 3  # that it takes to cross so many makers


def outcome(world: World) -> tuple[list[Fill], object]:
    """What is left when the sweep is over: money, orders, book."""
    assets = ("KTA", "USDT")
    return (
        fills(world),
        (
            {record.id: record[7:11] for record in world.records()},
            [world.balance(f"maker-{n}", asset) for n in range(7) for asset in assets],
            [world.balance("taker", asset) for asset in assets],
            world.book().fees,
        ),
    )


def test_a_sweep_over_many_makers_is_cut_into_lawful_steps_with_the_trades_of_an_uncut_one(
    world: World,
) -> None:
    makers = rest_makers(world)
    before = len(world.journal())
    taker = place_crossing(world)
    world.settle()
    steps = [plan for plan in world.store.plans if is_step(plan)][before:]
    assert len(steps) == STEPS
    assert all(len(plan) <= WRITES_MAX for plan in steps)
    assert fills(world) == uncut(makers, taker)
    assert world.status(taker) == "filled"
    replica = world.book()
    assert replica.book.unfinished is None
    assert (world.place_command(taker).id in replica.done, replica.begun) == (True, None)
    done = [each for entry in world.journal() for each in entry.done]
    assert len(set(done)) == len(done)


def test_what_is_left_of_a_cut_sweep_comes_to_rest(world: World) -> None:
    makers = rest_makers(world)
    taker = place_crossing(world, lots=COUNT * LOTS + 5)
    world.settle()
    assert fills(world) == uncut(makers, taker, lots=COUNT * LOTS + 5)
    state = world.state(taker)
    assert (state.status, state.filled) == ("partially_filled", COUNT * LOTS)
    assert world.book().book.orders[taker].remaining == 5


def test_a_step_is_as_full_as_a_transaction_allows(world: World) -> None:
    """Makers of one user share a wallet, so more of them fit."""
    rest_makers(world, users=[UserId("maker-0")])
    place_crossing(world)
    world.settle()
    sizes = [len(plan) for plan in world.store.plans if is_step(plan)]
    assert max(sizes) > WRITES_MAX // 2


def test_commands_before_a_sweep_in_the_same_batch_leave_it_less_room(world: World) -> None:
    makers = rest_makers(world)
    cancels = [world.cancel_command(order_id, world.record(order_id).user) for order_id in makers[-8:]]
    taker = place_crossing(world)
    world.run(*cancels, world.place_command(taker))
    assert fills(world) == uncut(makers[:-8], taker)


def test_a_batch_of_more_cancels_than_a_transaction_holds_is_cut_between_them(world: World) -> None:
    """Each of another user, so each writes an order and a wallet."""
    users = [UserId(f"user-{n}") for n in range(60)]
    orders = rest_makers(world, count=60, users=users)
    cancels = [world.cancel_command(order_id, user) for order_id, user in zip(orders, users, strict=True)]
    world.run(*cancels)
    assert {world.status(order_id) for order_id in orders} == {"canceled"}
    assert max(map(len, world.store.plans)) > WRITES_MAX - 3


def test_a_batch_of_many_takers_is_cut_between_and_amid_them(world: World) -> None:
    rest_makers(world, count=120)
    world.fund("taker")
    orders = [world.place("taker", "buy", 12 * LOTS, 14_000) for _ in range(10)]
    world.settle()
    assert len(fills(world)) == 120
    assert {world.status(order_id) for order_id in orders} == {"filled"}


def crash_in(step: int, landed: bool) -> World:
    """The process dies just before, or just after, it commits this step of the sweep."""
    world = World()
    rest_makers(world)
    place_crossing(world)
    world.store.faults.crash(when=nth(step, is_step), landed=landed)
    with pytest.raises(Crash):
        world.deliver()
    world.restart()
    return world


def clean_run() -> tuple[list[Fill], object]:
    world = World()
    rest_makers(world)
    place_crossing(world)
    world.settle()
    return outcome(world)


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_process_that_dies_between_two_steps_changes_nothing_in_the_end(step: int, landed: bool) -> None:
    """The queue delivers the order again, to a process that starts from the store."""
    world = crash_in(step, landed)
    world.timer.advance(-10_000)  # in time: late is another story
    world.queue.letters[KTA.id][0].visible_ms = 0
    world.settle()
    assert outcome(world) == clean_run()
    assert world.audit().differences == []
    assert world.store.illegal == []


def other_order(world: World) -> None:
    world.fund("cid")
    order_id = world.place("cid", "buy", LOTS, 14_000)
    world.run(world.place_command(order_id))


def cancel_of_the_sweeper(world: World) -> None:
    (taker,) = (record for record in world.records() if record.user == "taker")
    world.run(world.cancel_command(taker.id, taker.user))


def cancel_of_a_maker(world: World) -> None:
    maker = next(record for record in reversed(world.records()) if record.user == "maker-1")
    world.run(world.cancel_command(maker.id, maker.user))


@pytest.mark.parametrize("first", [other_order, cancel_of_the_sweeper, cancel_of_a_maker])
@pytest.mark.parametrize(("step", "landed"), [(1, True), (2, False), (2, True), (3, False)])
def test_whoever_loads_the_book_finishes_the_sweep_before_anything_else(
    step: int, landed: bool, first: Callable[[World], None]
) -> None:
    world = crash_in(step, landed)
    first(world)
    (taker,) = (record for record in world.records() if record.user == "taker")
    sweep = [fill for fill in fills(world) if fill[1] == taker.id]
    assert sweep == clean_run()[0]
    assert fills(world)[: len(sweep)] == sweep
    assert world.status(taker.id) == "filled"
    assert world.audit().differences == []


def test_the_order_that_is_delivered_again_after_its_sweep_was_finished_does_nothing() -> None:
    world = crash_in(2, landed=True)
    other_order(world)
    entries = len(world.journal())
    world.timer.advance(60_000)
    world.settle()
    assert len(world.journal()) == entries


def test_between_the_steps_the_order_is_partially_filled_and_keeps_its_hold(world: World) -> None:
    rest_makers(world)
    taker = place_crossing(world)
    world.store.faults.crash(when=nth(2, is_step))
    with pytest.raises(Crash):
        world.deliver()
    state = world.state(taker)
    assert state.status == "partially_filled"
    assert world.unfinished().remaining == state.record.remaining
    assert world.audit().differences == []
    assert kinds(world.journal())[-1] == "OrderContinues"
    assert world.book().begun == world.place_command(taker).id


def test_an_unfinished_sweep_survives_a_snapshot() -> None:
    world = crash_in(2, landed=False)
    assert world.fold()
    world.restart()
    other_order(world)
    (taker,) = (record for record in world.records() if record.user == "taker")
    assert [fill for fill in fills(world) if fill[1] == taker.id] == clean_run()[0]
