"""Which orders does a user have: all that he ever placed, or those that wait in the books now?"""

from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.flows.book.view import MarketView
from chalicelib.flows.ports import OrderKey, OrderReader
from chalicelib.flows.reading.orders import OrderState, Seen, seen_in, state
from chalicelib.ids import MarketId, OrderId, UserId

# Index pages that one list looks through for orders of a market.
READS_MAX = 10


class OrderList(NamedTuple):
    """Keys in order, and the cursor to go on from (None: there is no more)."""

    keys: list[OrderKey]
    next: str | None


def newest_orders(
    orders: OrderReader, user: UserId, before: str | None, limit: int, market: MarketId | None
) -> OrderList:
    """At most `limit` orders older than the cursor, of one market or of all.

    Reads a bounded number of them: a page may be short and still name where to go on.
    """
    if market is None:
        page = orders.of_user(user, before, limit)
        return OrderList(page.keys, page.next)
    found: list[OrderKey] = []
    for _ in range(READS_MAX):
        page = orders.of_user(user, before, limit - len(found))
        records = orders.get_many(page.keys)
        found += [OrderKey(record.user, record.id) for record in records if record.market == market]
        before = page.next
        if before is None or len(found) == limit:
            break
    return OrderList(found, before)


def open_orders(views: Iterable[MarketView], orders: OrderReader, user: UserId) -> list[OrderState]:
    """What rests or sleeps in the books now: none is missing, none has ended. Oldest first in each.

    Raises StoreUnavailable, BookCorrupt: what can not be read is not left out in silence.
    """
    seen: dict[OrderId, Seen] = {}
    for view in views:
        with view.current() as replica:
            for each in replica.book.orders_of(user):
                found = seen_in(replica, each.order_id)
                assert found is not None
                seen[each.order_id] = found
    records = orders.get_many([OrderKey(user, order_id) for order_id in seen])
    return [state(record, seen[record.id]) for record in records if record.is_open]
