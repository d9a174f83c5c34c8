"""What is told to one who wants all his orders to end, now or when he falls silent?"""

from collections.abc import Callable

import pytest

from chalicelib.errors import CexError, MarketClosed, OutcomeUnknown
from chalicelib.flows.intake.cancel_all import ACCEPT_MS
from chalicelib.flows.plan import WRITES_MAX
from chalicelib.flows.records.commands import SetMode, Tick
from chalicelib.ids import CommandId, OrderId

from .faults import Crash, is_step, nth
from .test_halt import halt
from .world import KTA, USDX, World

Ask = Callable[[World, int], object]


def ask_for_all(world: World, wait_ms: int) -> object:
    return world.cancel_all("ann", wait_ms=wait_ms)


def ask_for_the_switch(world: World, wait_ms: int) -> object:
    return world.cancel_all_after("ann", 60_000, wait_ms=wait_ms)


either = pytest.mark.parametrize("ask", [ask_for_all, ask_for_the_switch])


@pytest.fixture
def orders(world: World) -> list[OrderId]:
    """A bid, an ask and a stop of Ann's; Ben and another market have some too."""
    world.fund("ann", "ben")
    world.place("ben", "buy", 200, 8_000)
    world.place("ann", "buy", 200, 9_000, market=USDX)
    found = [
        world.place("ann", "buy", 200, 9_000),
        world.place("ann", "sell", 200, 11_000),
        world.place("ann", "sell", 200, 7_000, stop="loss", stop_price=7_500),
    ]
    world.settle(KTA, USDX)
    return found


def statuses(world: World, orders: list[OrderId]) -> set[str]:
    return {world.status(order_id) for order_id in orders}


def test_one_who_waits_is_told_which_orders_ended(world: World, orders: list[OrderId]) -> None:
    world.timer.meanwhile = world.deliver
    report = world.cancel_all("ann", wait_ms=2_000)
    assert (report.is_done, report.ended) == (True, orders)
    assert statuses(world, orders) == {"canceled"}
    assert len(list(world.book().book.resting())) == 1
    assert world.book(USDX).book.open_count(world.record(orders[0]).user) == 1


def test_of_one_side_only_its_orders_are_told(world: World, orders: list[OrderId]) -> None:
    world.timer.meanwhile = world.deliver
    assert world.cancel_all("ann", "sell", wait_ms=2_000).ended == orders[1:]
    assert world.status(orders[0]) == "resting"


def test_an_order_on_its_way_to_the_book_ends_too(world: World, orders: list[OrderId]) -> None:
    late = world.place("ann", "buy", 200, 9_500)
    world.timer.meanwhile = world.deliver
    assert world.cancel_all("ann", wait_ms=2_000).is_done
    assert statuses(world, [*orders, late]) == {"canceled"}


def test_a_request_that_waited_too_short_says_that_it_is_not_done(
    world: World, orders: list[OrderId]
) -> None:
    assert world.cancel_all("ann") == (False, [], None)
    world.settle()


def test_who_has_nothing_may_ask_too(world: World) -> None:
    world.timer.meanwhile = world.deliver
    assert world.cancel_all("ann", wait_ms=2_000) == (True, [], None)


def test_the_time_of_the_switch_is_told_and_is_what_the_book_keeps(
    world: World, orders: list[OrderId]
) -> None:
    world.timer.meanwhile = world.deliver
    report = world.cancel_all_after("ann", 60_000, wait_ms=2_000)
    assert report.is_done
    assert world.book().book.timers == {"ann": report.deadline_ms}
    assert world.cancel_all_after("ann", 0, wait_ms=2_000) == (True, 0)
    assert world.book().book.timers == {}


def test_a_switch_that_comes_after_its_own_time_goes_off_at_once(world: World, orders: list[OrderId]) -> None:
    """Who wanted to be out by then is out."""
    world.cancel_all_after("ann", 5_000)
    world.timer.advance(6_000)
    world.settle()
    world.run(Tick(CommandId("t-1")))
    assert statuses(world, orders) == {"canceled"}


@either
def test_what_came_too_late_is_told_to_the_one_who_still_waits(
    world: World, orders: list[OrderId], ask: Ask
) -> None:
    def much_later() -> None:
        world.timer.advance(ACCEPT_MS + 1)
        world.deliver()

    world.timer.meanwhile = much_later
    with pytest.raises(CexError) as refusal:
        ask(world, 10_000)
    assert refusal.value.code == "late"
    assert "canceled" not in statuses(world, orders)


@either
def test_one_whose_message_may_be_lost_says_so_and_can_be_sent_again(
    world: World, orders: list[OrderId], ask: Ask
) -> None:
    world.queue.lose()
    with pytest.raises(OutcomeUnknown) as unknown:
        ask(world, 0)
    assert unknown.value.id is None
    ask(world, 0)
    world.settle()


@either
def test_a_halted_market_takes_neither(world: World, orders: list[OrderId], ask: Ask) -> None:
    world.run(SetMode(CommandId("halt"), "halted", "a test", world.timer.now_ms() + 1_000))
    world.restart()
    with pytest.raises(MarketClosed) as closed:
        ask(world, 0)
    assert (closed.value.code, closed.value.field) == ("market_halted", "market")


def test_one_that_a_halt_cuts_in_two_tells_what_has_ended_and_why_it_ended_there(world: World) -> None:
    world.fund("ann")
    orders = [world.place("ann", "buy", 1, 8_000 + n) for n in range(WRITES_MAX + 20)]
    world.settle()

    def killed_and_halted() -> None:
        world.store.faults.crash(when=nth(2, is_step))
        with pytest.raises(Crash):
            world.deliver()
        world.run(halt(world))
        world.queue.letters[KTA.id][0].visible_ms = 0
        world.settle()

    world.timer.meanwhile = killed_and_halted
    report = world.cancel_all("ann", wait_ms=2_000)
    assert (report.is_done, report.refused) == (False, "market_halted")
    assert 0 < len(report.ended) < len(orders)
    assert statuses(world, report.ended) == {"canceled"}
    assert statuses(world, orders[len(report.ended) :]) == {"resting"}
