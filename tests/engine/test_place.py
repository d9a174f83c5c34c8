"""Does what is done at once do what its events say, and are they told before it is done?"""

import pytest
from hypothesis import given, settings

from chalicelib.engine.book import Book
from chalicelib.engine.events import CancelReason, Event, OrderCanceled, OrderFilled
from chalicelib.engine.matching import Witness
from chalicelib.engine.order import LimitOrder
from chalicelib.errors import BookCorrupt
from chalicelib.ids import OrderId, UserId

from .books import cut_book, sleeper, taker, three_asks
from .commands import ENOUGH, Command
from .driving import Day, Engine
from .generating import NARROW, command_lists, seeded_day
from .looking import Plain, plain_event, whole_state

quick = settings(max_examples=40, deadline=None)


class AtOnce(Engine):
    """Places and cancels at once, where `Engine` decides and then applies the events."""

    def place(self, order: Plain, fills_max: int, avoid: str | None) -> list[Plain]:
        told: list[Event] = []
        user = UserId(avoid) if avoid else None
        events = self.book.place(LimitOrder(*order), fills_max, user, witness=self.witness(told))
        assert told == events
        return self.keep(events)

    def cancel(self, order_id: str, reason: CancelReason = "requested") -> list[Plain]:
        told: list[Event] = []
        event = self.book.cancel(OrderId(order_id), reason, self.witness(told))
        assert told == ([] if event is None else [event])
        return self.keep(told)

    def witness(self, told: list[Event]) -> Witness:
        def hear(event: Event) -> None:
            assert event.seq == self.book.next_seq
            if isinstance(event, OrderFilled):
                assert self.book.orders[event.maker_id].remaining == event.maker_remaining + event.quantity
            told.append(event)

        return hear

    def keep(self, events: list[Event]) -> list[Plain]:
        self.log += events
        return [plain_event(event) for event in events]


def same_events_same_book(commands: list[Command]) -> None:
    at_once, applied = AtOnce(), Engine()
    one, other = Day(at_once), Day(applied)
    for command in commands:
        assert one.give(command) == other.give(command)
        assert whole_state(at_once.book) == whole_state(applied.book)


@quick
@given(command_lists)
def test_what_is_done_at_once_leaves_the_book_that_its_events_make(commands: list[Command]) -> None:
    same_events_same_book(commands)


@pytest.mark.parametrize("seed", range(4))
def test_through_a_crowded_day_what_is_done_at_once_leaves_the_book_that_its_events_make(seed: int) -> None:
    same_events_same_book(seeded_day(300 + seed, 300, NARROW))


@quick
@given(command_lists, command_lists)
def test_what_was_done_at_once_is_taken_back_without_a_trace(
    kept: list[Command], dropped: list[Command]
) -> None:
    engine = AtOnce()
    day = Day(engine)
    day.give_all(kept)
    engine.book.mark()
    marked = whole_state(engine.book)
    day.give_all(dropped)
    engine.book.rollback()
    assert whole_state(engine.book) == marked


@pytest.mark.parametrize(("fills_max", "avoid"), [(0, None), (ENOUGH, "ann")])
def test_an_order_that_waits_elsewhere_is_left_there_if_nothing_of_it_can_be_done(
    fills_max: int, avoid: UserId | None
) -> None:
    book = three_asks()
    before = whole_state(book)
    for order in (taker(12), taker(0, "ioc")._replace(budget=999)):
        assert book.place(order, fills_max, avoid, waits=True) == []
    assert whole_state(book) == before


def test_an_order_that_waits_elsewhere_comes_if_its_first_trade_can_be_made() -> None:
    events = three_asks().place(taker(12), 1, waits=True)
    assert [type(event).__name__ for event in events] == ["OrderFilled", "OrderContinues"]


def test_an_order_that_sleeps_can_be_canceled() -> None:
    book = three_asks()
    book.apply(book.arm(sleeper(), "loss", 90))
    assert book.cancel("s1", "requested") == OrderCanceled(5, "s1", "ann", "sell", 5, 5, "requested")
    assert book.cancel("s1", "requested") is None


@pytest.mark.parametrize("order_id", ["a2", "s1"])
def test_an_order_that_is_open_already_can_not_come_again(order_id: str) -> None:
    book = three_asks()
    book.apply(book.arm(sleeper(), "loss", 90))
    before = whole_state(book)
    with pytest.raises(BookCorrupt):
        book.place(LimitOrder(OrderId(order_id), UserId("ben"), "sell", 105, 5, 5, "gtc"), ENOUGH)
    assert whole_state(book) == before


def test_nobody_comes_or_is_canceled_amid_the_sweep_of_another() -> None:
    book: Book = cut_book()
    before = whole_state(book)
    with pytest.raises(BookCorrupt):
        book.place(LimitOrder(OrderId("b1"), UserId("eve"), "buy", 99, 1, 1, "gtc"), ENOUGH)
    with pytest.raises(BookCorrupt):
        book.cancel(OrderId("a3"), "requested")
    assert whole_state(book) == before
