"""Is a message of many commands done in their order, each with a result of its own, whatever fails?"""

import pytest

from chalicelib.engine.order import LimitOrder
from chalicelib.flows.matcher import place as placing
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.records.commands import CancelOrder, Command, ReduceOrder
from chalicelib.ids import OrderId, UserId, reduce_command

from .faults import Crash, is_step, nth
from .world import KTA, World, kinds

MANY = 20


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def places(world: World, count: int = MANY) -> list[OrderId]:
    """Promised, and told to nobody yet."""
    orders = [world.place("ann", "sell", 10, 10_000 + n) for n in range(count)]
    world.queue.letters[KTA.id].clear()
    return orders


def send(world: World, *commands: Command) -> None:
    world.queue.send(KTA, commands)


def reduce(world: World, order_id: OrderId, quantity: int, number: int = 1) -> ReduceOrder:
    accept_until_ms = world.timer.now_ms() + 15_000
    return ReduceOrder(
        reduce_command(order_id, str(number)), order_id, UserId("ann"), quantity, accept_until_ms
    )


def cancel(world: World, order_id: OrderId, user: str = "ann") -> CancelOrder:
    return world.cancel_command(order_id, user)


def test_twenty_commands_are_one_message_and_one_step(world: World) -> None:
    orders = places(world)
    send(world, *map(world.place_command, orders))
    assert world.queue.waiting(KTA.id) == 1
    assert world.deliver() == []
    assert len(world.journal()) == 1
    assert {world.status(order_id) for order_id in orders} == {"resting"}


def test_they_are_done_in_their_order(world: World) -> None:
    first, second = places(world, 2)
    maker = world.place("ben", "buy", 10, 9_000)
    world.settle()
    send(
        world,
        world.place_command(first),
        reduce(world, first, 4),
        cancel(world, first),
        world.place_command(second),
        reduce(world, first, 2, 2),
        cancel(world, maker),
    )
    world.deliver()
    assert kinds(world.journal())[1:] == ["OrderRested", "OrderReduced", "OrderCanceled", "OrderRested"]
    assert (world.status(first), world.status(second)) == ("canceled", "resting")
    assert world.status(maker) == "resting"  # it is another user's


def test_each_has_a_result_of_its_own(world: World) -> None:
    open_order, gone = places(world, 2)
    world.run(world.place_command(open_order), world.place_command(gone), cancel(world, gone))
    commands = [
        reduce(world, gone, 5),
        reduce(world, open_order, 10),
        reduce(world, open_order, 6, 2),
        reduce(world, open_order, 8, 3),
    ]
    send(world, *commands)
    world.settle()
    replica = world.book()
    assert all(command.id in replica.done for command in commands)
    assert [replica.refused.get(command.id) for command in commands] == [
        "order_not_open",
        "not_a_reduction",
        None,
        "not_a_reduction",
    ]
    assert world.record(open_order).quantity == 6


def test_results_are_remembered_across_snapshots_and_forgotten_in_the_end(world: World) -> None:
    (order_id,) = places(world, 1)
    command = reduce(world, order_id, 5)
    world.run(command)
    world.fold()
    world.restart()
    assert world.book().refused == {command.id: "order_not_open"}
    world.timer.advance(16 * 60_000)
    world.run(world.place_command(order_id))
    assert world.book().refused == {}


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("step", [1, 2])
def test_a_message_whose_run_dies_in_the_middle_comes_again_and_what_is_done_is_skipped(
    world: World, step: int, landed: bool
) -> None:
    """Makers of ann's; twenty takers in one message, of which a step holds a few."""
    makers = places(world, 2 * MANY)
    world.run(*map(world.place_command, makers))
    takers = [world.place("ben", "buy", 20, 10_000 + 2 * n + 1) for n in range(MANY)]
    world.queue.letters[KTA.id].clear()
    send(world, *map(world.place_command, takers))
    world.store.faults.crash(when=nth(step, is_step), landed=landed)
    with pytest.raises(Crash):
        world.deliver()
    world.restart()
    world.queue.letters[KTA.id][0].visible_ms = 0
    world.settle()
    assert {world.status(order_id) for order_id in (*makers, *takers)} == {"filled"}
    assert len(world.fills()) == 2 * MANY
    done = [each for entry in world.journal() for each in entry.done]
    assert len(set(done)) == len(done)


def test_poison_in_the_middle_of_a_message_spoils_nothing_else_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = places(world, 5)
    really = placing.match

    def match(step: Step, order: LimitOrder, avoid: UserId | None) -> bool:
        if order.order_id == orders[2]:
            raise ZeroDivisionError
        return really(step, order, avoid)

    monkeypatch.setattr(placing, "match", match)
    send(world, *map(world.place_command, orders))
    assert world.deliver() == []
    statuses = [world.status(order_id) for order_id in orders]
    assert statuses == ["resting", "resting", "rejected", "resting", "resting"]
    assert world.notebook.alarmed == ["poison_command"]


def test_the_same_batch_sent_twice_is_one_message_and_another_batch_is_another(world: World) -> None:
    first, second = map(world.place_command, places(world, 2))
    send(world, first, second)
    send(world, first, second)
    assert world.queue.waiting(KTA.id) == 1
    send(world, second, first)
    assert world.queue.waiting(KTA.id) == 2
    world.settle()
    assert kinds(world.journal()) == ["OrderRested", "OrderRested"]


def test_a_late_reduce_says_so_and_an_ancient_one_nothing(world: World) -> None:
    (order_id,) = places(world, 1)
    world.run(world.place_command(order_id))
    command = reduce(world, order_id, 5)
    world.timer.advance(15_001)
    world.run(command)
    assert world.journal()[-1].failed == ((command.id, "late"),)
    world.timer.advance(20 * 60_000)
    entries = len(world.journal())
    world.run(command)
    assert len(world.journal()) == entries
    assert world.record(order_id).quantity == 10


def test_a_reduce_for_another_users_order_is_refused(world: World) -> None:
    (order_id,) = places(world, 1)
    world.run(world.place_command(order_id))
    command = reduce(world, order_id, 5)._replace(user=UserId("ben"))
    world.run(command)
    assert world.book().refused[command.id] == "order_not_open"
    assert world.record(order_id).quantity == 10


def test_a_reduce_keeps_its_place_and_gives_back_what_it_needs_no_more(world: World) -> None:
    first = world.place("ann", "buy", 10, 9_000)
    second = world.place("ann", "buy", 10, 9_000)
    world.settle()
    world.reduce("ann", first, 4)
    world.place("ben", "sell", 4, 9_000)
    world.settle()
    assert (world.status(first), world.status(second)) == ("filled", "resting")
    assert world.held("ann") == {"USDT": KTA.hold_units("buy", 9_000 * 10)}
