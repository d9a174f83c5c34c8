"""Which orders wait in a market at their prices, and how does one come, shrink and go?

There are three changes: an order is added, is reduced, or is removed. Each is taken back by
one of the others.
"""

from collections.abc import Iterator

from chalicelib.engine.digest import weight
from chalicelib.engine.due import Deadlines, Expiry
from chalicelib.engine.level import Resting
from chalicelib.engine.order import Side
from chalicelib.engine.owners import Owners
from chalicelib.engine.side import BookSide
from chalicelib.engine.undo import Undo
from chalicelib.ids import OrderId


class RestingOrders:
    """Both sides of a book. `digest` is their digest, not yet reduced to 64 bits.

    makers: the side that an incoming order of each side trades with.
    """

    __slots__ = ("_deadlines", "_owners", "_undo", "by_id", "digest", "makers", "sides")

    def __init__(self, owners: Owners, deadlines: Deadlines, undo: Undo) -> None:
        self.by_id: dict[OrderId, Resting] = {}
        self.sides: dict[Side, BookSide] = {"buy": BookSide(1), "sell": BookSide(-1)}
        self.makers: dict[Side, BookSide] = {"buy": self.sides["sell"], "sell": self.sides["buy"]}
        self.digest = 0
        self._owners = owners
        self._deadlines = deadlines
        self._undo = undo

    def __iter__(self) -> Iterator[Resting]:
        """All bids, then all asks, each in the order in which they would trade."""
        for side in self.sides.values():
            for level in side:
                yield from level

    def add(self, order: Resting) -> None:
        """The order takes the last place at its price."""
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders.remove, self, order))
        side = self.sides[order.side]
        level = side.levels.get(order.price) or side.open(order.price)
        level.join(order)
        self.by_id[order.order_id] = order
        self.digest += weight(order.arrival, order.price) * order.remaining
        self._owners[order.user].add(order)
        if order.expires_ms:
            self._deadlines.add(Expiry(order.expires_ms, order.arrival, order.order_id))

    def put_back(self, order: Resting) -> None:
        """The order takes the place that its arrival gives it: it was there before."""
        self.add(order)
        order.level.disturb()

    def reduce(self, order: Resting, remaining: int) -> None:
        """The order keeps its place."""
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders.reduce, self, order, order.remaining))
        less = order.remaining - remaining
        order.remaining = remaining
        order.level.quantity -= less
        self.digest -= weight(order.arrival, order.price) * less

    def resize(self, order: Resting, quantity: int, remaining: int) -> None:
        """As `reduce`, but not because something was filled: the order itself is now smaller."""
        self._undo.remember(setattr, order, "quantity", order.quantity)
        order.quantity = quantity
        self.reduce(order, remaining)

    def remove(self, order: Resting) -> None:
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders.put_back, self, order))
        level = order.level
        level.leave(order)
        if not level.orders:
            self.sides[order.side].close(order.price)
        del self.by_id[order.order_id]
        self.digest -= weight(order.arrival, order.price) * order.remaining
        self._owners.drop(order.user, order)
        if order.expires_ms:
            self._deadlines.drop(Expiry(order.expires_ms, order.arrival, order.order_id))
