"""Does the engine do exactly what its slow, obvious twin does?"""

from collections import Counter

import pytest
from hypothesis import given, settings

from chalicelib.engine.admission import Rules
from chalicelib.engine.book import Book
from chalicelib.engine.events import (
    STORED_NAMES,
    AmendRefusal,
    CancelReason,
    Event,
    ReduceReason,
    RejectReason,
)

from .commands import FREE, RULES, Command
from .driving import Day, Engine
from .generating import NARROW, USERS, command_lists, seeded_day
from .looking import Plain, asleep, orders_of, plain_event, queue, whole_state, words_of
from .twin import Twin

CROWDED_DAYS = 25
WITH_REASON = ("canceled", "rejected", "reduced", "replace_refused", "not reduced")
# Why a replace may be refused, but not by the book.
BY_THE_MATCHER = {"late", "unseen", "failed", "not_a_reduction"}


EVERY_KIND = {
    *(name for name in STORED_NAMES if name not in WITH_REASON),
    *(f"canceled: {reason}" for reason in words_of(CancelReason)),
    *(f"rejected: {reason}" for reason in words_of(RejectReason)),
    *(f"reduced: {reason}" for reason in words_of(ReduceReason)),
    *(
        f"replace_refused: {reason}"
        for reason in words_of(AmendRefusal) - {*BY_THE_MATCHER, "not_a_reduction"}
    ),
    *("not reduced: market_halted", "not reduced: order_not_open"),
    *("not reduced: not_a_reduction", "not reduced: quantity_already_filled"),
    *(f"prevented: {mode}" for mode in ("cn", "co", "cb", "dc")),
    "a cut sweep that came to its end",
}
EVERY_KIND.remove("prevented")


def kinds_of(events: list[Plain]) -> list[str]:
    return [f"{e[0]}: {e[-1]}" if e[0] in (*WITH_REASON, "prevented") else e[0] for e in events]


def assert_same_book(book: Book, twin: Twin) -> None:
    assert queue(book) == twin.queue()
    assert asleep(book) == twin.asleep()
    assert set(book.orders) == {order[1] for order in twin.queue()}
    for user in USERS:
        assert orders_of(book, user) == [each["order_id"] for each in twin.open if each["user"] == user]
    assert (book.timers, book.next_due_ms) == (twin.timers, twin.next_due_ms())
    assert (book.mode, book.mode_reason) == (twin.mode, twin.mode_reason)
    assert (book.last_price, book.reference) == (twin.last_price, twin.reference)
    assert (book.next_seq, book.next_trade_id) == (twin.next_seq, twin.next_trade_id)
    assert (book.unfinished and tuple(book.unfinished)) == twin.unfinished


def run_both(commands: list[Command], seen: Counter[str], rules: Rules = RULES) -> None:
    engine, twin = Engine(), Twin()
    fast, slow = Day(engine, rules), Day(twin, rules)
    for command in commands:
        was_cut = engine.unfinished is not None
        events = fast.give(command)
        assert events == slow.give(command)
        assert_same_book(engine.book, twin)
        seen.update(kinds_of(events))
        seen["a cut sweep that came to its end"] += was_cut and engine.unfinished is None
    assert fast.finish() == slow.finish()
    assert_same_book(engine.book, twin)


@settings(max_examples=120, deadline=None)
@given(command_lists)
def test_engine_and_twin_agree_on_every_event_and_every_book(commands: list[Command]) -> None:
    run_both(commands, Counter())


def test_engine_and_twin_agree_through_crowded_days_in_which_nothing_stays_untried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: Counter[str] = Counter()
    for seed in range(CROWDED_DAYS):
        run_both(seeded_day(seed, 400, NARROW), seen)
    with capsys.disabled():
        print("\nevents on which engine and twin agreed:" + report(seen))
    assert set(seen) == EVERY_KIND
    assert all(seen.values())


def report(seen: Counter[str]) -> str:
    return "".join(f"\n{count:9,}  {kind}" for kind, count in sorted(seen.items()))


@pytest.mark.parametrize("seed", range(3))
def test_engine_and_twin_agree_through_a_long_day(seed: int) -> None:
    seen: Counter[str] = Counter()
    run_both(seeded_day(seed, 1_500), seen, FREE)
    assert seen["filled"] > 300


@settings(max_examples=40, deadline=None)
@given(command_lists)
def test_asking_changes_nothing(commands: list[Command]) -> None:
    engine = Engine()
    day = Day(engine)
    for command in commands:
        before = whole_state(engine.book)
        asking = Day(Asking(engine.book))
        asking.__dict__.update({**day.__dict__, "market": asking.market, "placed": dict(day.placed)})
        asking.obey(day.count, command)
        assert whole_state(engine.book) == before
        day.give(command)


class Asking(Engine):
    """Asks the book and leaves it at that."""

    def _apply(self, *events: Event | None) -> list[Plain]:
        return [plain_event(event) for event in events if event is not None]
