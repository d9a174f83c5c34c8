"""Does an order that is good till a time end then, also when nobody sends a command?"""

from unittest import mock

import pytest

from chalicelib import handlers
from chalicelib.errors import QueueUnavailable, StoreUnavailable
from chalicelib.flows.records.commands import Tick
from chalicelib.flows.upkeep.clock import RESEND_MS
from chalicelib.ids import CommandId, OrderId

from .crossing import COUNT, LOTS, PRICE, place_crossing, rest_makers
from .faults import ALWAYS, Crash, is_step, nth
from .test_halt import a_halt_amid_a_sweep, halt, repair, resume
from .world import KTA, World, kinds

LIFE_MS = 60_000


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")


def good_till(world: World, life_ms: int = LIFE_MS, price: int = 9_000, lots: int = 10) -> OrderId:
    expires_ms = world.timer.now_ms() + life_ms
    return world.place("ann", "buy", lots, price, "gtt", expires_ms=expires_ms)


def end_of(world: World, order_id: OrderId) -> tuple[str, str]:
    return world.status(order_id), world.record(order_id).reason


def ticks(world: World) -> list[CommandId]:
    return [command.id for _, command in world.queue.sent if isinstance(command, Tick)]


def test_in_a_quiet_market_a_tick_ends_it_and_its_hold_goes_back(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    world.timer.advance(LIFE_MS - 2)
    assert not world.tick()
    world.timer.advance(1)
    assert world.tick()
    assert end_of(world, order_id) == ("expired", "expired")
    assert world.held("ann") == {}
    assert not world.tick()


def test_any_command_that_comes_after_its_time_finds_it_gone(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    world.timer.advance(LIFE_MS)
    taker = world.place("ben", "sell", 10, 9_000)
    world.settle()
    assert end_of(world, order_id) == ("expired", "expired")
    assert world.status(taker) == "resting"


def test_one_that_has_expired_on_its_way_never_enters_the_book(world: World) -> None:
    order_id = good_till(world, 5_000)
    world.timer.advance(6_000)
    world.settle()
    assert end_of(world, order_id) == ("expired", "expired")
    assert kinds(world.journal()) == ["OrderRejected"]
    assert world.held("ann") == {}


def test_what_is_filled_before_stays_filled(world: World) -> None:
    order_id = good_till(world)
    world.place("ben", "sell", 4, 9_000)
    world.settle()
    world.timer.advance(LIFE_MS)
    world.tick()
    assert end_of(world, order_id) == ("expired", "expired")
    assert (world.record(order_id).filled, world.held("ann")) == (4, {})


def test_a_sleeping_stop_expires_too(world: World) -> None:
    expires_ms = world.timer.now_ms() + LIFE_MS
    order_id = world.place(
        "ann", "sell", 10, 9_000, "gtt", expires_ms=expires_ms, stop="loss", stop_price=9_100
    )
    world.settle()
    world.timer.advance(LIFE_MS)
    world.tick()
    assert end_of(world, order_id) == ("expired", "expired")
    assert world.held("ann") == {}


def test_more_than_a_step_holds_expire_in_some_steps_before_any_command(world: World) -> None:
    orders = [good_till(world, LIFE_MS, 8_000 + n) for n in range(130)]
    world.settle()
    before = len(world.journal())
    world.timer.advance(LIFE_MS)
    taker = world.place("ben", "sell", 1, 7_000)
    world.deliver()
    assert {end_of(world, order_id) for order_id in orders} == {("expired", "expired")}
    assert world.status(taker) == "resting"
    assert len(world.journal()) == before + 2


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("step", [1, 2])
def test_a_process_that_dies_while_they_expire_ends_each_once(world: World, step: int, landed: bool) -> None:
    orders = [good_till(world, LIFE_MS, 8_000 + n) for n in range(130)]
    world.settle()
    world.timer.advance(LIFE_MS)
    world.store.faults.crash(when=nth(step, is_step), landed=landed)
    with pytest.raises(Crash):
        world.tick()
    world.restart()
    world.settle()
    assert {end_of(world, order_id) for order_id in orders} == {("expired", "expired")}
    assert kinds(world.journal()).count("OrderCanceled") == len(orders)


def test_while_a_sweep_is_cut_nothing_expires(world: World) -> None:
    """Its last maker's time comes between two steps: it trades all the same."""
    makers = rest_makers(world, COUNT - 1)
    expires_ms = world.timer.now_ms() + 10_000
    last = world.place("ann", "sell", LOTS, PRICE + COUNT - 1, "gtt", expires_ms=expires_ms)
    world.settle()
    taker = place_crossing(world)
    world.store.faults.before(lambda: world.timer.advance(6_000), when=is_step, times=ALWAYS)
    world.settle()
    assert world.timer.now_ms() > expires_ms
    assert {world.status(each) for each in (*makers, last, taker)} == {"filled"}


def test_a_fill_or_kill_that_is_cut_is_filled_whole(world: World) -> None:
    """Though amid it a matcher dies, a maker's time comes and a cancel of a maker waits."""
    makers = rest_makers(world, COUNT - 1)
    expires_ms = world.timer.now_ms() + 10_000
    last = world.place("ann", "sell", LOTS, PRICE + COUNT - 1, "gtt", expires_ms=expires_ms)
    world.settle()
    world.fund("taker")
    taker = world.place("taker", "buy", COUNT * LOTS, PRICE + COUNT - 1, "fok")
    world.cancel(world.record(makers[-2]).user, makers[-2])
    world.store.faults.crash(when=nth(2, is_step))
    with pytest.raises(Crash):
        world.deliver()
    world.restart()
    world.timer.advance(20_000)
    world.queue.letters[KTA.id][0].visible_ms = 0
    world.settle()
    assert {world.status(each) for each in (*makers, last, taker)} == {"filled"}


def test_in_a_halted_market_nothing_expires_and_no_tick_is_sent(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    world.run(halt(world))
    world.timer.advance(LIFE_MS)
    assert not world.tick()
    world.run(Tick(CommandId("t-stray")))
    assert world.record(order_id).status == "pending"
    world.run(resume(world))
    assert end_of(world, order_id) == ("expired", "expired")


def test_after_a_halt_amid_a_sweep_the_sweep_goes_first_and_then_what_is_due(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    makers, taker = a_halt_amid_a_sweep(world)
    world.timer.advance(LIFE_MS)
    repair(world, makers[40])
    world.run(resume(world))
    assert world.status(taker) == "filled"
    assert end_of(world, order_id) == ("expired", "expired")
    assert kinds(world.journal())[-1] == "OrderCanceled"


class Minute:
    """The second argument of a handler that may run for a minute."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def watch_clock(world: World) -> None:
    """The scheduled function, for as long as it runs."""
    with mock.patch.object(handlers, "exchange", return_value=world.house):
        handlers.watch_clock(Minute())


# --- the clock -----------------------------------------------------------------------------------


def test_however_often_somebody_looks_few_ticks_are_sent(world: World) -> None:
    good_till(world)
    world.settle()
    world.timer.advance(LIFE_MS)
    for _ in range(15):
        world.house.clock.look(world.house.views[KTA.id])
        world.timer.advance(1_000)
    assert len(set(ticks(world))) == 15_000 // RESEND_MS + 1
    assert world.queue.waiting(KTA.id) == len(set(ticks(world)))
    world.settle()


def test_a_tick_that_was_lost_is_sent_again(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    world.timer.advance(LIFE_MS)
    world.house.clock.look(world.house.views[KTA.id])
    world.queue.letters[KTA.id].clear()
    assert world.status(order_id) == "resting"
    world.timer.advance(RESEND_MS)
    world.tick()
    assert end_of(world, order_id) == ("expired", "expired")


def test_a_tick_to_a_machine_whose_clock_is_slow_is_followed_by_another(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    slow = world.new_process(clock_off_by_ms=-3_000)
    world.timer.advance(LIFE_MS)
    world.house.clock.look(world.house.views[KTA.id])
    world.deliver(house=slow)
    assert world.status(order_id) == "resting"
    for _ in range(2):
        world.timer.advance(RESEND_MS)
        world.house.clock.look(world.house.views[KTA.id])
        world.deliver(house=slow)
    assert end_of(world, order_id) == ("expired", "expired")


def test_a_tick_where_nothing_is_due_writes_nothing(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    plans = len(world.store.plans)
    world.run(Tick(CommandId("t-early")))
    assert len(world.store.plans) == plans
    assert world.status(order_id) == "resting"


def test_a_market_that_can_not_be_looked_at_keeps_no_other_waiting(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    world.timer.advance(LIFE_MS)
    world.store.read_faults.fail(when=lambda key: key.pk == "USDX/USDT", times=ALWAYS)
    watch_clock(world)
    assert [name for name, _ in world.notebook.notes if name == "clock_failed"] == ["clock_failed"]
    assert world.notebook.alarmed == [], "it passes by itself"
    world.settle()
    assert end_of(world, order_id) == ("expired", "expired")


def test_the_clock_watches_until_its_time_ends(world: World) -> None:
    order_id = good_till(world, 30_000)
    world.settle()
    started_ms = world.timer.now_ms()
    watch_clock(world)
    assert 40_000 < world.timer.now_ms() - started_ms <= 60_000
    assert len(ticks(world)) >= 1
    world.settle()
    assert end_of(world, order_id) == ("expired", "expired")


def test_errors_of_store_and_queue_reach_whoever_asked_the_clock(world: World) -> None:
    good_till(world)
    world.settle()
    world.timer.advance(LIFE_MS)
    world.queue.lose()
    with pytest.raises(QueueUnavailable):
        world.tick()
    world.store.read_faults.fail()
    with pytest.raises(StoreUnavailable):
        world.tick()


def test_a_market_that_could_not_be_looked_at_once_is_looked_at_again_and_told_once(world: World) -> None:
    order_id = good_till(world)
    world.settle()
    world.timer.advance(LIFE_MS)
    world.store.read_faults.fail(when=lambda key: key.pk == "KTA/USDT", times=3)
    watch_clock(world)
    assert [name for name, _ in world.notebook.notes if name == "clock_failed"] == ["clock_failed"]
    assert world.notebook.alarmed == [], "it passes by itself"
    world.settle()
    assert end_of(world, order_id) == ("expired", "expired")
