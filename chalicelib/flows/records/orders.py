"""What is kept of an order, and which states can it be in?

    pending ----> resting ----> partially_filled ----> filled
       |  |          |                 |
       |  |          +--> canceled, expired <--+
       |  +-> armed -> (triggered) resting, partially_filled, filled, canceled, rejected, expired
       +--> rejected, expired, canceled, partially_filled, filled

The record is written at intake, at every fill, when its owner changes it and at the end, but
not when the order merely comes to rest: a record that says "pending" is `resting`, or `armed`
(a stop that waits for its price), once the book holds it.
"""

import hashlib
from typing import Literal, NamedTuple, cast

from chalicelib.engine.events import OrderCanceled, OrderRejected
from chalicelib.engine.order import LimitOrder, SelfTrade, Side, Stop, TimeInForce
from chalicelib.flows import schema
from chalicelib.flows.plan import Item, Value
from chalicelib.ids import CommandId, MarketId, OrderId, UserId
from chalicelib.ledger.transfers import Hold
from chalicelib.market import Market

Status = Literal[
    "pending", "resting", "armed", "partially_filled", "filled", "canceled", "rejected", "expired"
]
OrderType = Literal["limit", "market"]

# States in which a record can still change.
OPEN: tuple[Status, ...] = ("pending", "partially_filled")
FINAL: tuple[Status, ...] = ("filled", "canceled", "rejected", "expired")
# Ends that time alone has caused.
_EXPIRED = ("late", "unseen", "expired")


class OrderRecord(NamedTuple):
    """One order as stored. Prices count ticks, quantities lots; `quote`, `fee`, `hold` count units.

    `price` and `quantity` are what they are now: a reduce, a replace and a prevented trade
    change them. `digest` tells two requests with the same client id apart and never changes,
    nor does `hold`, what intake held for the order: the rest is in the journal.
    `budget`: ticks x lots that a market buy may spend; its quantity is 0. A market order's
    price is its collar.
    `maker_ppm`, `taker_ppm`: its fee rates. `quote`: quote units exchanged so far. `fee`: units
    paid so far, of what the order receives. `request_id`: who wrote it.
    `replacing`: the replace that was accepted and not yet done, for which `extra` units are held.
    `last_replace`: the newest that was accepted, done or not. `first_price`: what the price was before
    the first of them; 0 while there was none.
    """

    id: OrderId
    user: UserId
    market: MarketId
    type: OrderType
    side: Side
    price: int
    quantity: int
    budget: int
    tif: TimeInForce
    expires_ms: int
    self_trade: SelfTrade
    stop: Stop | Literal[""]
    stop_price: int
    maker_ppm: int
    taker_ppm: int
    hold: int
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
    digest: str
    replacing: CommandId | Literal[""]
    extra: int
    last_replace: CommandId | Literal[""] = ""
    first_price: int = 0

    @property
    def remaining(self) -> int:
        """Lots still to be filled; 0 for an order that spends a budget."""
        return 0 if self.budget else self.quantity - self.filled

    @property
    def is_open(self) -> bool:
        return self.status not in FINAL

    def as_limit_order(self) -> LimitOrder:
        """The order as it came in, with nothing filled."""
        return LimitOrder(
            self.id,
            self.user,
            self.side,
            self.price,
            self.quantity,
            self.quantity,
            self.tif,
            self.self_trade,
            self.expires_ms,
            self.maker_ppm,
            self.taker_ppm,
            self.budget,
        )

    def reserve(self, market: Market) -> Hold:
        """What is held for it now, the extra hold of a replace not counted; nothing after its end."""
        if not self.is_open:
            units = 0
        elif self.budget:
            units = market.hold_units(self.side, self.budget) - self.quote
        else:
            units = hold_for(market, self.user, self.side, self.price, self.remaining).units
        return Hold(self.user, market.held(self.side).symbol, units)

    def to_item(self) -> Item:
        """Without what is empty or nothing: that is how it is read back, too."""
        kept = {name: value for name, value in self._asdict().items() if value not in ("", 0)}
        item: Item = {name: cast(Value, value) for name, value in kept.items()}
        # What later writes require to be as it was.
        item |= {"filled": self.filled, "replacing": self.replacing}
        item["owner"] = item.pop("user")
        item["created_id"] = schema.created_id(self.created_ms, self.id)
        part = schema.minute_part(self.id)
        item["market_minute"] = schema.market_minute(self.market, self.created_ms // 60_000, part)
        return item

    @classmethod
    def from_item(cls, item: Item) -> "OrderRecord":
        fields = {name: item.get(name, 0 if name in _NUMBERS else "") for name in cls._fields}
        fields["user"] = item["owner"]
        return cls(**fields)  # type: ignore[arg-type]


_NUMBERS = frozenset(name for name, kind in OrderRecord.__annotations__.items() if kind is int)


def end_status(event: OrderCanceled | OrderRejected) -> Status:
    if event.reason in _EXPIRED:
        return "expired"
    return "canceled" if isinstance(event, OrderCanceled) else "rejected"


def content_digest(*parts: str | int) -> str:
    """Of all that a request says of its order."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def hold_for(market: Market, user: UserId, side: Side, price: int, quantity: int) -> Hold:
    """What an open order of `quantity` lots keeps reserved: base for a sell, quote for a buy."""
    return hold_of(market, user, side, quantity if side == "sell" else price * quantity)


def hold_of(market: Market, user: UserId, side: Side, count: int) -> Hold:
    """The hold of so many lots (for a sell) or ticks x lots (for a buy)."""
    return Hold(user, market.held(side).symbol, market.hold_units(side, count))
