"""Which states did an order go through, and when? From the journal, in true time."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from chalicelib.engine.events import (
    OrderArmed,
    OrderCanceled,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    OrderRested,
    OrderTriggered,
)
from chalicelib.flows.records.orders import Status, end_status
from chalicelib.ids import OrderId

from .facts import Facts


class Moment(NamedTuple):
    """From `at_us` on. The first one, before any entry, is `pending`. `terms`: price and quantity."""

    at_us: int
    status: Status
    filled: int
    terms: tuple[int, int]


Line = list[Moment]


def timelines(facts: Facts) -> dict[OrderId, Line]:
    lines = {order_id: [Moment(0, "pending", 0, terms)] for order_id, terms in _first_terms(facts)}
    for journal in facts.journals.values():
        for entry in journal:
            at_us = facts.entry_us(entry)
            for event in entry.events:
                for order_id, status, more in _changes(event):
                    line, last = lines[order_id], lines[order_id][-1]
                    filled = last.filled + more
                    line.append(Moment(at_us, status or _in_between(filled), filled, last.terms))
                for order_id, price, quantity in _new_terms(event):
                    last = lines[order_id][-1]
                    # An order that spends a budget has no quantity, whatever is taken off it.
                    terms = (price or last.terms[0], quantity if last.terms[1] else 0)
                    lines[order_id].append(last._replace(at_us=at_us, terms=terms))
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


def _new_terms(event: object) -> Iterator[tuple[OrderId, int, int]]:
    """Each order that it is about, its price (0: as it was) and its quantity."""
    match event:
        case OrderReduced():
            yield event.order_id, 0, event.quantity
        case OrderReplaced():
            yield event.order_id, event.price, event.quantity


def _first_terms(facts: Facts) -> Iterator[tuple[OrderId, tuple[int, int]]]:
    """As the order was sent; one that no queue had is as it was."""
    sent = {id: placed for market in facts.journals for id, placed in facts.placed(market).items()}
    for order_id, record in facts.orders.items():
        order = sent[order_id].order if order_id in sent else record
        yield order_id, (order.price, order.quantity)


def _in_between(filled: int) -> Status:
    """Of an order that is being matched, or whose sweep was cut: what its record says."""
    return "partially_filled" if filled else "pending"
