"""What does a book answer at its edges, and which events does it refuse to believe?"""

import pytest

from chalicelib.engine.book import Book
from chalicelib.engine.events import (
    Event,
    MarketHalted,
    MarketResumed,
    OrderCanceled,
    OrderContinues,
    OrderFilled,
    OrderRejected,
    OrderRested,
)
from chalicelib.engine.order import LimitOrder, Side, TimeInForce
from chalicelib.errors import BookCorrupt

from .driving import ENOUGH, whole_state


def rested(seq: int, order_id: str, user: str, side: Side, price: int, quantity: int) -> OrderRested:
    return OrderRested(seq, order_id, user, side, price, quantity, quantity)


def taker(quantity: int, tif: TimeInForce = "gtc", user: str = "dee", price: int = 103) -> LimitOrder:
    return LimitOrder("taker", user, "buy", price, quantity, quantity, tif)


def three_asks() -> Book:
    """ann 5 at 101, ben 5 at 101, cid 5 at 102."""
    book = Book()
    book.apply(rested(1, "a1", "ann", "sell", 101, 5))
    book.apply(rested(2, "a2", "ben", "sell", 101, 5))
    book.apply(rested(3, "a3", "cid", "sell", 102, 5))
    return book


def cut_book(quantity: int = 12) -> Book:
    """three_asks after one fill of a taker that goes on."""
    book = three_asks()
    for event in book.decide(taker(quantity), 1):
        book.apply(event)
    return book


def test_an_order_that_does_not_rest_can_not_be_canceled() -> None:
    assert three_asks().cancel("a9", "requested") is None


def test_a_cancel_names_what_is_left() -> None:
    book = cut_book()
    assert book.cancel("a2", "requested") == OrderCanceled(6, "a2", "ben", "sell", 101, 5, "requested")


def test_depth_gives_the_best_levels_first_and_no_more_than_asked() -> None:
    book = three_asks()
    assert book.depth("sell", 1) == [(101, 10, 2)]
    assert book.depth("sell", 9) == [(101, 10, 2), (102, 5, 1)]
    assert book.depth("sell", 0) == book.depth("buy", 9) == []


def test_without_room_for_a_fill_an_order_that_would_trade_only_continues() -> None:
    assert three_asks().decide(taker(12), 0) == [OrderContinues(4, "taker", "dee", "buy", 103, 12, 12, "gtc")]


def test_without_room_for_a_fill_an_order_that_trades_with_nobody_still_rests() -> None:
    (event,) = three_asks().decide(taker(12, price=100), 0)
    assert isinstance(event, OrderRested)


def test_an_avoided_first_maker_leaves_the_order_to_continue() -> None:
    assert three_asks().decide(taker(12, "ioc"), ENOUGH, avoid="ann") == [
        OrderContinues(4, "taker", "dee", "buy", 103, 12, 12, "ioc")
    ]


def test_an_avoided_later_maker_cuts_the_sweep_before_him() -> None:
    fill, cut = three_asks().decide(taker(12), ENOUGH, avoid="ben")
    assert isinstance(fill, OrderFilled)
    assert (fill.maker, fill.taker_remaining) == ("ann", 7)
    assert cut == OrderContinues(5, "taker", "dee", "buy", 103, 12, 7, "gtc")


def test_a_sweep_that_needs_no_more_fills_than_allowed_is_not_cut() -> None:
    events = three_asks().decide(taker(10), 2)
    assert [type(event) for event in events] == [OrderFilled, OrderFilled]


def test_with_no_fill_left_an_own_order_still_ends_the_sweep() -> None:
    fill, end = three_asks().decide(taker(12, user="ben"), 1)
    assert isinstance(fill, OrderFilled)
    assert end == OrderCanceled(5, "taker", "ben", "buy", 103, 7, "self_trade")


