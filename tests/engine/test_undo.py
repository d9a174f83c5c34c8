"""Is a book that was rolled back the book that was marked, in every respect?"""

import pytest
from hypothesis import given, settings

from chalicelib.engine.book import Book

from .commands import Command, Place
from .driving import Day, Engine
from .generating import NARROW, WIDE, Habits, command_lists, seeded_day
from .looking import Plain, whole_state

quick = settings(max_examples=40, deadline=None)


class Trying(Day):
    """A day that can be taken back with its book, as if its commands had never come."""

    def __init__(self) -> None:
        self.engine = Engine()
        super().__init__(self.engine)

    @property
    def state(self) -> Plain:
        return whole_state(self.engine.book)

    def mark(self) -> None:
        self.engine.book.mark()
        self.marked = {**self.__dict__, "placed": dict(self.placed)}

    def rollback(self) -> None:
        self.engine.book.rollback()
        self.__dict__.update({**self.marked, "placed": dict(self.marked["placed"])})


@quick
@given(command_lists, command_lists)
def test_rollback_restores_the_marked_book(kept: list[Command], dropped: list[Command]) -> None:
    day = Trying()
    day.give_all(kept)
    day.mark()
    marked = day.state
    day.give_all(dropped)
    day.rollback()
    assert day.state == marked


@quick
@given(command_lists, command_lists, command_lists)
def test_a_book_that_was_rolled_back_goes_on_as_if_nothing_had_been(
    kept: list[Command], dropped: list[Command], after: list[Command]
) -> None:
    tried, straight = Trying(), Trying()
    tried.give_all(kept)
    straight.give_all(kept)
    tried.mark()
    marked = tried.state
    tried.give_all(dropped)
    tried.rollback()
    assert tried.give_all(after) == straight.give_all(after)
    assert tried.state == straight.state
    tried.rollback()
    assert tried.state == marked


@quick
@given(command_lists, command_lists, command_lists)
def test_rollback_goes_to_the_last_mark_and_no_further(
    first: list[Command], second: list[Command], third: list[Command]
) -> None:
    day = Trying()
    day.mark()
    day.give_all(first + second)
    day.mark()
    marked = day.state
    day.give_all(third)
    day.rollback()
    day.rollback()
    assert day.state == marked


@pytest.mark.parametrize("habits", [NARROW, WIDE], ids=["crowded", "wide"])
@pytest.mark.parametrize("seed", range(3))
def test_many_short_trials_through_a_long_day_leave_no_trace(seed: int, habits: Habits) -> None:
    tried, straight = Trying(), Trying()
    commands = seeded_day(seed, 1_000, habits)
    for start in range(0, len(commands), 20):
        batch = commands[start : start + 20]
        tried.mark()
        before = tried.state
        tried.give_all(batch)
        tried.rollback()
        assert tried.state == before
        assert tried.give_all(batch) == straight.give_all(batch)
    assert tried.state == straight.state


def test_an_order_that_left_from_the_middle_of_a_queue_comes_back_to_the_middle() -> None:
    day = Trying()
    day.give_all([Place(user, "buy", 5, 2, "gtc") for user in ("ann", "ben", "cid", "dee", "eve")])
    day.mark()
    for number in (2, 1, 3):
        day.engine.cancel(f"order-{number}")
    day.give_all([Place("fay", "buy", 5, 1, "gtc"), Place("gus", "sell", 5, 4, "gtc")])
    assert [order.user for order in day.engine.book.resting()] == ["fay"]
    day.rollback()
    assert [order.user for order in day.engine.book.resting()] == ["ann", "ben", "cid", "dee", "eve"]


def test_who_joins_after_a_rollback_stands_behind_those_who_came_back() -> None:
    day = Trying()
    day.give_all([Place("ann", "buy", 5, 2, "gtc"), Place("ben", "buy", 5, 2, "gtc")])
    day.mark()
    day.engine.cancel("order-0")
    day.rollback()
    day.give(Place("cid", "buy", 5, 2, "gtc"))
    day.give(Place("dee", "sell", 5, 5, "gtc"))
    assert [fill.maker for fill in day.engine.log[-3:]] == ["ann", "ben", "cid"]


def test_without_a_mark_there_is_nothing_to_roll_back_to() -> None:
    with pytest.raises(RuntimeError):
        Book().rollback()
