"""What is kept of a replace from the moment it was promised?

An amendment never changes. That a replace is still outstanding stands on its order; the
amendment says what was held for it, and lets the sweeper find it by its minute.
"""

from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.ids import CommandId, MarketId, OrderId, UserId


class Amendment(NamedTuple):
    """`price` (ticks) and `quantity` (lots, in all) as asked for. `extra`: units held for it alone."""

    command: CommandId
    user: UserId
    market: MarketId
    order_id: OrderId
    price: int
    quantity: int
    extra: int
    created_ms: int

    def to_item(self) -> Item:
        """No `owner`: it does not stand in the list of its owner's orders."""
        part = schema.minute_part(self.command)
        return {
            "market": self.market,
            "order_id": self.order_id,
            "price": self.price,
            "quantity": self.quantity,
            "extra": self.extra,
            "created_ms": self.created_ms,
            "created_id": schema.created_id(self.created_ms, self.command),
            "market_minute": schema.market_minute(self.market, self.created_ms // 60_000, part),
        }

    @classmethod
    def from_item(cls, item: Item) -> "Amendment":
        """Of a stored item, which carries its key."""
        return cls(
            command=CommandId(str(item["sk"]).removeprefix(schema.AMENDMENT_PREFIX)),
            user=UserId(str(item["pk"])),
            market=MarketId(str(item["market"])),
            order_id=OrderId(str(item["order_id"])),
            price=int(str(item["price"])),
            quantity=int(str(item["quantity"])),
            extra=int(str(item["extra"])),
            created_ms=int(str(item["created_ms"])),
        )