def test_a_postonly_order_that_would_cross_is_rejected_even_without_room_for_a_fill() -> None:
    assert three_asks().decide(taker(12, "postonly"), 0, avoid="ann") == [
        OrderRejected(4, "taker", "dee", "buy", 103, 12, "post_only_would_cross")
    ]


def test_a_cut_order_keeps_its_quantity_and_rests_with_it() -> None:
    book = cut_book(20)
    assert book.unfinished == LimitOrder("taker", "dee", "buy", 103, 20, 15, "gtc")
    events = book.decide(book.unfinished, ENOUGH)
    for event in events:
        book.apply(event)
    assert book.unfinished is None
    assert events[-1] == OrderRested(8, "taker", "dee", "buy", 103, 20, 5)
    assert book.depth("buy", 9) == [(103, 5, 1)]


def test_a_halt_tells_why_and_a_resume_ends_it() -> None:
    book = three_asks()
    book.apply(MarketHalted(4, "book and store disagree"))
    assert book.halted == "book and store disagree"
    book.apply(MarketResumed(5, "checked"))
    assert book.halted is None


def test_a_halt_does_not_forget_an_unfinished_sweep() -> None:
    book = cut_book()
    unfinished = book.unfinished
    book.apply(MarketHalted(6, "book and store disagree"))
    book.apply(MarketResumed(7, "checked"))
    assert book.unfinished == unfinished


@pytest.mark.parametrize("reason", ["late", "unseen", "failed"])
def test_a_rejected_order_that_never_rested_only_takes_a_number(reason: str) -> None:
    book = three_asks()
    before = whole_state(book)
    book.apply(OrderRejected(4, "b1", "dee", "buy", 101, 5, reason))
    after = whole_state(book)
    assert book.next_seq == 5
    assert after[:4] + after[5:] == before[:4] + before[5:]


def test_a_failed_order_ends_its_own_unfinished_sweep() -> None:
    book = cut_book()
    book.apply(OrderRejected(6, "taker", "dee", "buy", 103, 7, "failed"))
    assert book.unfinished is None


def test_a_restored_book_shares_nothing_with_the_one_it_was_taken_from() -> None:
    book = three_asks()
    before = whole_state(book)
    copy = Book.restore(
        book.resting(), next_seq=4, next_trade_id=1, last_price=None, halted=None, unfinished=None
    )
    for event in copy.decide(taker(12), ENOUGH):
        copy.apply(event)
    assert whole_state(book) == before


IMPOSSIBLE: dict[str, Event] = {
    "a number too high": rested(7, "b1", "dee", "buy", 99, 1),
    "a number that is used": rested(5, "b1", "dee", "buy", 99, 1),
    "an order that rests already": rested(6, "a2", "ben", "sell", 101, 5),
    "a maker that does not rest": OrderFilled(6, 2, "a1", "ann", "taker", "dee", "buy", 101, 5, 0, 2),
    "a maker with another quantity": OrderFilled(6, 2, "a2", "ben", "taker", "dee", "buy", 101, 5, 1, 2),
    "a trade number that is used": OrderFilled(6, 1, "a2", "ben", "taker", "dee", "buy", 101, 5, 0, 2),
    "another order amid a sweep": rested(6, "b1", "dee", "buy", 99, 1),
    "another taker amid a sweep": OrderFilled(6, 2, "a2", "ben", "b1", "dee", "buy", 101, 5, 0, 2),
    "a cancel amid a sweep": OrderCanceled(6, "a3", "cid", "sell", 102, 5, "requested"),
}


@pytest.mark.parametrize("event", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_event_that_can_not_have_happened_is_refused_and_changes_nothing(event: Event) -> None:
    book = cut_book()
    before = whole_state(book)
    with pytest.raises(BookCorrupt):
        book.apply(event)
    assert whole_state(book) == before


def test_an_order_that_rests_already_is_refused_when_nothing_is_unfinished_too() -> None:
    with pytest.raises(BookCorrupt, match="a2 rests already"):
        three_asks().apply(rested(4, "a2", "ben", "sell", 101, 5))
