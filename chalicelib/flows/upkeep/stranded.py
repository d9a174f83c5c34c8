"""Which orders and replaces could not be ended, so that what is held for them waits for a person?

The sweeper asked for their end, and the matcher gave that up: what is stored contradicts the book. To ask
again would only halt the market again, and no other order waits for them. `cex-ops rebuild` ends them.
"""

from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.plan import Delete, Item, Put
from chalicelib.flows.ports import OrderKey, OrderReader, Reader, Writer
from chalicelib.ids import CommandId, MarketId, OrderId, UserId

PAGE = 100


class Stranded(NamedTuple):
    """`replace` is "" where it is the order itself. `noticed_ms`: when the sweeper went on without it."""

    user: UserId
    order_id: OrderId
    replace: CommandId | str
    noticed_ms: int

    def put(self, market: MarketId) -> Put:
        kept: Item = {"owner": self.user, "replace": self.replace, "noticed_ms": self.noticed_ms}
        return Put(schema.stranded(market, self.order_id), kept)


def stranded(reader: Reader, orders: OrderReader, market: MarketId) -> list[Stranded]:
    """All that have no end yet, however many."""
    noted = _noted(reader, market)
    ended = _ended(orders, noted)
    return [each for each in noted if each not in ended]


def forget_ended(reader: Reader, orders: OrderReader, writer: Writer, market: MarketId) -> None:
    """Somebody has ended them since, or what they waited for."""
    for each in _ended(orders, _noted(reader, market)):
        writer.commit((Delete(schema.stranded(market, each.order_id)),))


def _noted(reader: Reader, market: MarketId) -> list[Stranded]:
    first = schema.stranded(market, OrderId(""))
    page = reader.page(first, first.sk + "~", PAGE)
    items = [*page.items]
    while page.next is not None:
        page = reader.page(first, first.sk + "~", PAGE, after=page.next)
        items += page.items
    return [_read(item) for item in items]


def _ended(orders: OrderReader, noted: list[Stranded]) -> list[Stranded]:
    found = {each.id: each for each in orders.get_many([OrderKey(e.user, e.order_id) for e in noted])}

    def waits(each: Stranded) -> bool:
        order = found.get(each.order_id)
        return order is not None and (order.replacing == each.replace if each.replace else order.is_open)

    return [each for each in noted if not waits(each)]


def _read(item: Item) -> Stranded:
    order_id = OrderId(str(item["sk"]).removeprefix(schema.STRANDED_PREFIX))
    noticed_ms = int(str(item["noticed_ms"]))
    return Stranded(UserId(str(item["owner"])), order_id, CommandId(str(item["replace"])), noticed_ms)
