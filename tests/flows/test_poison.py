"""What becomes of a command that can not be done, and of those that stand behind it?"""

from typing import Any

import pytest

from chalicelib.engine.order import LimitOrder
from chalicelib.flows import schema
from chalicelib.flows.matcher import place
from chalicelib.flows.matcher.poison import POISON_TRIES_MAX
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.plan import Update
from chalicelib.ids import CommandId, OrderId, UserId

from .crossing import fills, place_crossing, rest_makers, uncut
from .faults import ALWAYS, is_step, touches
from .promised import promised
from .test_halt import a_halt_amid_a_sweep, contradict, halt, resume
from .world import KTA, World, kinds


class Bug(Exception):
    """Something in our own code."""


@pytest.fixture
def poisonous(monkeypatch: pytest.MonkeyPatch) -> set[OrderId]:
    """Matching one of these orders raises."""
    orders: set[OrderId] = set()
    match = place.match

    def match_or_raise(step: Step, order: LimitOrder, avoid: UserId | None) -> bool:
        if order.order_id in orders:
            raise Bug("can not match this")
        return match(step, order, avoid)

    monkeypatch.setattr(place, "match", match_or_raise)
    return orders


def test_a_place_that_always_raises_is_journaled_as_failed_and_its_hold_goes_back(
    world: World, poisonous: set[OrderId]
) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    poisonous.add(order_id)
    assert world.deliver() == []
    assert (world.status(order_id), world.record(order_id).reason) == ("rejected", "failed")
    assert world.held("ann") == {}
    ((command, reason),) = world.journal()[-1].failed
    assert command == world.place_command(order_id).id
    assert reason.startswith("failed: ")
    assert "can not match this" in reason
    assert world.book().refused[command] == "failed"
    assert world.notebook.alarmed == ["poison_command"]
    assert world.queue.waiting(KTA.id) == 0


