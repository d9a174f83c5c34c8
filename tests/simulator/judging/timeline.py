"""Which states did an order go through, and when? From the journal, in true time."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from chalicelib.engine.events import (
    OrderArmed,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderRested,
    OrderTriggered,
)
from chalicelib.flows.records.orders import Status, end_status
from chalicelib.ids import OrderId

from .facts import Facts


class Moment(NamedTuple):
    """From `at_us` on. The first one, before any entry, is `pending`."""

    at_us: int
    status: Status
    filled: int


Line = list[Moment]


def timelines(facts: Facts) -> dict[OrderId, Line]:
    lines = {order_id: [Moment(0, "pending", 0)] for order_id in facts.orders}
    for journal in facts.journals.values():
        for entry in journal:
            at_us = facts.entry_us(entry)
            for event in entry.events:
                for order_id, status, more in _changes(event):
                    line = lines.setdefault(order_id, [Moment(0, "pending", 0)])
                    filled = line[-1].filled + more
                    line.append(Moment(at_us, status or _in_between(filled), filled))
    return lines


def between(line: Line, first_us: int, last_us: int) -> Iterator[Moment]:
    """Every state that it was in at some moment from `first_us` to `last_us`.

    Of several events of one entry only the last makes a state that anybody could see.
    """
    seen = [here for here, then in pairwise(line) if then.at_us > here.at_us] + line[-1:]
    start = max(0, bisect_right([moment.at_us for moment in seen], first_us) - 1)
    return (moment for moment in seen[start:] if moment.at_us <= last_us)


def _changes(event: object) -> Iterator[tuple[OrderId, Status | None, int]]:
    """Each order that it is about, its status then (None: by what is filled), and the lots filled by it."""
    match event:
        case OrderFilled():
            yield event.maker_id, None if event.maker_remaining else "filled", event.quantity
            yield event.taker_id, None if event.taker_remaining else "filled", event.quantity
        case OrderRested():
            yield event.order_id, "partially_filled" if event.remaining < event.quantity else "resting", 0
        case OrderArmed():
            yield event.order.order_id, "armed", 0
        case OrderTriggered() | OrderReplaced():
            yield event.order_id, None, 0
        case OrderCanceled() | OrderRejected():
            yield event.order_id, end_status(event), 0


def _in_between(filled: int) -> Status:
    """Of an order that is being matched, or whose sweep was cut: what its record says."""
    return "partially_filled" if filled else "pending"
