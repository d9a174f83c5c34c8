"""Does the engine do exactly what its slow, obvious twin does?"""

from collections import Counter
from typing import get_args

import pytest
from hypothesis import given, settings

from chalicelib.engine.book import Book
from chalicelib.engine.events import STORED_NAMES, CancelReason, RejectReason

from .driving import (
    ENOUGH,
    Command,
    Engine,
    Plain,
    command_lists,
    finish,
    give,
    queue,
    seeded_day,
    whole_state,
)
from .twin import Twin

EVERY_KIND = {
    *(name for name in STORED_NAMES if name not in ("canceled", "rejected")),
    *(f"canceled: {reason}" for reason in get_args(CancelReason)),
    *(f"rejected: {reason}" for reason in get_args(RejectReason)),
    "a cut sweep that came to its end",
}


def kinds_of(events: list[Plain]) -> list[str]:
    return [f"{e[0]}: {e[-1]}" if e[0] in ("canceled", "rejected") else e[0] for e in events]


def assert_same_book(book: Book, twin: Twin) -> None:
    assert queue(book) == twin.queue()
    assert set(book.orders) == {order["order_id"] for order in twin.waiting}
    assert (book.next_seq, book.next_trade_id) == (twin.next_seq, twin.next_trade_id)
    assert (book.last_price, book.halted) == (twin.last_price, twin.halted)
    assert book.unfinished == twin.unfinished
    for side in ("buy", "sell"):
        levels: dict[int, list[int]] = {}
        for order in (order for order in twin.queue() if order[3] == side):
            levels.setdefault(order[4], []).append(order[6])
        assert book.depth(side, ENOUGH) == [(price, sum(left), len(left)) for price, left in levels.items()]


def run_both(commands: list[Command], seen: Counter[str]) -> None:
    engine, twin = Engine(), Twin()
    for number, command in enumerate(commands):
        was_cut = engine.unfinished is not None
        events = give(engine, number, command)
        assert events == give(twin, number, command)
        assert_same_book(engine.book, twin)
        seen.update(kinds_of(events))
        seen["a cut sweep that came to its end"] += was_cut and engine.unfinished is None
    assert finish(engine) == finish(twin)
    assert_same_book(engine.book, twin)


def report(seen: Counter[str]) -> str:
    return "".join(f"\n{count:9,}  {kind}" for kind, count in sorted(seen.items()))


def test_engine_and_twin_agree_on_every_event_and_every_book_and_nothing_stays_untried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=250, deadline=None)
    @given(command_lists)
    def agree(commands: list[Command]) -> None:
        run_both(commands, seen)

    agree()
    with capsys.disabled():
        print("\nevents on which engine and twin agreed:" + report(seen))
    assert set(seen) == EVERY_KIND
    assert all(seen.values())


@pytest.mark.parametrize("seed", range(3))
def test_engine_and_twin_agree_through_a_long_day(seed: int) -> None:
    seen: Counter[str] = Counter()
    run_both(seeded_day(seed, 1_500), seen)
    assert seen["filled"] > 300


@settings(max_examples=40, deadline=None)
@given(command_lists)
def test_deciding_and_canceling_change_nothing(commands: list[Command]) -> None:
    engine = Engine()
    for number, command in enumerate(commands):
        before = whole_state(engine.book)
        give(Reading(engine.book), number, command)
        assert whole_state(engine.book) == before
        give(engine, number, command)


class Reading(Engine):
    """Asks the book and leaves it at that."""

    def _apply(self, events: list) -> list[Plain]:
        return []