def test_it_is_tried_three_times_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails only twice is no poison."""
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    failures = iter([True] * 3)  # once in its batch, and twice alone
    really = place.match

    def match(step: Step, order: LimitOrder, avoid: UserId | None) -> bool:
        if next(failures, False):
            raise Bug("not now")
        return really(step, order, avoid)

    monkeypatch.setattr(place, "match", match)
    assert world.deliver() == []
    assert world.status(order_id) == "resting"
    assert world.notebook.alarms == []


def test_the_others_of_its_batch_are_done_and_in_their_order(world: World, poisonous: set[OrderId]) -> None:
    world.fund("ann", "ben")
    orders = [world.place("ann", "sell", 10, 10_000 + n) for n in range(4)]
    poisonous.update(orders[1:3])
    taker = world.place("ben", "buy", 30, 10_010)
    assert world.deliver() == []
    assert [world.status(order_id) for order_id in orders] == ["filled", "rejected", "rejected", "filled"]
    assert world.state(taker).filled == 20
    assert world.notebook.alarmed == ["poison_command"] * 2


def test_a_step_that_the_store_refuses_again_and_again_is_given_up(world: World) -> None:
    world.fund("ann", "ben")
    maker = world.place("ann", "sell", 100, 10_000)
    world.settle()
    taker = world.place("ben", "buy", 100, 10_000)
    # What can not be written is the trade; the order itself can be.
    world.store.faults.refuse(when=touches(schema.order(UserId("ann"), maker)))
    assert world.deliver() == []
    assert (world.status(maker), world.status(taker)) == ("resting", "rejected")
    assert world.held("ben") == {}


def test_a_cancel_that_the_store_refuses_is_given_up_and_the_order_stays(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    world.settle()
    world.store.faults.refuse(when=touches(schema.order(UserId("ann"), order_id)))
    world.cancel("ann", order_id)
    assert world.deliver() == []
    assert world.status(order_id) == "resting"
    assert world.notebook.alarmed == ["poison_command"]


def test_a_message_that_nobody_can_read_is_put_aside_with_an_alarm(world: World) -> None:
    world.fund("ann")
    world.queue.put(KTA.id, "no command at all")
    world.queue.put(KTA.id, "[]")
    world.queue.put(KTA.id, '[["place","p-1",["o","ann","sell","1",2,2,"gtc"],"soon"]]')
    world.queue.put(KTA.id, '[["dance","p-1"]]')
    order_id = world.place("ann", "sell", 100, 10_000)
    assert world.deliver() == []
    assert world.status(order_id) == "resting"
    assert world.queue.waiting(KTA.id) == 0
    assert [len(entry.failed) for entry in world.journal()] == [4]
    assert world.notebook.alarmed == ["unreadable_message"] * 4


def test_poison_right_behind_a_cut_sweep_does_not_halt_the_market(
    world: World, poisonous: set[OrderId]
) -> None:
    """The end of the sweep and the poison would share a step; the sweep is not to blame."""
    makers = rest_makers(world)
    taker = place_crossing(world)
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 14_000)
    poisonous.add(order_id)
    assert world.deliver() == []
    assert fills(world) == uncut(makers, taker)
    assert world.status(order_id) == "rejected"
    assert world.notebook.alarmed == ["poison_command"]


def test_poison_that_comes_first_when_a_sweep_goes_on_does_not_halt_the_market_again(
    world: World, poisonous: set[OrderId]
) -> None:
    makers, taker = a_halt_amid_a_sweep(world)
    contradict(world, makers[40], 0)
    world.fund("ann")
    order_id = promised(world, "ann")
    poisonous.add(order_id)
    world.run(resume(world), world.place_command(order_id))
    assert fills(world) == uncut(makers, taker)
    assert world.status(order_id) == "rejected"
    assert world.notebook.alarmed == ["market_halted", "poison_command"]


def test_contention_while_giving_up_in_a_halted_market_does_not_keep_the_hold(world: World) -> None:
    """Refused until it is given up; then somebody writes the wallet at the same time."""
    world.fund("ann")
    world.run(halt(world))
    order_id = promised(world, "ann")
    world.store.faults.refuse(when=touches(schema.order(UserId("ann"), order_id)), times=4)
    world.store.faults.contend(schema.wallet("ann"), times=4, when=is_step)
    world.run(world.place_command(order_id))
    assert (world.status(order_id), world.held("ann")) == ("rejected", {})
    assert "hold_stranded" not in world.notebook.alarmed


def test_a_sweep_that_can_not_be_continued_halts_the_market(world: World) -> None:
    """It can not be given up: half of it is done."""
    makers = rest_makers(world)
    user = world.record(makers[40]).user
    world.store.faults.refuse(when=touches(schema.order(user, makers[40])))
    taker = place_crossing(world)
    assert world.deliver() == []
    assert world.book().book.halted is not None
    assert world.unfinished().order_id == taker
    world.store.faults.clear()
    world.run(resume(world))
    assert fills(world) == uncut(makers, taker)


def test_a_race_lost_while_giving_up_does_not_keep_the_hold(world: World, poisonous: set[OrderId]) -> None:
    world.fund("ann", "cid")
    order_id = world.place("ann", "sell", 100, 10_000)
    poisonous.add(order_id)
    rival = world.new_process()
    other = world.place_command(world.place("cid", "sell", 10, 10_000))
    world.store.faults.before(lambda: world.run(other, house=rival), when=is_step)
    world.run(world.place_command(order_id))
    assert world.store.faults.struck == 1
    assert world.status(order_id) == "rejected"
    assert world.held("ann") == {}
    assert "hold_stranded" not in world.notebook.alarmed
    world.settle()


def test_contention_while_giving_up_does_not_keep_the_hold(world: World, poisonous: set[OrderId]) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    poisonous.add(order_id)
    world.store.faults.contend(schema.wallet("ann"), times=6, when=is_step)
    world.settle()
    assert world.status(order_id) == "rejected"
    assert world.held("ann") == {}


def test_a_store_that_fails_while_giving_up_leaves_the_message(world: World, poisonous: set[OrderId]) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    poisonous.add(order_id)
    world.store.faults.fail(when=is_step)
    assert len(world.deliver()) == 1
    world.settle()
    assert world.status(order_id) == "rejected"


def a_wallet_without_the_hold(world: World) -> OrderId:
    """A pending order whose hold is gone: nothing that ends it can be written."""
    order_id = promised(world, "ann")
    world.store.commit((Update(schema.wallet("ann"), add={"h_USDT": -1}),))
    return order_id


def give_back(world: World) -> None:
    world.store.commit((Update(schema.wallet("ann"), add={"h_USDT": 1}),))


def test_an_order_that_can_not_even_be_ended_does_not_block_a_halted_market(world: World) -> None:
    """It is left to the person who looks; the resume behind it gets through."""
    world.fund("ann")
    order_id = a_wallet_without_the_hold(world)
    world.run(halt(world))
    outcome = world.run(world.place_command(order_id), resume(world))
    assert outcome[:2] == (2, None)
    assert world.book().book.halted is None
    assert world.notebook.alarmed == ["poison_command", "hold_stranded"]
    assert world.status(order_id) == "pending"
    give_back(world)


def test_an_order_that_can_not_be_ended_halts_an_open_market_first(world: World) -> None:
    world.fund("ann")
    order_id = a_wallet_without_the_hold(world)
    cancel = world.cancel_command(order_id, "ann")
    world.run(cancel)
    assert world.book().book.halted is not None
    assert world.notebook.alarmed[0] == "market_halted"
    give_back(world)


def test_a_command_of_impossible_content_is_put_aside_even_if_its_order_can_not_be_found(
    world: World,
) -> None:
    """As a mistake in our own code could make it; what comes from the queue is checked before."""
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    good = world.place_command(order_id)
    nonsense: Any = {"user": None, "price": "x"}
    broken = good._replace(id=CommandId("p-broken"), order=good.order._replace(**nonsense))
    cancel = world.cancel_command(order_id, "ann")
    outcome = world.run(broken, cancel)
    assert outcome[:2] == (2, None)
    world.run(good)


def test_poison_in_a_halted_market_is_counted_for_each_command(world: World) -> None:
    """Amid a sweep too: nothing of it goes on, so it is not to blame."""
    makers = rest_makers(world)
    contradict(world, makers[40])
    place_crossing(world)
    world.settle()
    contradict(world, makers[40], 0)
    world.fund("ann")
    orders = [promised(world, "ann") for _ in range(2)]
    tried: list[int] = []
    for order_id in orders:
        before = world.store.faults.struck
        world.store.faults.refuse(when=touches(schema.order(UserId("ann"), order_id)), times=ALWAYS)
        world.run(world.place_command(order_id))
        tried.append(world.store.faults.struck - before)
        world.store.faults.clear()
    assert tried[0] == tried[1] > POISON_TRIES_MAX
    assert kinds(world.journal())[-1] == "ModeChanged"
    world.timer.advance(16 * 60_000)
    world.run(resume(world))
    for order_id in orders:
        world.run(world.cancel_command(order_id, "ann"))
    assert world.held("ann") == {}
