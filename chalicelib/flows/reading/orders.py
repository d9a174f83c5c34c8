"""In which state is an order, by its record and by the book together?"""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from chalicelib.engine.order import StopOrder
from chalicelib.errors import BookCorrupt, NotFound, StoreError
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.ports import OrderKey, OrderReader
from chalicelib.flows.records.orders import OrderRecord, Status
from chalicelib.ids import MarketId, OrderId, UserId


class Seen(NamedTuple):
    """What a book holds of an open order: whether it sleeps, what it is for, and the lots filled."""

    armed: bool
    price: int
    quantity: int
    filled: int

    def is_just(self, record: OrderRecord) -> bool:
        """Whether all that happened to the order is that it came to rest, or to sleep."""
        return (self.price, self.quantity, self.filled) == (record.price, record.quantity, 0)


class OrderState(NamedTuple):
    """`record` as stored; `status` and `filled` (lots) as the book knows them now.

    `refused`: why the newest replace of the order was refused, as long as the book remembers.
    """

    record: OrderRecord
    status: Status
    filled: int
    refused: str = ""


def own_order(orders: OrderReader, user: UserId, order_id: OrderId, field: str = "id") -> OrderRecord:
    """As stored. Raises NotFound when this user has no such order."""
    record = orders.get(user, order_id)
    if record is None:
        raise NotFound("no such order", code="order_not_found", field=field)
    return record


def seen_in(replica: Replica, order_id: OrderId) -> Seen | None:
    """None when the order neither rests nor sleeps in the book."""
    found = replica.book.find(order_id)
    if found is None:
        return None
    armed = isinstance(found, StopOrder)
    return Seen(armed, found.price, found.quantity, found.quantity - found.remaining)


def state_of(view: MarketView, orders: OrderReader, user: UserId, order_id: OrderId) -> OrderState | None:
    """None when this user has no such order.

    The book first, then the record: so an end that falls between the two reads is seen.
    """
    with view.current() as replica:
        seen = seen_in(replica, order_id)
    record = orders.get(user, order_id)
    return record and state(record, seen, _refused(view, record))


def known_state(view: MarketView, orders: OrderReader, record: OrderRecord, seen: Seen | None) -> OrderState:
    """The same of an order that is there; at the least, what was read of it before.

    A book that can not be read is taken to be as it was when the order was last `seen` in it.
    """
    with suppress(StoreError, BookCorrupt):
        return state_of(view, orders, record.user, record.id) or state(record, None)
    with suppress(StoreError):
        record = orders.get(record.user, record.id) or record
    return state(record, seen)


def states_of(
    views: Mapping[MarketId, MarketView], orders: OrderReader, keys: list[OrderKey]
) -> list[OrderState]:
    """The same for many orders, with one look at each book that may know one of them.

    Open orders are read again after the books. Those of a market that the listing does not know
    are left out: nobody knows its tick. Raises StoreUnavailable, BookCorrupt where the book of an
    open order can not be read; of one that has ended the book has little to add.
    """
    records = {record.id: record for record in orders.get_many(keys) if record.market in views}
    still_open = [record for record in records.values() if record.is_open]
    asked = [record for record in records.values() if record.is_open or record.last_replace]
    seen: dict[OrderId, Seen | None] = {}
    refused: dict[str, str] = {}
    needed = {record.market for record in still_open}
    for market in dict.fromkeys(record.market for record in asked):
        harmless = () if market in needed else (StoreError, BookCorrupt)
        with suppress(*harmless), views[market].current() as replica:
            for record in asked:
                seen[record.id] = seen.get(record.id) or seen_in(replica, record.id)
                if record.last_replace and record.last_replace in replica.refused:
                    refused[record.last_replace] = replica.refused[record.last_replace]
    again = orders.get_many([OrderKey(record.user, record.id) for record in still_open])
    records |= {record.id: record for record in again}
    return [
        state(record, seen.get(record.id), refused.get(record.last_replace, ""))
        for record in records.values()
    ]


def state(record: OrderRecord, seen: Seen | None, refused: str = "") -> OrderState:
    """`seen` is what the book holds of the order, if anything."""
    if seen is None or not record.is_open:
        return OrderState(record, record.status, record.filled, refused)
    filled = max(seen.filled, record.filled)
    status: Status = "armed" if seen.armed else "partially_filled" if filled else "resting"
    return OrderState(record, status, filled, refused)


def _refused(view: MarketView, record: OrderRecord) -> str:
    """Asked of the book after the record was read: what the record knows to be done, it knows too."""
    if not record.last_replace or record.replacing:
        return ""
    with view.current() as replica:
        return replica.refused.get(record.last_replace, "")
