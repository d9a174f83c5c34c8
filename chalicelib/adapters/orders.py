"""Where are orders, and what was held to change them, read from?"""

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.flows.ports import AmendmentKey, OrderKey, OrderPage
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import CommandId, MarketId, OrderId, UserId

# Sort before and after every cursor.
_FIRST, _LAST = "0", "~"


class DynamoOrders:
    def __init__(self, store: DynamoStore) -> None:
        self._store = store

    def get(self, user: UserId, order_id: OrderId) -> OrderRecord | None:
        item = self._store.get(schema.order(user, order_id))
        return OrderRecord.from_item(item) if item else None

    def get_many(self, keys: list[OrderKey]) -> list[OrderRecord]:
        """Those that exist, in the order of `keys`."""
        items = self._store.get_many([schema.order(*key) for key in keys])
        found = {record.id: record for record in map(OrderRecord.from_item, items)}
        return [found[key.order_id] for key in keys if key.order_id in found]

    def of_user(self, user: UserId, before: str | None, limit: int) -> OrderPage:
        """Newest first, strictly before the cursor."""
        bounds = (_FIRST, _just_before(before) if before else _LAST)
        items, more = self._store.index_page(
            schema.ACCOUNTS, schema.BY_USER, user, bounds, limit, newest_first=True
        )
        return _page(items, more)

    def of_minute(self, market: MarketId, minute: int, part: int, after: str | None, limit: int) -> OrderPage:
        """Oldest first, strictly after the cursor."""
        bounds = (after + "\0" if after else _FIRST, _LAST)
        pk = schema.market_minute(market, minute, part)
        items, more = self._store.index_page(
            schema.ACCOUNTS, schema.BY_MINUTE, pk, bounds, limit, newest_first=False
        )
        return _page(items, more)

    def amendments(self, keys: list[AmendmentKey]) -> list[Amendment]:
        """Those that exist, in the order of `keys`."""
        items = self._store.get_many([schema.amendment(*key) for key in keys])
        found = {each.command: each for each in map(Amendment.from_item, items)}
        return [found[key.command] for key in keys if key.command in found]


def _page(items: list[Item], more: bool) -> OrderPage:
    keys, amendments = [], []
    for item in items:
        user, sk = UserId(str(item["pk"])), str(item["sk"])
        if sk.startswith(schema.ORDER_PREFIX):
            keys.append(OrderKey(user, OrderId(sk.removeprefix(schema.ORDER_PREFIX))))
        else:
            amendments.append(AmendmentKey(user, CommandId(sk.removeprefix(schema.AMENDMENT_PREFIX))))
    return OrderPage(keys, str(items[-1]["created_id"]) if more and items else None, tuple(amendments))


def _just_before(cursor: str) -> str:
    """The greatest sort key below `cursor` that a cursor of ours can be: ids are plain ASCII."""
    return cursor[:-1] + chr(ord(cursor[-1]) - 1) + "~"
