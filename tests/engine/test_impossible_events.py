"""Which events does a book refuse to believe? Then it is left as it was."""

import pytest

from chalicelib.engine.book import Book
from chalicelib.engine.events import (
    CancelAllTimerSet,
    Event,
    OrderArmed,
    OrderCanceled,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    OrderTriggered,
    ReplaceRefused,
    TradePrevented,
)
from chalicelib.errors import BookCorrupt

from .books import cut_book, halted_amid_a_sweep, rested, sleeper, three_asks
from .looking import whole_state


def refuses(book: Book, event: Event) -> None:
    before = whole_state(book)
    with pytest.raises(BookCorrupt):
        book.apply(event)
    assert whole_state(book) == before


AMID_A_SWEEP: dict[str, Event] = {
    "a number too high": rested(7, "b1", "dee", "buy", 99, 1),
    "a number that is used": rested(5, "b1", "dee", "buy", 99, 1),
    "a maker that does not rest": OrderFilled(6, 2, "a1", "ann", "taker", "dee", "buy", 101, 5, 0, 2, 0),
    "a maker with another quantity": OrderFilled(6, 2, "a2", "ben", "taker", "dee", "buy", 101, 5, 1, 2, 0),
    "a trade number that is used": OrderFilled(6, 1, "a2", "ben", "taker", "dee", "buy", 101, 5, 0, 2, 0),
    "another order": rested(6, "b1", "dee", "buy", 99, 1),
    "another taker": OrderFilled(6, 2, "a2", "ben", "b1", "dee", "buy", 101, 5, 0, 2, 0),
    "a cancel": OrderCanceled(6, "a3", "cid", "sell", 5, 5, "requested"),
    "a stop": OrderArmed(6, sleeper(), "loss", 90),
    "a timer": CancelAllTimerSet(6, "ben", 0),
    "a refused replace": ReplaceRefused(6, "a2", "ben", "sell", "r-1", 3, "order_not_open"),
}


@pytest.mark.parametrize("event", AMID_A_SWEEP.values(), ids=AMID_A_SWEEP.keys())
def test_an_event_that_can_not_come_amid_a_sweep_is_refused_and_changes_nothing(event: Event) -> None:
    refuses(cut_book(), event)


AT_ANY_TIME: dict[str, Event] = {
    "an order that rests already": rested(5, "a2", "ben", "sell", 101, 5),
    "an order that sleeps already": rested(5, "s1", "ann", "sell", 99, 5),
    "a stop that rests already": OrderArmed(5, sleeper("a2"), "loss", 90),
    "a stop that sleeps already": OrderArmed(5, sleeper(), "loss", 90),
    "a cancel of another remainder": OrderCanceled(5, "a2", "ben", "sell", 4, 4, "requested"),
    "a stop that does not sleep": OrderTriggered(5, "a2"),
    "a prevented trade with a stop": TradePrevented(5, "s1", "b1", "ann", "buy", 99, 5, "cn"),
    "a prevented trade of two users": TradePrevented(5, "a2", "b1", "ann", "buy", 101, 5, "cn"),
    "a prevented trade that is too large": TradePrevented(5, "a2", "b1", "ben", "buy", 101, 6, "cn"),
    "a reduction of nothing": OrderReduced(5, "a9", "ann", "sell", 3, 3, 2, "requested"),
    "a reduction that fills": OrderReduced(5, "a2", "ben", "sell", 4, 3, 2, "requested"),
    "a reduction to nothing": OrderReduced(5, "a2", "ben", "sell", 0, 0, 5, "requested"),
    "a reduction that adds": OrderReduced(5, "a2", "ben", "sell", 6, 6, 0, "requested"),
    "a stop's reduction that fills": OrderReduced(5, "s1", "ann", "sell", 4, 3, 2, "requested"),
    "a replace of nothing": OrderReplaced(5, "a9", "ann", "sell", 99, 3, 3, 2),
    "a replace of a stop": OrderReplaced(5, "s1", "ann", "sell", 99, 3, 3, 2),
    "a replace that fills": OrderReplaced(5, "a2", "ben", "sell", 99, 9, 8, 2),
}


@pytest.mark.parametrize("event", AT_ANY_TIME.values(), ids=AT_ANY_TIME.keys())
def test_an_event_that_can_not_have_happened_is_refused_and_changes_nothing(event: Event) -> None:
    book = three_asks()
    book.apply(book.arm(sleeper(), "loss", 90))
    refuses(book, event)


TURNED_AWAY: dict[str, Event] = {
    "an order": OrderRejected(7, "b1", "dee", "buy", 5, 505, "market_halted"),
    "an order canceled unseen": OrderCanceled(7, "b1", "dee", "buy", 5, 505, "requested"),
    "a replace": ReplaceRefused(7, "a2", "ben", "sell", "r-1", 3, "market_halted"),
    "a timer": CancelAllTimerSet(7, "ben", 0),
}


@pytest.mark.parametrize("event", TURNED_AWAY.values(), ids=TURNED_AWAY.keys())
def test_a_halted_market_turns_away_while_a_sweep_waits(event: Event) -> None:
    book = halted_amid_a_sweep()
    unfinished = book.unfinished
    book.apply(event)
    assert book.unfinished == unfinished


def test_even_a_halted_market_lets_nothing_rest_and_nobody_go_while_a_sweep_waits() -> None:
    refuses(halted_amid_a_sweep(), OrderCanceled(7, "a3", "cid", "sell", 5, 5, "requested"))
    refuses(halted_amid_a_sweep(), rested(7, "b1", "dee", "buy", 99, 1))
