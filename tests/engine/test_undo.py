"""Is a book that was rolled back the book that was marked, in every respect?"""

import pytest
from hypothesis import given, settings

from chalicelib.engine.book import Book

from .driving import Command, Engine, Place, command_lists, give_all, seeded_day, whole_state

quick = settings(max_examples=50, deadline=None)


@quick
@given(command_lists, command_lists)
def test_rollback_restores_the_marked_book(kept: list[Command], dropped: list[Command]) -> None:
    engine = Engine()
    give_all(engine, kept)
    engine.book.mark()
    marked = whole_state(engine.book)
    give_all(engine, dropped, len(kept))
    engine.book.rollback()
    assert whole_state(engine.book) == marked


@quick
@given(command_lists, command_lists, command_lists)
def test_a_book_that_was_rolled_back_goes_on_as_if_nothing_had_been(
    kept: list[Command], dropped: list[Command], after: list[Command]
) -> None:
    tried, straight = Engine(), Engine()
    give_all(tried, kept)
    give_all(straight, kept)
    tried.book.mark()
    marked = whole_state(tried.book)
    give_all(tried, dropped, len(kept))
    tried.book.rollback()
    assert give_all(tried, after, len(kept)) == give_all(straight, after, len(kept))
    assert whole_state(tried.book) == whole_state(straight.book)
    tried.book.rollback()
    assert whole_state(tried.book) == marked


@quick
@given(command_lists, command_lists, command_lists)
def test_rollback_goes_to_the_last_mark_and_no_further(
    first: list[Command], second: list[Command], third: list[Command]
) -> None:
    engine = Engine()
    engine.book.mark()
    give_all(engine, first)
    give_all(engine, second, 100)
    engine.book.mark()
    marked = whole_state(engine.book)
    give_all(engine, third, 200)
    engine.book.rollback()
    engine.book.rollback()
    assert whole_state(engine.book) == marked


@pytest.mark.parametrize("seed", range(3))
def test_many_short_trials_through_a_long_day_leave_no_trace(seed: int) -> None:
    tried, straight = Engine(), Engine()
    day = seeded_day(seed, 2_000)
    for start in range(0, len(day), 20):
        batch = day[start : start + 20]
        tried.book.mark()
        give_all(tried, batch, start)
        tried.book.rollback()
        assert give_all(tried, batch, start) == give_all(straight, batch, start)
    assert whole_state(tried.book) == whole_state(straight.book)


def test_an_order_that_left_from_the_middle_of_a_queue_comes_back_to_the_middle() -> None:
    engine = Engine()
    give_all(engine, [Place(user, "buy", 5, 2, "gtc") for user in ("ann", "ben", "cid", "dee", "eve")])
    engine.book.mark()
    for number in (2, 1, 3):
        engine.cancel(f"order-{number}")
    give_all(engine, [Place("fay", "buy", 5, 1, "gtc"), Place("gus", "sell", 5, 4, "gtc")], 10)
    assert [order.user for order in engine.book.resting()] == ["fay"]
    engine.book.rollback()
    assert [order.user for order in engine.book.resting()] == ["ann", "ben", "cid", "dee", "eve"]


def test_without_a_mark_there_is_nothing_to_roll_back_to() -> None:
    with pytest.raises(RuntimeError):
        Book().rollback()
