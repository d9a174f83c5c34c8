"""What is kept of an order, and which states can it be in?

    pending ----> resting ----> partially_filled ----> filled
       |             |                 |
       |             +--> canceled <---+
       +--> rejected, expired, canceled, partially_filled, filled

The record is written at intake, at every fill and at the end, but not when the order
merely comes to rest: a record that says "pending" is `resting` once the book holds it.
"""

import hashlib
from typing import Literal, NamedTuple, cast

from chalicelib.engine.events import OrderCanceled, OrderRejected
from chalicelib.engine.order import LimitOrder, Side, TimeInForce
from chalicelib.flows import schema
from chalicelib.flows.plan import Item, Value
from chalicelib.ids import MarketId, OrderId, UserId
from chalicelib.ledger.transfers import Hold
from chalicelib.market import Market

Status = Literal["pending", "resting", "partially_filled", "filled", "canceled", "rejected", "expired"]

# States in which a record can still change.
OPEN: tuple[Status, ...] = ("pending", "partially_filled")
FINAL: tuple[Status, ...] = ("filled", "canceled", "rejected", "expired")


class OrderRecord(NamedTuple):
    """One order as stored. Prices count ticks, quantities lots; `quote` and `fee` count units.

    `quote`: quote units exchanged so far. `fee`: units paid so far, of what the order receives.
    `digest` tells two requests with the same client id apart. `request_id`: who wrote it.
    """

    id: OrderId
    user: UserId
    market: MarketId
    side: Side
    price: int
    quantity: int
    tif: TimeInForce
    status: Status
    filled: int
    quote: int
    fee: int
    reason: str
    created_ms: int
    updated_ms: int
    accept_until_ms: int
    client_order_id: str
    request_id: str

    @property
    def digest(self) -> str:
        return content_digest(self.market, self.side, self.price, self.quantity, self.tif)

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled

    @property
    def is_open(self) -> bool:
        return self.status not in FINAL

    def as_limit_order(self) -> LimitOrder:
        return LimitOrder(self.id, self.user, self.side, self.price, self.quantity, self.quantity, self.tif)

    def to_item(self) -> Item:
        item: Item = {name: cast(Value, value) for name, value in self._asdict().items() if value != ""}
        item["owner"] = item.pop("user")
        item["created_id"] = schema.created_id(self.created_ms, self.id)
        item["market_minute"] = schema.market_minute(self.market, self.created_ms // 60_000)
        return item

    @classmethod
    def from_item(cls, item: Item) -> "OrderRecord":
        fields = {name: item.get(name, "") for name in cls._fields}
        fields["user"] = item["owner"]
        return cls(**fields)  # type: ignore[arg-type]


def end_status(event: OrderCanceled | OrderRejected) -> Status:
    if isinstance(event, OrderCanceled):
        return "canceled"
    return "expired" if event.reason in ("late", "unseen") else "rejected"


def content_digest(market: MarketId, side: Side, price: int, quantity: int, tif: TimeInForce) -> str:
    text = f"{market}|{side}|{price}|{quantity}|{tif}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def hold_for(market: Market, user: UserId, side: Side, price: int, quantity: int) -> Hold:
    """What an open order of `quantity` lots keeps reserved: base for a sell, quote for a buy."""
    if side == "sell":
        return Hold(user, market.base.symbol, market.base_units(quantity))
    return Hold(user, market.quote.symbol, market.quote_units(price, quantity))
