"""Does one command end all orders of a user, however many, and the dead man's switch without any?"""

import pytest

from chalicelib.errors import MarketClosed
from chalicelib.flows.matcher.late import SURE_MS
from chalicelib.flows.plan import WRITES_MAX
from chalicelib.flows.records.commands import CancelAll, SetCancelAllTimer
from chalicelib.ids import OrderId, UserId, cancel_all_command, timer_command

from .faults import Crash, is_step, nth
from .test_halt import halt
from .world import KTA, USDX, World, kinds

# More than two steps hold: each cancel writes an order, all of them one wallet.
MANY = 2 * WRITES_MAX + 30


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def many_orders(world: World, count: int = MANY) -> list[OrderId]:
    orders = [world.place("ann", "buy", 1, 8_000 + n) for n in range(count)]
    world.settle()
    return orders


def cancel_all(world: World, number: int = 1) -> CancelAll:
    ann = UserId("ann")
    return CancelAll(cancel_all_command(ann, KTA.id, str(number)), ann, None, world.timer.now_ms() + 15_000)


def set_timer(world: World, deadline_ms: int, number: int = 1) -> SetCancelAllTimer:
    ann = UserId("ann")
    command_id = timer_command(ann, KTA.id, str(number))
    return SetCancelAllTimer(command_id, ann, deadline_ms, world.timer.now_ms() + 15_000)


def ends(world: World, orders: list[OrderId]) -> set[tuple[str, str]]:
    wanted = set(orders)
    return {(record.status, record.reason) for record in world.records() if record.id in wanted}


def test_every_order_of_the_user_in_the_market_ends_and_no_other(world: World) -> None:
    orders = [world.place("ann", "buy", 10, 9_000), world.place("ann", "sell", 10, 11_000)]
    orders.append(world.place("ann", "sell", 10, 9_000, stop="loss", stop_price=9_100))
    others = [world.place("ben", "buy", 10, 9_000), world.place("ann", "buy", 500, 10_000, market=USDX)]
    world.settle(KTA, USDX)
    report = world.cancel_all("ann")
    world.settle()
    assert not report.is_done  # nobody waited for it
    assert ends(world, orders) == {("canceled", "cancel_all")}
    assert {world.status(order_id) for order_id in others} == {"resting"}
    assert set(world.held("ann")) == {"USDT"}


def test_or_only_those_of_one_side(world: World) -> None:
    buy, sell = world.place("ann", "buy", 10, 9_000), world.place("ann", "sell", 10, 11_000)
    world.settle()
    world.cancel_all("ann", "buy")
    world.settle()
    assert (world.status(buy), world.status(sell)) == ("canceled", "resting")


def test_orders_that_stand_before_it_in_the_queue_end_and_those_behind_it_do_not(world: World) -> None:
    before = world.place("ann", "buy", 10, 9_000)
    world.cancel_all("ann")
    behind = world.place("ann", "buy", 10, 9_000)
    world.settle()
    assert (world.status(before), world.status(behind)) == ("canceled", "resting")


def test_more_orders_than_a_step_holds_take_some_steps_and_all_end(world: World) -> None:
    orders = many_orders(world)
    before = len(world.journal())
    command = cancel_all(world)
    world.run(command)
    assert len(world.journal()) == before + 3
    assert max(map(len, world.store.plans)) >= WRITES_MAX - 1
    assert ends(world, orders) == {("canceled", "cancel_all")}
    assert world.held("ann") == {}
    assert [command.id in entry.done for entry in world.journal()[before:]] == [False, False, True]


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("minutes", [0, 2])
def test_cut_and_begun_again_by_another_process_even_much_later_it_is_whole(
    world: World, step: int, landed: bool, minutes: int
) -> None:
    """Once it is begun it is not too late any more: half of a cancel-all is no answer."""
    orders = many_orders(world)
    world.cancel_all("ann")
    world.store.faults.crash(when=nth(step, is_step), landed=landed)
    with pytest.raises(Crash):
        world.deliver()
    world.restart()
    world.timer.advance(minutes * 60_000)
    world.queue.letters[KTA.id][0].visible_ms = 0
    world.settle()
    begun = landed or step > 1
    expected = {("canceled", "cancel_all")} if begun or minutes == 0 else {("pending", "")}
    assert ends(world, orders) == expected
    command = next(each for _, each in world.queue.sent if isinstance(each, CancelAll))
    assert world.book().refused.get(command.id) == (None if begun or minutes == 0 else "late")
    assert sum(command.id in entry.done for entry in world.journal()) == 1


def test_that_it_is_begun_survives_a_snapshot(world: World) -> None:
    orders = many_orders(world)
    world.cancel_all("ann")
    world.store.faults.crash(when=nth(2, is_step))
    with pytest.raises(Crash):
        world.deliver()
    assert world.fold()
    world.restart()
    world.timer.advance(5 * 60_000)
    world.settle()
    assert ends(world, orders) == {("canceled", "cancel_all")}


def test_two_matchers_end_each_order_once(world: World) -> None:
    orders = many_orders(world)
    command, rival = cancel_all(world), world.new_process()
    world.store.faults.before(lambda: world.run(command, house=rival), when=nth(2, is_step))
    assert world.run(command).fault is None
    assert kinds(world.journal()).count("OrderCanceled") == len(orders)


