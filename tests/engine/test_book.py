"""What does a book answer at its edges?"""

import pytest

from chalicelib.engine.book import Book
from chalicelib.engine.events import (
    ModeChanged,
    OrderCanceled,
    OrderContinues,
    OrderFilled,
    OrderRejected,
    OrderRested,
    OrderTriggered,
    ReplaceRefused,
    TradePrevented,
)
from chalicelib.engine.order import LimitOrder, StopOrder
from chalicelib.ids import CommandId

from .books import cut_book, halted_amid_a_sweep, rested, sleeper, taker, three_asks
from .commands import ENOUGH, FREE
from .looking import restored, whole_state


def test_an_order_that_is_not_open_can_not_be_canceled() -> None:
    assert three_asks().cancellation("a9", "requested") is None


def test_a_cancel_names_what_is_left_and_what_was_held_for_it() -> None:
    book = cut_book()
    assert book.cancellation("a2", "requested") == OrderCanceled(6, "a2", "ben", "sell", 5, 5, "requested")
    bids = three_asks()
    bids.apply(rested(4, "b1", "dee", "buy", 99, 3))
    assert bids.cancellation("b1", "cancel_all") == OrderCanceled(5, "b1", "dee", "buy", 3, 297, "cancel_all")


def test_depth_gives_the_best_levels_first_and_no_more_than_asked() -> None:
    book = three_asks()
    assert book.depth("sell", 1) == [(101, 10, 2)]
    assert book.depth("sell", 9) == [(101, 10, 2), (102, 5, 1)]
    assert book.depth("sell", 0) == book.depth("buy", 9) == []


def test_without_room_for_a_fill_an_order_that_would_trade_only_continues() -> None:
    assert three_asks().decide(taker(12), 0) == [OrderContinues(4, taker(12))]


def test_without_room_for_a_fill_an_order_that_trades_with_nobody_still_rests() -> None:
    (event,) = three_asks().decide(taker(12, price=100), 0)
    assert isinstance(event, OrderRested)


def test_an_avoided_first_maker_leaves_the_order_to_continue() -> None:
    order = taker(12, "ioc")
    assert three_asks().decide(order, ENOUGH, avoid="ann") == [OrderContinues(4, order)]


def test_an_avoided_later_maker_cuts_the_sweep_before_him() -> None:
    fill, cut = three_asks().decide(taker(12), ENOUGH, avoid="ben")
    assert isinstance(fill, OrderFilled)
    assert (fill.maker, fill.taker_remaining) == ("ann", 7)
    assert cut == OrderContinues(5, taker(12)._replace(remaining=7))


def test_a_sweep_that_needs_no_more_fills_than_allowed_is_not_cut() -> None:
    events = three_asks().decide(taker(10), 2)
    assert [type(event) for event in events] == [OrderFilled, OrderFilled]


def test_a_prevented_trade_counts_as_a_fill_of_the_step() -> None:
    order = taker(12, user="ben")
    fill, cut = three_asks().decide(order, 1)
    assert isinstance(fill, OrderFilled)
    assert cut == OrderContinues(5, order._replace(remaining=7))


def test_an_own_order_is_met_even_if_its_owner_is_to_be_avoided() -> None:
    events = three_asks().decide(taker(12, user="ben"), 2, avoid="ben")
    assert [type(event) for event in events] == [OrderFilled, TradePrevented, OrderCanceled]


def test_a_postonly_order_that_would_cross_is_rejected_even_without_room_for_a_fill() -> None:
    assert three_asks().decide(taker(12, "postonly"), 0, avoid="ann") == [
        OrderRejected(4, "taker", "dee", "buy", 12, 1_236, "post_only_would_cross")
    ]


def test_a_fill_or_kill_order_that_was_cut_goes_on_though_less_is_left_than_it_asked_for() -> None:
    book = three_asks()
    for event in book.decide(taker(15, "fok"), 1):
        book.apply(event)
    assert book.unfinished is not None
    events = book.decide(book.unfinished, ENOUGH)
    assert [type(event) for event in events] == [OrderFilled, OrderFilled]


def test_a_budget_that_is_cut_remembers_what_it_bought_and_what_is_left() -> None:
    order = LimitOrder("taker", "dee", "buy", 103, 0, 0, "ioc", budget=1_000)
    fill, cut = three_asks().decide(order, 1)
    assert isinstance(fill, OrderFilled)
    assert cut == OrderContinues(5, order._replace(quantity=5, budget=495))


