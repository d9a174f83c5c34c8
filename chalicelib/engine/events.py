"""What can happen in a book? Each event is a fact; applying all of them rebuilds the book.

`seq` numbers the events of one market from 1 without gaps. Prices count ticks,
quantities count lots. Named tuples, since a busy market makes a hundred thousand a second.
"""

from typing import Literal, NamedTuple, TypeAlias

from chalicelib.engine.order import Side, TimeInForce
from chalicelib.ids import OrderId, UserId

# Why an order ended before it was filled. Part of the API.
CancelReason = Literal["requested", "ioc_remainder", "self_trade"]
RejectReason = Literal["post_only_would_cross", "late", "unseen", "market_halted", "failed"]


class OrderRested(NamedTuple):
    """The order, or what is left of it, now waits in the book behind its price."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    price: int
    quantity: int
    remaining: int


class OrderFilled(NamedTuple):
    """One trade between two orders, at the maker's price. `trade_id` counts trades from 1."""

    seq: int
    trade_id: int
    maker_id: OrderId
    maker: UserId
    taker_id: OrderId
    taker: UserId
    taker_side: Side
    price: int
    quantity: int
    maker_remaining: int
    taker_remaining: int


class OrderCanceled(NamedTuple):
    """`remaining` lots of the order will never be filled. It had rested, or never will."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    price: int
    remaining: int
    reason: CancelReason


class OrderRejected(NamedTuple):
    """The order never entered the book and nothing of it was filled."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    price: int
    remaining: int
    reason: RejectReason


class OrderContinues(NamedTuple):
    """The order's sweep was cut between two fills; it goes on before anything else happens."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    price: int
    quantity: int
    remaining: int
    tif: TimeInForce


class MarketHalted(NamedTuple):
    """Book and store disagreed. Nothing is matched until a person has looked."""

    seq: int
    reason: str


class MarketResumed(NamedTuple):
    seq: int
    reason: str


Event: TypeAlias = (
    OrderRested | OrderFilled | OrderCanceled | OrderRejected | OrderContinues | MarketHalted | MarketResumed
)

# The name under which an event is stored. A stored name never changes its meaning.
STORED_NAMES: dict[str, type[Event]] = {
    "rested": OrderRested,
    "filled": OrderFilled,
    "canceled": OrderCanceled,
    "rejected": OrderRejected,
    "continues": OrderContinues,
    "halted": MarketHalted,
    "resumed": MarketResumed,
}
