"""Which orders sleep until the last price reaches them, and which of them wakes first?

A stop-loss waits below: it wakes when the price has fallen to its stop price. A stop-entry
waits above. Of each kind the one whose price is reached first heads a queue; when both heads
are reached, the one that came first wakes first.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.engine.digest import weight
from chalicelib.engine.due import Deadlines, Expiry
from chalicelib.engine.order import Stop, StopOrder
from chalicelib.engine.owners import Owners
from chalicelib.engine.undo import Undo
from chalicelib.ids import OrderId


class Place(NamedTuple):
    """Where a stop stands in its queue: the smallest `rank` is reached first."""

    rank: int
    arrival: int
    order_id: OrderId


class Stops:
    """Every armed order. `digest` is their digest, not yet reduced to 64 bits."""

    __slots__ = ("_deadlines", "_owners", "_queues", "_undo", "by_id", "digest")

    def __init__(self, owners: Owners, deadlines: Deadlines, undo: Undo) -> None:
        self.by_id: dict[OrderId, StopOrder] = {}
        self.digest = 0
        self._queues: dict[Stop, list[Place]] = {"loss": [], "entry": []}
        self._owners = owners
        self._deadlines = deadlines
        self._undo = undo

    def __iter__(self) -> Iterator[StopOrder]:
        """By arrival."""
        return iter(sorted(self.by_id.values(), key=lambda stop: stop.arrival))

    def reached(self, last_price: int) -> StopOrder | None:
        """The one that wakes next at this price; None if all sleep on."""
        heads = [self.by_id[queue[0].order_id] for queue in self._queues.values() if queue]
        awake = [stop for stop in heads if is_reached(stop, last_price)]
        return min(awake, key=lambda stop: stop.arrival, default=None)

    def add(self, stop: StopOrder) -> None:
        order = stop.order
        self._undo.remember(self.remove, stop)
        self.by_id[order.order_id] = stop
        insort(self._queues[stop.stop], _place(stop))
        self.digest += _digest(stop)
        self._owners[order.user].add(order.order_id)
        if order.expires_ms:
            self._deadlines.add(Expiry(order.expires_ms, stop.arrival, order.order_id))

    def remove(self, stop: StopOrder) -> None:
        order = stop.order
        self._undo.remember(self.add, stop)
        del self.by_id[order.order_id]
        queue = self._queues[stop.stop]
        del queue[bisect_left(queue, _place(stop))]
        self.digest -= _digest(stop)
        self._owners.drop(order.user, order.order_id)
        if order.expires_ms:
            self._deadlines.drop(Expiry(order.expires_ms, stop.arrival, order.order_id))

    def resize(self, stop: StopOrder, quantity: int) -> None:
        """The order sleeps on in its place, for so many lots. Nothing of it is filled yet."""
        self.remove(stop)
        self.add(stop._replace(order=stop.order._replace(quantity=quantity, remaining=quantity)))


def is_reached(stop: StopOrder, last_price: int) -> bool:
    return last_price <= stop.stop_price if stop.stop == "loss" else last_price >= stop.stop_price


def _place(stop: StopOrder) -> Place:
    rank = -stop.stop_price if stop.stop == "loss" else stop.stop_price
    return Place(rank, stop.arrival, stop.order.order_id)


def _digest(stop: StopOrder) -> int:
    return weight(stop.arrival, stop.stop_price) * (stop.order.budget or stop.order.remaining)
