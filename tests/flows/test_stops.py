"""Do stops wake when the price reaches them, in their order, also when steps are cut or processes die?"""

import pytest

from chalicelib.engine.order import TimeInForce
from chalicelib.flows import schema
from chalicelib.flows.book.view import RECENT_MS
from chalicelib.flows.intake.place_order import ACCEPT_MS
from chalicelib.flows.matcher import step as steps
from chalicelib.flows.records.commands import SetMode
from chalicelib.ids import CommandId, OrderId, UserId

from .crossing import COUNT, LOTS, PRICE, fills, rest_makers
from .faults import Crash, is_step, nth, touches
from .test_halt import resume
from .world import KTA, World, kinds

CASCADE = 6


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben", "cid", "dan")


def trade_at(world: World, price: int, lots: int = 1) -> None:
    world.place("cid", "sell", lots, price)
    world.place("dan", "buy", lots, price)


def stop_loss(world: World, stop_price: int, price: int, lots: int = 10, user: str = "ann") -> OrderId:
    return world.place(user, "sell", lots, price, stop="loss", stop_price=stop_price)


def stop_entry(world: World, stop_price: int, price: int, lots: int = 10, user: str = "ann") -> OrderId:
    return world.place(user, "buy", lots, price, stop="entry", stop_price=stop_price)


def test_a_stop_sleeps_with_its_hold_until_the_price_comes(world: World) -> None:
    trade_at(world, 10_000)
    order_id = stop_loss(world, 9_500, 9_400)
    world.settle()
    assert world.book().book.find(order_id) is not None
    assert world.record(order_id).status == "pending"
    assert world.held("ann") == {"KTA": KTA.base_units(10)}
    trade_at(world, 9_501)
    world.settle()
    assert order_id not in world.book().book.orders
    trade_at(world, 9_500)
    world.settle()
    assert order_id in world.book().book.orders


def test_a_stop_entry_wakes_when_the_price_has_risen(world: World) -> None:
    order_id = stop_entry(world, 10_500, 10_600)
    trade_at(world, 10_499)
    world.settle()
    assert order_id not in world.book().book.orders
    trade_at(world, 10_500)
    world.settle()
    assert order_id in world.book().book.orders


def test_a_stop_whose_price_is_reached_already_wakes_at_once(world: World) -> None:
    trade_at(world, 9_000)
    order_id = stop_loss(world, 9_500, 8_900)
    world.settle()
    assert kinds(world.journal())[-3:] == ["OrderArmed", "OrderTriggered", "OrderRested"]
    assert order_id in world.book().book.orders


def test_what_has_woken_trades_before_the_next_command(world: World) -> None:
    maker = world.place("ben", "buy", 10, 9_400)
    order_id = stop_loss(world, 9_500, 9_400)
    trade_at(world, 9_500)
    behind = world.place("ben", "sell", 10, 9_400)
    world.deliver()
    assert (world.status(maker), world.status(order_id)) == ("filled", "filled")
    assert world.status(behind) == "resting"


def cascade(world: World) -> list[OrderId]:
    """Each stop sells to the bid whose price wakes the next: one order makes all of them trade."""
    bids = [world.place("ben", "buy", 10, 9_900 - 100 * n) for n in range(CASCADE)]
    stops = [stop_loss(world, 9_900 - 100 * n, 9_000) for n in range(CASCADE - 1)]
    world.settle()
    world.place("cid", "sell", 10, 9_900)
    return bids + stops


def test_one_trade_may_wake_a_row_of_stops(world: World) -> None:
    orders = cascade(world)
    world.settle()
    assert {world.status(order_id) for order_id in orders} == {"filled"}
    assert [fill[2] for fill in fills(world)] == [9_900 - 100 * n for n in range(CASCADE)]


def test_a_cascade_that_no_step_can_hold_is_the_same_cascade(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = cascade(world)
    small = 1 + steps.WRITES_PER_COMMAND + steps.WRITES_PER_FILL
    monkeypatch.setattr(steps, "WRITES_MAX", small)
    before = len(world.journal())
    world.settle()
    assert len(world.journal()) - before >= CASCADE
    assert {world.status(order_id) for order_id in orders} == {"filled"}
    assert [fill[2] for fill in fills(world)] == [9_900 - 100 * n for n in range(CASCADE)]


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("step", range(1, CASCADE + 1))
def test_a_process_that_dies_amid_a_cascade_changes_nothing_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int, landed: bool
) -> None:
    orders = cascade(world)
    monkeypatch.setattr(steps, "WRITES_MAX", 1 + steps.WRITES_PER_COMMAND + steps.WRITES_PER_FILL)
    world.store.faults.crash(when=nth(step, is_step), landed=landed)
    with pytest.raises(Crash):
        world.deliver()
    world.restart()
    world.queue.letters[KTA.id][0].visible_ms = 0
    world.settle()
    assert {world.status(order_id) for order_id in orders} == {"filled"}


