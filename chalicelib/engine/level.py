"""Who waits at one price, and in which order?

A level is a queue: the first to come is the first to trade, and anybody may leave from the
middle. The orders are linked to their neighbors, so each of these steps costs the same in
a queue of two and of two million. An order that has left still knows who stood around it:
if the leaving is taken back, and everything after it was taken back before, it steps into
the same gap again.
"""

from collections.abc import Iterator

from chalicelib.engine.digest import weight
from chalicelib.engine.order import Side
from chalicelib.ids import OrderId, UserId


class Resting:
    """A limit order that waits in the book.

    Prices count ticks, quantities lots. `arrival` is the seq of the OrderRested event that
    put it there: of two orders at one price the smaller arrival trades first.
    """

    __slots__ = (
        "ahead",
        "arrival",
        "behind",
        "level",
        "order_id",
        "price",
        "quantity",
        "remaining",
        "side",
        "user",
        "weight",
    )

    # Set by the level that the order joins.
    level: "Level"
    ahead: "Resting | None"
    behind: "Resting | None"

    def __init__(
        self,
        order_id: OrderId,
        user: UserId,
        side: Side,
        price: int,
        quantity: int,
        remaining: int,
        arrival: int,
    ) -> None:
        self.order_id = order_id
        self.user = user
        self.side = side
        self.price = price
        self.quantity = quantity
        self.remaining = remaining
        self.arrival = arrival
        self.weight = weight(arrival, price)

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
        )


class Level:
    """The queue at one price. `quantity` is the sum of what remains of its `count` orders."""

    __slots__ = ("count", "first", "last", "price", "quantity", "rank")

    def __init__(self, price: int, rank: int) -> None:
        self.price = price
        self.rank = rank
        self.quantity = 0
        self.count = 0
        self.first: Resting | None = None
        self.last: Resting | None = None

    def __iter__(self) -> Iterator[Resting]:
        order = self.first
        while order is not None:
            yield order
            order = order.behind

    def join(self, order: Resting) -> None:
        """The order takes its place behind everybody else."""
        last = self.last
        order.level = self
        order.ahead = last
        order.behind = None
        if last is None:
            self.first = order
        else:
            last.behind = order
        self.last = order
        self.quantity += order.remaining
        self.count += 1

    def leave(self, order: Resting) -> None:
        """The neighbors close the gap."""
        ahead, behind = order.ahead, order.behind
        if ahead is None:
            self.first = behind
        else:
            ahead.behind = behind
        if behind is None:
            self.last = ahead
        else:
            behind.ahead = ahead
        self.quantity -= order.remaining
        self.count -= 1

    def rejoin(self, order: Resting) -> None:
        """The order steps between the neighbors that it names, who must be neighbors now."""
        ahead, behind = order.ahead, order.behind
        if ahead is None:
            self.first = order
        else:
            ahead.behind = order
        if behind is None:
            self.last = order
        else:
            behind.ahead = order
        self.quantity += order.remaining
        self.count += 1
