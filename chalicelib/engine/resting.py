"""Which orders wait in a market, and how is a change of them taken back?

There are three changes: an order is added, is reduced, or is removed. Of each one it is
enough to remember the order and what remained of it before; undone last to first, every
order finds the neighbors again that it had.
"""

from collections.abc import Iterator

from chalicelib.engine.level import Resting
from chalicelib.engine.order import Side
from chalicelib.engine.side import BookSide
from chalicelib.ids import OrderId


class RestingOrders:
    """Both sides of a book. `digest` is their digest, not yet reduced to 64 bits."""

    __slots__ = ("_undo", "by_id", "digest", "sides")

    def __init__(self) -> None:
        self.by_id: dict[OrderId, Resting] = {}
        self.sides: dict[Side, BookSide] = {"buy": BookSide(-1), "sell": BookSide(1)}
        self.digest = 0
        # (order, what remained of it before the change), oldest first; None: nothing is remembered.
        self._undo: list[tuple[Resting, int]] | None = None

    def __iter__(self) -> Iterator[Resting]:
        """All bids, then all asks, each in the order in which they would trade."""
        for side in self.sides.values():
            for level in side.levels.values():
                yield from level

    def add(self, order: Resting) -> None:
        """The order takes the last place at its price."""
        if self._undo is not None:
            self._undo.append((order, 0))
        self.by_id[order.order_id] = order
        self.sides[order.side].join(order)
        self.digest += order.weight * order.remaining

    def reduce(self, order: Resting, remaining: int) -> None:
        """The order keeps its place."""
        if self._undo is not None:
            self._undo.append((order, order.remaining))
        less = order.remaining - remaining
        order.remaining = remaining
        order.level.quantity -= less
        self.digest -= order.weight * less

    def remove(self, order: Resting) -> None:
        if self._undo is not None:
            self._undo.append((order, order.remaining))
        del self.by_id[order.order_id]
        self.sides[order.side].leave(order)
        self.digest -= order.weight * order.remaining

    def mark(self) -> None:
        """Forget the changes so far, remember those to come."""
        self._undo = []

    def rollback(self) -> None:
        """Take back every change since the mark, which stays. RuntimeError if there is none."""
        if self._undo is None:
            raise RuntimeError("there is no mark to go back to")
        changes, self._undo = self._undo, None
        for order, before in reversed(changes):
            if before == 0:
                self.remove(order)
            elif order.order_id in self.by_id:
                self.reduce(order, before)
            else:
                self._put_back(order)
        self.mark()

    def _put_back(self, order: Resting) -> None:
        self.by_id[order.order_id] = order
        self.sides[order.side].rejoin(order)
        self.digest += order.weight * order.remaining
