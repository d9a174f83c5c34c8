"""Which orders wait in a market at their prices, and how does one come, shrink and go?

There are three changes: an order is added, is reduced, or is removed. Each writes down how it is
taken back (see undo.py), so that who asks for a change need not.
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

    makers: the side that an incoming order of each side trades with. _digest counts the orders
    whose seq lies below _counted; _arrived are those that came since, whatever became of them.
    """

    __slots__ = (
        "_arrived",
        "_counted",
        "_deadlines",
        "_digest",
        "_disordered",
        "_owners",
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
        self._counted = 0
        self._arrived: list[Resting] = []
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
        """Brought up to date now: an order that came and went since the last time costs next to nothing."""
        self.count_arrived()
        return self._digest

    def count_arrived(self) -> None:
        for arrived in self._arrived:
            order = self.by_id.get(arrived.order_id)
            if order is not None and order.seq == arrived.seq:
                self._digest += _counts(order)
            self._counted = arrived.seq + 1
        self._arrived.clear()

    def add(self, order: Resting) -> None:
        """The order takes the last place at its price."""
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders.remove, self, order))
        order_id, price = order.order_id, order.price
        side = self.sides[order.side]
        level = side.levels.get(price) or side.open(price)
        level[order_id] = self.by_id[order_id] = order
        self._arrived.append(order)
        self._owners[order.user].add(order_id)
        if order.expires_ms:
            self._deadlines.add(Expiry(order.expires_ms, order.seq, order_id))

    def remove(self, order: Resting) -> None:
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders.put_back, self, order))
        order_id, user, price = order.order_id, order.user, order.price
        side = self.sides[order.side]
        level = side.levels[price]
        del level[order_id], self.by_id[order_id]
        if not level:
            side.close(price)
        if order.seq < self._counted:
            self._digest -= _counts(order)
        # What Owners.drop does, without the call: this is done for every order that leaves.
        owned = self._owners[user]
        owned.remove(order_id)
        if not owned:
            del self._owners[user]
        if order.expires_ms:
            self._deadlines.drop(Expiry(order.expires_ms, order.seq, order_id))

    def reduce(self, order: Resting, quantity: int, remaining: int) -> None:
        """The order keeps its place. How it is taken back, `_exchange` writes down."""
        seq, order_id, user, side, price, _, _, expires_ms, maker_ppm = order
        parts = (seq, order_id, user, side, price, quantity, remaining, expires_ms, maker_ppm)
        self._exchange(order, make(Resting, parts))

    def _exchange(self, old: Resting, new: Resting) -> None:
        """The same order, with another remainder."""
        if (steps := self._undo.steps) is not None:
            steps.append((RestingOrders._exchange, self, new, old))
        level = self.sides[old.side].levels[old.price]
        level[old.order_id] = self.by_id[old.order_id] = new
        if old.seq < self._counted:
            self._digest += _counts(new) - _counts(old)

    def put_back(self, order: Resting) -> None:
        """The order was there before. `settle` gives it the place that it had."""
        self.add(order)
        self._disordered.add((order.side, order.price))
        if order.seq < self._counted:
            self._digest += _counts(order)

    def settle(self, next_seq: int) -> None:
        """To be called once all that come back have come; `next_seq`: where events go on then.

        All who are there now were counted when the mark was set.
        """
        for side, price in self._disordered:
            put_in_order(self.sides[side].levels.get(price, {}))
        self._disordered.clear()
        self._arrived.clear()
        self._counted = next_seq


def _counts(order: Resting) -> int:
    """What the order adds to the digest."""
    return weight(order.seq, order.price) * order.remaining
