"""In which state is an order, by its record and by the book together?"""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from chalicelib.errors import BookCorrupt, StoreError
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.ports import OrderKey, OrderReader
from chalicelib.flows.records.orders import OrderRecord, Status
from chalicelib.ids import MarketId, OrderId, UserId


class OrderState(NamedTuple):
    """`record` as stored; `status` and `filled` (lots) as the book knows them now."""

    record: OrderRecord
    status: Status
    filled: int


def state_of(view: MarketView, orders: OrderReader, user: UserId, order_id: OrderId) -> OrderState | None:
    """None when this user has no such order.

    The book first, then the record: so an end that falls between the two reads is seen.
    """
    with view.current() as replica:
        filled = filled_in_book(replica, order_id)
    record = orders.get(user, order_id)
    return record and state(record, filled)


def filled_in_book(replica: Replica, order_id: OrderId) -> int | None:
    """Lots of a resting order that were filled; None when it does not rest."""
    resting = replica.book.orders.get(order_id)
    return resting.quantity - resting.remaining if resting else None


def known_state(view: MarketView, orders: OrderReader, record: OrderRecord) -> OrderState:
    """The same of an order that is there; at the least, what was read of it before."""
    with suppress(StoreError, BookCorrupt):
        return state_of(view, orders, record.user, record.id) or state(record, None)
    return state(record, None)


def states_of(
    views: Mapping[MarketId, MarketView], orders: OrderReader, keys: list[OrderKey]
) -> list[OrderState]:
    """The same for many orders, with one look at each book that may hold one of them.

    Open orders are read again after the books. A book that can not be read says nothing.
    """
    records = {record.id: record for record in orders.get_many(keys)}
    still_open = [record for record in records.values() if record.is_open]
    filled: dict[OrderId, int] = {}
    for market in {record.market for record in still_open}:
        with suppress(StoreError, BookCorrupt), views[market].current() as replica:
            resting = (replica.book.orders.get(record.id) for record in still_open)
            filled |= {order.order_id: order.quantity - order.remaining for order in resting if order}
    again = orders.get_many([OrderKey(record.user, record.id) for record in still_open])
    records |= {record.id: record for record in again}
    return [state(record, filled.get(record.id)) for record in records.values()]


def state(record: OrderRecord, filled: int | None) -> OrderState:
    """`filled` is what the book believes, None when the order does not rest there."""
    if filled is None or not record.is_open:
        return OrderState(record, record.status, record.filled)
    known = max(filled, record.filled)
    return OrderState(record, "partially_filled" if known else "resting", known)