def test_done_again_it_leaves_alone_what_has_come_since(world: World) -> None:
    command = cancel_all(world)
    world.run(command)
    order_id = world.place("ann", "buy", 10, 9_000)
    world.settle()
    world.run(command)
    assert world.status(order_id) == "resting"


def test_too_late_it_says_so_and_much_too_late_nothing(world: World) -> None:
    order_id = world.place("ann", "buy", 10, 9_000)
    world.settle()
    late, ancient = cancel_all(world, 1), cancel_all(world, 2)
    world.timer.advance(15_001)
    world.run(late)
    assert world.journal()[-1].failed == ((late.id, "late"),)
    world.timer.advance(SURE_MS)
    entries = len(world.journal())
    world.run(ancient)
    assert len(world.journal()) == entries
    assert world.status(order_id) == "resting"


def test_a_halted_market_refuses_it(world: World) -> None:
    order_id = world.place("ann", "buy", 10, 9_000)
    world.settle()
    command = cancel_all(world)
    world.run(halt(world), command)
    assert world.book().refused[command.id] == "market_halted"
    assert world.status(order_id) == "resting"
    world.timer.advance(2_000)
    with pytest.raises(MarketClosed):
        world.cancel_all("ann")


# --- the dead man's switch -----------------------------------------------------------------------


def test_all_orders_end_when_the_switch_is_not_set_anew(world: World) -> None:
    orders = [world.place("ann", "buy", 10, 9_000), world.place("ann", "sell", 10, 11_000)]
    others = world.place("ben", "buy", 10, 9_000)
    world.cancel_all_after("ann", 30_000)
    world.settle()
    world.timer.advance(29_000)
    world.tick()
    assert ends(world, orders) == {("pending", "")}
    world.timer.advance(1_000)
    world.tick()
    assert ends(world, orders) == {("canceled", "cancel_all_after")}
    assert (world.status(others), world.held("ann")) == ("resting", {})
    assert kinds(world.journal())[-3:] == ["OrderCanceled", "OrderCanceled", "CancelAllTimerSet"]
    assert dict(world.book().book.timers) == {}


def test_setting_it_anew_puts_it_off_and_nothing_turns_it_off(world: World) -> None:
    order_id = world.place("ann", "buy", 10, 9_000)
    world.cancel_all_after("ann", 30_000)
    world.settle()
    world.timer.advance(20_000)
    world.cancel_all_after("ann", 30_000)
    world.settle()
    world.timer.advance(15_000)
    world.tick()
    assert world.status(order_id) == "resting"
    world.cancel_all_after("ann", 0)
    world.settle()
    world.timer.advance(60_000)
    world.tick()
    assert world.status(order_id) == "resting"
    assert world.book().book.next_due_ms is None


def test_it_goes_off_before_any_command_that_comes_after_its_time(world: World) -> None:
    """No Tick is needed where there is a command; and nobody trades with an order that had to end."""
    order_id = world.place("ann", "buy", 10, 9_000)
    world.cancel_all_after("ann", 30_000)
    world.settle()
    world.timer.advance(30_000)
    world.place("ben", "sell", 10, 9_000)
    world.settle()
    assert ends(world, [order_id]) == {("canceled", "cancel_all_after")}


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("landed", [False, True])
def test_it_ends_more_orders_than_a_step_holds_whoever_dies_on_the_way(
    world: World, step: int, landed: bool
) -> None:
    orders = many_orders(world)
    world.run(set_timer(world, world.timer.now_ms() + 30_000))
    world.timer.advance(30_000)
    world.store.faults.crash(when=nth(step, is_step), landed=landed)
    with pytest.raises(Crash):
        world.tick()
    world.restart()
    world.settle()
    world.tick()
    assert ends(world, orders) == {("canceled", "cancel_all_after")}
    assert dict(world.book().book.timers) == {}


def test_it_survives_a_snapshot_and_a_halt_and_goes_off_when_the_market_opens(world: World) -> None:
    order_id = world.place("ann", "buy", 10, 9_000)
    world.cancel_all_after("ann", 30_000)
    world.settle()
    world.run(halt(world))
    world.fold()
    world.restart()
    world.timer.advance(60_000)
    assert not world.tick()
    assert world.status(order_id) == "resting"
    world.open_market()
    assert ends(world, [order_id]) == {("canceled", "cancel_all_after")}


def test_a_switch_delivered_again_much_later_is_not_set_again(world: World) -> None:
    command = set_timer(world, world.timer.now_ms() + 30_000)
    world.run(command)
    world.timer.advance(30_000)
    world.tick()
    order_id = world.place("ann", "buy", 10, 9_000)
    world.settle()
    world.timer.advance(20 * 60_000)
    world.run(command)
    assert world.status(order_id) == "resting"
    assert dict(world.book().book.timers) == {}


def test_begun_and_delivered_again_much_later_it_leaves_alone_what_has_come_since(world: World) -> None:
    many_orders(world)
    command = cancel_all(world)
    world.store.faults.crash(when=nth(2, is_step))
    with pytest.raises(Crash):
        world.run(command)
    assert world.book().begun == command.id
    world.restart()
    world.timer.advance(SURE_MS + 15_001)
    left = world.book().book.open_count(UserId("ann"))
    world.run(command)
    assert world.book().book.open_count(UserId("ann")) == left > 0
