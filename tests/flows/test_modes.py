"""Which commands does a market take in each of its modes, also when they were queued before?"""

import pytest

from chalicelib.engine.events import Mode
from chalicelib.errors import MarketClosed
from chalicelib.flows.matcher.late import SURE_MS
from chalicelib.flows.records.commands import SetMode
from chalicelib.ids import CommandId, OrderId

from .promised import promised
from .world import World, kinds

MODES: tuple[Mode, ...] = ("open", "post_only", "cancel_only", "halted")
CLOSED: tuple[Mode, ...] = ("post_only", "cancel_only", "halted")


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def set_mode(world: World, mode: Mode, number: int = 1) -> SetMode:
    return SetMode(CommandId(f"mode-{number}"), mode, "a test", world.timer.now_ms() + 60_000)


def end_of(world: World, order_id: OrderId) -> tuple[str, str]:
    return world.status(order_id), world.record(order_id).reason


@pytest.mark.parametrize("mode", CLOSED)
def test_an_order_that_was_queued_before_the_change_is_rejected_with_the_modes_reason(
    world: World, mode: Mode
) -> None:
    place = world.place_command(world.place("ann", "buy", 10, 9_000))
    world.run(set_mode(world, mode), place)
    assert end_of(world, place.order.order_id) == ("rejected", f"market_{mode}")
    assert world.held("ann") == {}


def test_a_post_only_market_takes_orders_that_only_make(world: World) -> None:
    maker = world.place_command(world.place("ann", "buy", 10, 9_000, "postonly"))
    crossing = world.place_command(world.place("ben", "sell", 10, 9_000, "postonly"))
    world.run(set_mode(world, "post_only"), maker, crossing)
    assert world.status(maker.order.order_id) == "resting"
    assert end_of(world, crossing.order.order_id) == ("rejected", "post_only_would_cross")


def test_a_post_only_market_arms_no_stop(world: World) -> None:
    stop = world.place_command(
        world.place("ann", "sell", 10, 9_000, "postonly", stop="loss", stop_price=9_100)
    )
    world.run(set_mode(world, "post_only"), stop)
    assert end_of(world, stop.order.order_id) == ("rejected", "market_post_only")


@pytest.mark.parametrize("mode", ["post_only", "cancel_only"])
def test_short_of_a_halt_every_market_lets_orders_go(world: World, mode: Mode) -> None:
    orders = [world.place("ann", "buy", 10, 9_000 + n) for n in range(3)]
    world.settle()
    world.run(set_mode(world, mode))
    world.timer.advance(2_000)
    world.reduce("ann", orders[0], 4)
    world.cancel("ann", orders[1])
    world.settle()
    assert world.record(orders[0]).quantity == 4
    assert world.status(orders[1]) == "canceled"
    world.cancel_all("ann")
    world.settle()
    assert {world.status(order_id) for order_id in orders} == {"canceled"}


@pytest.mark.parametrize("mode", CLOSED)
def test_a_replace_that_was_queued_before_is_refused_with_the_modes_reason(world: World, mode: Mode) -> None:
    order_id = world.place("ann", "buy", 1_000, 9_000)
    world.settle()
    world.replace("ann", order_id, 9_100)
    replace = world.queue.sent[-1][1]
    world.run(set_mode(world, mode), replace)
    assert world.book().refused[replace.id] == f"market_{mode}"
    assert world.record(order_id).price == 9_000
    assert world.record(order_id).replacing == ""
    world.settle()


@pytest.mark.parametrize("mode", CLOSED)
def test_intake_refuses_what_the_matcher_would(world: World, mode: Mode) -> None:
    world.run(set_mode(world, mode))
    world.timer.advance(2_000)
    with pytest.raises(MarketClosed) as refused:
        world.place("ann", "buy", 10, 9_000)
    assert refused.value.code == f"market_{mode}"
    assert world.records() == []


@pytest.mark.parametrize("before", MODES)
@pytest.mark.parametrize("after", MODES)
def test_from_every_mode_a_market_comes_to_every_other(world: World, before: Mode, after: Mode) -> None:
    world.run(set_mode(world, before, 1))
    world.run(set_mode(world, after, 2))
    book = world.book().book
    assert book.mode == after
    assert (book.halted is not None) == (after == "halted")


def test_a_mode_outlives_the_process_and_a_snapshot_with_its_reason(world: World) -> None:
    world.run(set_mode(world, "cancel_only"))
    assert world.fold()
    world.restart()
    assert (world.book().book.mode, world.book().book.mode_reason) == ("cancel_only", "a test")
    order_id = promised(world, "ann")
    world.run(world.place_command(order_id))
    assert end_of(world, order_id) == ("rejected", "market_cancel_only")


def test_a_change_that_comes_too_late_changes_nothing_and_says_so_once(world: World) -> None:
    command = set_mode(world, "halted")
    world.timer.advance(60_001)
    world.run(command)
    world.run(command)
    assert world.book().book.mode == "open"
    assert [entry.failed for entry in world.journal()] == [((command.id, "late"),)]
    world.timer.advance(SURE_MS + 16 * 60_000)
    world.run(set_mode(world, "post_only", 2))
    world.run(command)
    assert len(world.journal()) == 2


def test_the_same_mode_again_is_done_and_changes_nothing(world: World) -> None:
    world.run(set_mode(world, "post_only", 1), set_mode(world, "post_only", 2))
    assert kinds(world.journal()) == ["ModeChanged"]
    assert len(world.book().done) == 2


def test_a_person_moves_the_band_with_or_without_another_mode(world: World) -> None:
    world.run(set_mode(world, "open", 1)._replace(reference=8_000))
    assert kinds(world.journal()) == ["ModeChanged"]
    assert world.fold()
    world.restart()
    assert (world.book().book.reference, world.book().book.last_price) == (8_000, None)
    world.run(set_mode(world, "post_only", 2))
    assert world.book().book.reference == 8_000
