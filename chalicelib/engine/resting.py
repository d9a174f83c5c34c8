"""Which orders wait in a market at their prices, and how does one come, shrink and go?

There are three changes: an order is added, is reduced, or is removed. Each is taken back by
one of the others.
"""

from collections.abc import Iterator

from chalicelib.engine.digest import weight
from chalicelib.engine.due import Deadlines, Expiry
from chalicelib.engine.events import make
from chalicelib.engine.level import Resting, put_in_order
from chalicelib.engine.order import Side
from chalicelib.engine.owners import Owners
from chalicelib.engine.side import BookSide
from chalicelib.engine.undo import Undo
from chalicelib.ids import OrderId


class RestingOrders:
    """Both sides of a book. `digest` is their digest, not yet reduced to 64 bits.

    makers: the side that an incoming order of each side trades with. _uncounted: the orders that
    came since the digest was last asked for.
    """

    __slots__ = (
        "_deadlines",
        "_digest",
        "_disordered",
        "_owners",
        "_uncounted",
        "_undo",
        "by_id",
        "makers",
        "sides",
    )

    def __init__(self, owners: Owners, deadlines: Deadlines, undo: Undo) -> None:
        self.by_id: dict[OrderId, Resting] = {}
        self.sides: dict[Side, BookSide] = {"buy": BookSide(1), "sell": BookSide(-1)}
        self.makers: dict[Side, BookSide] = {"buy": self.sides["sell"], "sell": self.sides["buy"]}
        self._digest = 0
        self._uncounted: set[OrderId] = set()
        self._owners = owners
        self._deadlines = deadlines
        self._undo = undo
        self._disordered: set[tuple[Side, int]] = set()

    def __iter__(self) -> Iterator[Resting]:
        """All bids, then all asks, each in the order in which they would trade."""
        for side in self.sides.values():
            for _, level in side:
                yield from level.values()

    @property
    def digest(self) -> int:
        """Brought up to date now: an order that came and went since the last time costs nothing."""
        for order_id in self._uncounted:
            order = self.by_id[order_id]
            self._digest += weight(order.seq, order.price) * order.remaining
        self._uncounted.clear()
        return self._digest

    def add(self, order: Resting) -> None:
        """The order takes the last place at its price."""
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders.remove, self, order))
        seq, order_id, user, its_side, price, _, _, expires_ms, _ = order
        side = self.sides[its_side]
        level = side.levels.get(price) or side.open(price)
        level[order_id] = self.by_id[order_id] = order
        self._uncounted.add(order_id)
        self._owners[user].add(order_id)
        if expires_ms:
            self._deadlines.add(Expiry(expires_ms, seq, order_id))

    def remove(self, order: Resting) -> None:
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders.put_back, self, order))
        seq, order_id, user, its_side, price, _, remaining, expires_ms, _ = order
        side = self.sides[its_side]
        level = side.levels[price]
        del level[order_id], self.by_id[order_id]
        if not level:
            side.close(price)
        if order_id in self._uncounted:
            self._uncounted.remove(order_id)
        else:
            self._digest -= weight(seq, price) * remaining
        owned = self._owners[user]
        owned.remove(order_id)
        if not owned:
            del self._owners[user]
        if expires_ms:
            self._deadlines.drop(Expiry(expires_ms, seq, order_id))

    def reduce(self, order: Resting, quantity: int, remaining: int) -> None:
        """The order keeps its place."""
        seq, order_id, user, side, price, _, _, expires_ms, maker_ppm = order
        parts = (seq, order_id, user, side, price, quantity, remaining, expires_ms, maker_ppm)
        self._exchange(order, make(Resting, parts))

    def _exchange(self, old: Resting, new: Resting) -> None:
        """The same order, with another remainder."""
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders._exchange, self, new, old))
        level = self.sides[old.side].levels[old.price]
        level[old.order_id] = self.by_id[old.order_id] = new
        if old.order_id not in self._uncounted:
            self._digest += weight(old.seq, old.price) * (new.remaining - old.remaining)

    def put_back(self, order: Resting) -> None:
        """The order was there before. `put_in_order` gives it the place that it had."""
        self.add(order)
        self._disordered.add((order.side, order.price))

    def put_in_order(self) -> None:
        """To be called once all that come back have come."""
        for side, price in self._disordered:
            put_in_order(self.sides[side].levels.get(price, {}))
        self._disordered.clear()
