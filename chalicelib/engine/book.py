"""What would happen in a market if this came next, and what is there?

Nothing here changes the book. `decide`, `reduce` and their like only look, and answer with
events; `apply` (see state.py) then changes it, by one event at a time. The two that come most,
`place` and `cancel` (see matching.py), do what they tell.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from chalicelib.engine import amend
from chalicelib.engine.admission import Rules, outside_band
from chalicelib.engine.digest import DIGEST_MODULUS
from chalicelib.engine.due import Expiry
from chalicelib.engine.ends import canceled
from chalicelib.engine.events import (
    AmendRefusal,
    CancelAllTimerSet,
    Event,
    Mode,
    OrderArmed,
    OrderCanceled,
    OrderReduced,
    OrderReplaced,
    OrderTriggered,
    ReplaceRefused,
)
from chalicelib.engine.level import Resting, sum_of
from chalicelib.engine.matching import Matching
from chalicelib.engine.order import LimitOrder, Side, Stop, StopOrder
from chalicelib.engine.owners import OpenOrder
from chalicelib.ids import CommandId, OrderId, UserId


class Book(Matching):
    """The order book of one market: its state, and what would happen in it."""

    @classmethod
    def restore(
        cls,
        orders: Iterable[Resting],
        *,
        stops: Iterable[StopOrder],
        timers: Mapping[UserId, int],
        next_seq: int,
        next_trade_id: int,
        last_price: int | None,
        reference: int | None,
        mode: Mode,
        mode_reason: str,
        unfinished: LimitOrder | None,
    ) -> "Book":
        """The book that a snapshot kept.

        Raises BookCorrupt if one is there twice.
        """
        book = cls()
        book._fill(orders, stops, timers)
        book.next_seq, book.next_trade_id, book.last_price = next_seq, next_trade_id, last_price
        book.mode, book.mode_reason, book.unfinished = mode, mode_reason, unfinished
        book.reference = reference
        return book

    # What would happen?

    def decide(self, order: LimitOrder, fills_max: int, avoid: UserId | None = None) -> list[Event]:
        """What `place` would do if nothing waited to go on and no order of that id were there.

        It does it, and all is taken back.
        """
        with self.trial():
            self.unfinished = None
            if (same := self.orders.get(order.order_id)) is not None:
                self._resting.remove(same)
            return self.place(order, fills_max, avoid)

    def reduce(self, order_id: OrderId, quantity: int) -> OrderReduced | AmendRefusal:
        """The order, resting or asleep, for `quantity` lots in all; it keeps its place."""
        return amend.reduce(self, order_id, quantity)

    def replace(
        self, order: LimitOrder, extra: int, command: CommandId, rules: Rules
    ) -> OrderReplaced | OrderReduced | ReplaceRefused:
        """The resting order of that id with the price and the quantity (in all) of `order`.

        `extra` is held for it besides what the order holds. OrderReplaced takes the order out
        of the book: deciding on `order` with the event's remaining must follow in the same step.
        """
        return amend.replace(self, order, extra, command, rules)

    def arm(self, order: LimitOrder, stop: Stop, stop_price: int) -> OrderArmed:
        """The order goes to sleep, even if its price is reached already: then it wakes at once."""
        return OrderArmed(self.next_seq, order, stop, stop_price)

    def triggered(self, rules: Rules) -> OrderTriggered | OrderCanceled | None:
        """What the last price does to the stops: the next one wakes, or ends outside the band.

        Once OrderTriggered is applied, the order is `unfinished`. None: all sleep on.
        """
        if not self._stops.by_id or self.last_price is None or self.unfinished or self.mode != "open":
            return None
        stop = self._stops.reached(self.last_price)
        if stop is None:
            return None
        if outside_band(stop.order.price, self.reference, rules):
            return canceled(stop.order, self.next_seq, "outside_price_band")
        return OrderTriggered(self.next_seq, stop.order.order_id)

    def next_due(self, now_ms: int) -> OrderCanceled | CancelAllTimerSet | None:
        """The next thing that time alone has caused until now; None: nothing more."""
        if self.unfinished or self.mode == "halted":
            return None
        due = self._deadlines.next(now_ms)
        if due is None:
            return None
        if isinstance(due, Expiry):
            return self.cancellation(due.order_id, "expired")
        orders = self.orders_of(due.user)
        if not orders:
            return CancelAllTimerSet(self.next_seq, due.user, 0)
        return self.cancellation(orders[0].order_id, "cancel_all_after")

    # What is there?

    @property
    def halted(self) -> str | None:
        """Why nothing may happen now; None: something may."""
        return self.mode_reason if self.mode == "halted" else None

    @property
    def next_due_ms(self) -> int | None:
        """When time alone will cause something; None: never, as things stand."""
        return None if self.mode == "halted" else self._deadlines.next_ms

    def find(self, order_id: OrderId) -> OpenOrder | None:
        """The order if it rests or sleeps."""
        return self.orders.get(order_id) or self._stops.by_id.get(order_id)

    def knows(self, order_id: OrderId) -> bool:
        """Does the order rest, sleep, or wait to go on?"""
        acting = self.unfinished is not None and self.unfinished.order_id == order_id
        return acting or self.is_open(order_id)

    def orders_of(self, user: UserId) -> list[OpenOrder]:
        """All that rest or sleep, by arrival."""
        orders = (self.find(order_id) for order_id in self._owners.get(user, ()))
        return sorted((order for order in orders if order is not None), key=_arrival)

    def open_count(self, user: UserId) -> int:
        return self._owners.count(user)

    def would_cross(self, order: LimitOrder) -> bool:
        return self._resting.makers[order.side].reached_by(order.price)

    def depth(self, side: Side, levels: int) -> list[tuple[int, int, int]]:
        """The best `levels` prices, each as (price, sum of what remains, number of orders)."""
        best = islice(self._resting.sides[side], levels)
        return [(price, sum_of(level), len(level)) for price, level in best]

    def resting(self) -> Iterator[Resting]:
        """All bids, then all asks, each in the order in which they would trade."""
        return iter(self._resting)

    def stops(self) -> Iterator[StopOrder]:
        """All that sleep, by arrival."""
        return iter(self._stops)

    @property
    def checksum(self) -> int:
        """64 bits that differ, almost surely, when two books hold other orders, prices or quantities."""
        return (self._resting.digest + self._stops.digest) % DIGEST_MODULUS


def _arrival(order: OpenOrder) -> int:
    return order.arrival
