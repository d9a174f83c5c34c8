"""Who waits at one price, and in which order?

A level is a queue: the first to come is the first to trade, and anybody may leave from the
middle. A dict does both at one cost in a queue of two and of two million. Only an order that
comes back (a leaving is taken back) stands at the wrong end of it; then the queue is put in
order when somebody next looks at it.
"""

from collections.abc import Iterator

from chalicelib.engine.order import Side
from chalicelib.ids import OrderId, UserId


class Resting:
    """A limit order that waits in the book.

    Prices count ticks, quantities lots. `arrival` is the seq of the OrderRested event that
    put it there: of two orders at one price the smaller arrival trades first. `expires_ms`
    is when it ends by itself, else 0; `maker_ppm` is the fee rate of its trades.
    """

    __slots__ = (
        "arrival",
        "expires_ms",
        "level",
        "maker_ppm",
        "order_id",
        "price",
        "quantity",
        "remaining",
        "side",
        "user",
    )

    level: "Level"  # set when the order joins it

    def __init__(
        self,
        order_id: OrderId,
        user: UserId,
        side: Side,
        price: int,
        quantity: int,
        remaining: int,
        arrival: int,
        expires_ms: int,
        maker_ppm: int,
    ) -> None:
        self.order_id = order_id
        self.user = user
        self.side = side
        self.price = price
        self.quantity = quantity
        self.remaining = remaining
        self.arrival = arrival
        self.expires_ms = expires_ms
        self.maker_ppm = maker_ppm

    @property
    def hold_count(self) -> int:
        """What its hold still counts: lots for a sell, ticks x lots for a buy."""
        return self.remaining if self.side == "sell" else self.price * self.remaining

    def copy(self) -> "Resting":
        """The same order, but not yet in any book."""
        return Resting(
            self.order_id,
            self.user,
            self.side,
            self.price,
            self.quantity,
            self.remaining,
            self.arrival,
            self.expires_ms,
            self.maker_ppm,
        )


class Level:
    """The queue at one price: its orders by arrival, and the sum of what remains of them."""

    __slots__ = ("_in_order", "orders", "price", "quantity")

    def __init__(self, price: int) -> None:
        self.price = price
        self.quantity = 0
        self.orders: dict[int, Resting] = {}
        self._in_order = True

    def __iter__(self) -> Iterator[Resting]:
        """Who came first, first."""
        if not self._in_order:
            self.orders = dict(sorted(self.orders.items()))
            self._in_order = True
        return iter(self.orders.values())

    def join(self, order: Resting) -> None:
        """The order takes its place behind everybody else."""
        order.level = self
        self.orders[order.arrival] = order
        self.quantity += order.remaining

    def leave(self, order: Resting) -> None:
        del self.orders[order.arrival]
        self.quantity -= order.remaining

    def disturb(self) -> None:
        """Whoever joined last came before others."""
        self._in_order = False
