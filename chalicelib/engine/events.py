"""What can happen in a book? Each event is a fact; applying all of them rebuilds the book.

`seq` numbers the events of one market from 1 without gaps. Prices count ticks, quantities
count lots; `held`, `released` and `extra` count what a hold counts: lots for a sell, ticks x
lots for a buy. Named tuples, since a busy market makes a hundred thousand a second.
"""

from typing import Literal, NamedTuple, TypeAlias

from chalicelib.engine.order import LimitOrder, SelfTrade, Side, Stop, hold_count
from chalicelib.ids import CommandId, OrderId, UserId

# Which commands a market takes. A halted one takes none; the others always let orders go.
Mode = Literal["open", "post_only", "cancel_only", "halted"]

# Why something did not happen or ended. All of them are part of the API.
ModeReason = Literal["market_halted", "market_cancel_only", "market_post_only"]
CancelReason = Literal[
    "requested",
    "cancel_all",
    "cancel_all_after",
    "expired",
    "ioc_remainder",
    "self_trade",
    "outside_price_band",
]
RejectReason = (
    ModeReason
    | Literal[
        "post_only_would_cross",
        "fok_unfillable",
        "self_trade",
        "outside_price_band",
        "too_many_open_orders",
        "expired",
        "late",
        "unseen",
        "failed",
    ]
)
ReduceReason = Literal["requested", "self_trade"]
# Why a reduce or a replace left the order as it was.
AmendRefusal = (
    ModeReason
    | Literal[
        "order_not_open",
        "not_a_reduction",
        "quantity_already_filled",
        "post_only_would_cross",
        "outside_price_band",
        "hold_too_small",
        "late",
        "unseen",
        "failed",
    ]
)

# make(OrderRested, (seq, ...)) is OrderRested(seq, ...) in a third of the time, for the three
# events that a busy market makes most. Nothing checks the number and the kinds of the parts.
make = tuple.__new__


class OrderRested(NamedTuple):
    """The order, or what is left of it, now waits in the book behind its price.

    Also what the book keeps of it, as long as it waits: then `remaining` and `quantity` are
    what they are by now.
    """

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    price: int
    quantity: int
    remaining: int
    expires_ms: int
    maker_ppm: int

    @property
    def arrival(self) -> int:
        """Of two orders at one price the smaller arrival trades first."""
        return self.seq

    @property
    def hold_count(self) -> int:
        """What its hold still counts: lots for a sell, ticks x lots for a buy."""
        return hold_count(self.side, self.price, self.remaining)


class OrderFilled(NamedTuple):
    """One trade between two orders, at the maker's price. `trade_id` counts trades from 1.

    `released` is what a buying taker had held for this trade and did not have to pay.
    """

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
    released: int


class TradePrevented(NamedTuple):
    """Two orders of one user met. What `mode` makes of them follows as events of its own."""

    seq: int
    maker_id: OrderId
    taker_id: OrderId
    user: UserId
    taker_side: Side
    price: int
    quantity: int
    mode: SelfTrade


class OrderCanceled(NamedTuple):
    """`remaining` lots of the order will never be filled. It had rested, slept, or never will rest."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    remaining: int
    held: int
    reason: CancelReason


class OrderRejected(NamedTuple):
    """Nothing of the order was filled, and it never rested; at most it had slept."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    remaining: int
    held: int
    reason: RejectReason


class OrderReduced(NamedTuple):
    """The order is now for `quantity` lots in all, and keeps its place."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    quantity: int
    remaining: int
    released: int
    reason: ReduceReason


class OrderReplaced(NamedTuple):
    """The order left its place and comes again, with another price or quantity (in all)."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    price: int
    quantity: int
    remaining: int
    released: int


class ReplaceRefused(NamedTuple):
    """The order stays as it is, or had ended. `extra` had been held for the replace alone."""

    seq: int
    order_id: OrderId
    user: UserId
    side: Side
    command: CommandId
    extra: int
    reason: AmendRefusal


class OrderArmed(NamedTuple):
    """The order sleeps until the last price reaches `stop_price`."""

    seq: int
    order: LimitOrder
    stop: Stop
    stop_price: int


class OrderTriggered(NamedTuple):
    """A sleeping order has woken and comes now."""

    seq: int
    order_id: OrderId


class OrderContinues(NamedTuple):
    """The order's sweep was cut between two fills; it goes on before anything else happens."""

    seq: int
    order: LimitOrder


class CancelAllTimerSet(NamedTuple):
    """All orders of the user are canceled at `deadline_ms`, unless it is set anew; 0: never."""

    seq: int
    user: UserId
    deadline_ms: int


class ModeChanged(NamedTuple):
    """By a person, or by the matcher itself when book and store disagree.

    `reference`: the price around which the band lies from now on; 0: it stays where it is.
    """

    seq: int
    mode: Mode
    reason: str
    reference: int = 0


Event: TypeAlias = (
    OrderRested
    | OrderFilled
    | TradePrevented
    | OrderCanceled
    | OrderRejected
    | OrderReduced
    | OrderReplaced
    | ReplaceRefused
    | OrderArmed
    | OrderTriggered
    | OrderContinues
    | CancelAllTimerSet
    | ModeChanged
)

# The name under which an event is stored. A stored name never changes its meaning.
STORED_NAMES: dict[str, type[Event]] = {
    "rested": OrderRested,
    "filled": OrderFilled,
    "prevented": TradePrevented,
    "canceled": OrderCanceled,
    "rejected": OrderRejected,
    "reduced": OrderReduced,
    "replaced": OrderReplaced,
    "replace_refused": ReplaceRefused,
    "armed": OrderArmed,
    "triggered": OrderTriggered,
    "continues": OrderContinues,
    "timer": CancelAllTimerSet,
    "mode": ModeChanged,
}
