"""Was everything done that time alone causes? By whoever said that he was through, and in the end.

A matcher that acknowledges a batch has first done what was due by its own clock, in the book as
it was when it began. That is all that a Tick is for: whoever acknowledges one by a book of an
hour ago ends nothing, and nobody hears of it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.engine.events import (
    CancelAllTimerSet,
    ModeChanged,
    OrderArmed,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderRested,
    OrderTriggered,
)
from chalicelib.flows.records.journal import JournalEntry
from tests.simulator.machine.aws import Acknowledged

from .facts import Facts
from .sequential import Sequential

NEVER_US = 1 << 62


class Deadline(NamedTuple):
    """Something that was to happen at `due_ms`, and stood in the book from one moment to another."""

    what: str
    due_ms: int
    from_us: int
    to_us: int = NEVER_US


def left_undone(facts: Facts, batches: list[Acknowledged]) -> Iterator[str]:
    for market, journal in facts.journals.items():
        deadlines, halts = _deadlines(facts, journal), _halts(facts, journal)
        for batch in (each for each in batches if each.market == market):
            if any(start_us <= batch.ended_us and batch.began_us <= end_us for start_us, end_us in halts):
                continue
            for deadline in deadlines:
                was_there = deadline.from_us < batch.began_us and batch.ended_us < deadline.to_us
                if was_there and deadline.due_ms <= batch.clock_ms:
                    yield f"{market}: {batch.bodies} were acknowledged, but {deadline} was left undone"


def due_in_the_end(sequential: Sequential, now_ms: int) -> Iterator[str]:
    """By the twin, which is led on: ask it nothing more."""
    twin = sequential.twin
    if twin.unfinished is not None:
        yield f"{twin.unfinished} never went on"
    yield from (f"{event} is still due" for event in twin.next_due(now_ms))


def _deadlines(facts: Facts, journal: list[JournalEntry]) -> list[Deadline]:
    past: list[Deadline] = []
    here: dict[str, Deadline] = {}
    for entry in journal:
        at_us = facts.entry_us(entry)
        for event in entry.events:
            for name in _gone(event):
                if name in here:
                    past.append(here.pop(name)._replace(to_us=at_us))
            for name, due_ms in _come(event):
                here[name] = Deadline(name, due_ms, at_us)
    return [*past, *here.values()]


def _come(event: object) -> Iterator[tuple[str, int]]:
    match event:
        case OrderRested(expires_ms=due_ms) if due_ms:
            yield event.order_id, due_ms
        case OrderArmed() if event.order.expires_ms:
            yield event.order.order_id, event.order.expires_ms
        case CancelAllTimerSet(deadline_ms=due_ms) if due_ms:
            yield f"the switch of {event.user}", due_ms


def _gone(event: object) -> Iterator[str]:
    match event:
        case OrderFilled(maker_remaining=0):
            yield event.maker_id
        case OrderCanceled() | OrderRejected() | OrderReplaced() | OrderTriggered():
            yield event.order_id
        case CancelAllTimerSet():
            yield f"the switch of {event.user}"


def _halts(facts: Facts, journal: list[JournalEntry]) -> list[tuple[int, int]]:
    """Times at which nothing was done in this market, from one moment to another."""
    halts: list[tuple[int, int]] = []
    since_us: int | None = None
    for entry in journal:
        for event in entry.events:
            if isinstance(event, ModeChanged):
                if since_us is not None:
                    halts.append((since_us, facts.entry_us(entry)))
                since_us = facts.entry_us(entry) if event.mode == "halted" else None
    return halts if since_us is None else [*halts, (since_us, NEVER_US)]