def test_a_cut_order_keeps_its_quantity_and_rests_with_it() -> None:
    book = cut_book(20)
    assert book.unfinished == taker(20)._replace(remaining=15)
    events = book.decide(book.unfinished, ENOUGH)
    for event in events:
        book.apply(event)
    assert book.unfinished is None
    assert events[-1] == OrderRested(8, "taker", "dee", "buy", 103, 20, 5, 0, 0)
    assert book.depth("buy", 9) == [(103, 5, 1)]


def test_a_resting_order_keeps_its_end_and_the_fee_rate_that_was_promised() -> None:
    book = three_asks()
    order = LimitOrder("b1", "dee", "buy", 99, 3, 3, "gtt", expires_ms=5_000, maker_ppm=20, taker_ppm=30)
    (event,) = book.decide(order, ENOUGH)
    book.apply(event)
    assert (book.orders["b1"].expires_ms, book.orders["b1"].maker_ppm) == (5_000, 20)


def test_a_halt_tells_why_and_an_open_market_is_not_halted() -> None:
    book = three_asks()
    book.apply(ModeChanged(4, "halted", "book and store disagree"))
    assert book.halted == "book and store disagree"
    book.apply(ModeChanged(5, "open", "checked"))
    assert book.halted is None
    assert (book.mode, book.mode_reason) == ("open", "checked")


def test_a_halt_does_not_forget_an_unfinished_sweep() -> None:
    book = cut_book()
    unfinished = book.unfinished
    book.apply(ModeChanged(6, "halted", "book and store disagree"))
    book.apply(ModeChanged(7, "open", "checked"))
    assert book.unfinished == unfinished


@pytest.mark.parametrize("reason", ["late", "unseen", "failed"])
def test_a_rejected_order_that_never_rested_only_takes_a_number(reason: str) -> None:
    book = three_asks()
    before = whole_state(book)
    book.apply(OrderRejected(4, "b1", "dee", "buy", 5, 505, reason))
    assert book.next_seq == 5
    book.next_seq = 4
    assert [*whole_state(book)] == [*before]


def test_a_failed_order_ends_its_own_unfinished_sweep() -> None:
    book = cut_book()
    book.apply(OrderRejected(6, "taker", "dee", "buy", 7, 721, "failed"))
    assert book.unfinished is None


def test_a_restored_book_shares_nothing_with_the_one_it_was_taken_from() -> None:
    book = three_asks()
    before = whole_state(book)
    copy = restored(book)
    for event in copy.decide(taker(12), ENOUGH):
        copy.apply(event)
    assert whole_state(book) == before


def test_an_order_is_known_while_it_rests_sleeps_or_is_unfinished_and_no_longer() -> None:
    book = cut_book()
    assert [book.knows(order_id) for order_id in ("taker", "a2", "a1", "s1")] == [True, True, False, False]
    assert book.find("taker") is None
    book.apply(OrderCanceled(6, "taker", "dee", "buy", 7, 721, "ioc_remainder"))
    book.apply(book.arm(sleeper(), "loss", 90))
    assert [book.knows(order_id) for order_id in ("taker", "s1")] == [False, True]
    assert book.find("s1") == StopOrder(sleeper(), "loss", 90, arrival=7)


def test_a_users_orders_come_by_arrival_those_that_sleep_among_those_that_rest() -> None:
    book = three_asks()
    book.apply(book.arm(sleeper(user="ann"), "loss", 90))
    book.apply(rested(5, "a5", "ann", "sell", 100, 1))
    assert [order.order_id for order in book.orders_of("ann")] == ["a1", "s1", "a5"]
    assert (book.open_count("ann"), book.open_count("ben"), book.open_count("eve")) == (3, 1, 0)


def test_a_woken_stop_is_unfinished_until_it_is_decided_on() -> None:
    book = cut_book(5)
    book.apply(book.arm(sleeper(user="eve"), "loss", 101))
    woken = book.triggered(FREE)
    assert woken == OrderTriggered(6, "s1")
    book.apply(woken)
    assert (book.unfinished, book.find("s1")) == (sleeper(user="eve"), None)
    assert book.triggered(FREE) is None


def test_a_fill_or_kill_order_that_has_begun_never_rests() -> None:
    begun = taker(12, "fok")._replace(remaining=3)
    (event,) = Book().decide(begun, ENOUGH)
    assert (type(event), event[-1]) == (OrderCanceled, "ioc_remainder")


def test_a_replace_of_an_order_whose_sweep_was_cut_hears_that_the_market_is_halted() -> None:
    book = halted_amid_a_sweep()
    answer = book.replace(taker(20), 1_000, CommandId("r-1"), FREE)
    assert isinstance(answer, ReplaceRefused)
    assert answer.reason == "market_halted"