def test_with_no_command_left_what_has_woken_keeps_the_last_message_on_the_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody would look at this market again."""
    orders = cascade(world)
    monkeypatch.setattr(steps, "WRITES_MAX", 1 + steps.WRITES_PER_COMMAND + steps.WRITES_PER_FILL)
    world.store.faults.fail(when=nth(3, is_step))
    assert len(world.deliver()) == 1
    world.settle()
    assert {world.status(order_id) for order_id in orders} == {"filled"}


def test_a_stop_that_wakes_into_more_makers_than_a_step_holds_is_cut_and_goes_on(world: World) -> None:
    rest_makers(world)
    order_id = stop_entry(world, PRICE - 1, PRICE + COUNT - 1, COUNT * LOTS)
    world.settle()
    trade_at(world, PRICE - 1)
    world.settle()
    assert world.status(order_id) == "filled"
    done = [each for entry in world.journal() for each in entry.done]
    assert len(set(done)) == len(done)


def test_a_stop_survives_a_snapshot_and_a_cold_start(world: World) -> None:
    order_id = stop_loss(world, 9_500, 9_400)
    world.settle()
    assert world.fold()
    world.restart()
    trade_at(world, 9_400)
    world.settle()
    assert order_id in world.book().book.orders


def test_a_sleeping_order_is_canceled_and_reduced_like_any_other(world: World) -> None:
    order_id = stop_loss(world, 9_500, 9_400, lots=100)
    world.settle()
    world.reduce("ann", order_id, 40)
    world.settle()
    assert (world.record(order_id).quantity, world.held("ann")) == (40, {"KTA": KTA.base_units(40)})
    world.cancel("ann", order_id)
    world.settle()
    assert (world.status(order_id), world.held("ann")) == ("canceled", {})


def test_outside_the_band_an_order_that_wakes_ends_and_its_hold_goes_back(world: World) -> None:
    trade_at(world, 10_000)
    order_id = stop_loss(world, 9_500, 5_000)
    world.settle()
    assert world.record(order_id).status == "pending"
    until_ms = world.timer.now_ms() + 60_000
    world.run(SetMode(CommandId("mode-1"), "open", "it is worth a third now", until_ms, 3_300))
    world.timer.advance(RECENT_MS)
    trade_at(world, 3_300)
    world.settle()
    assert (world.status(order_id), world.record(order_id).reason) == ("canceled", "outside_price_band")
    assert world.held("ann") == {}


@pytest.mark.parametrize(
    ("tif", "end"), [("ioc", ("canceled", "ioc_remainder")), ("fok", ("rejected", "fok_unfillable"))]
)
def test_what_wakes_keeps_its_own_time_in_force(world: World, tif: TimeInForce, end: tuple[str, str]) -> None:
    order_id = world.place("ann", "sell", 10, 9_400, tif, stop="loss", stop_price=9_500)
    trade_at(world, 9_500)
    world.settle()
    assert (world.status(order_id), world.record(order_id).reason) == end
    assert world.held("ann") == {}


def test_a_place_of_a_stop_that_comes_again_arms_it_once(world: World) -> None:
    order_id = stop_loss(world, 9_500, 9_400)
    place = world.place_command(order_id)
    world.run(place, place)
    world.restart()
    world.run(place)
    assert kinds(world.journal()) == ["OrderArmed"]
    world.timer.advance(ACCEPT_MS["gtc"] + 16 * 60_000)
    world.run(world.cancel_command(order_id, "ann"))
    world.run(place)
    assert world.status(order_id) == "canceled"


def test_a_bug_in_what_has_woken_halts_the_market_and_blames_no_command(world: World) -> None:
    """Nobody asked for it just now, and half a cascade can not be given up."""
    world.place("ben", "buy", 10, 9_400)
    order_id = stop_loss(world, 9_500, 9_400)
    world.settle()
    world.store.faults.refuse(when=touches(schema.order(UserId("ann"), order_id)))
    world.place("cid", "sell", 1, 9_500)
    innocent = world.place("dan", "buy", 1, 9_500)
    assert world.deliver() == []
    assert world.status(innocent) == "filled"
    assert world.book().book.halted is not None
    assert world.notebook.alarmed == ["market_halted"]
    assert world.book().book.find(order_id) is not None  # it sleeps on until somebody has looked
    world.store.faults.clear()
    world.run(resume(world))
    assert world.status(order_id) == "filled"
