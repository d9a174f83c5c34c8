"""What state is a market in, and how does an event change it?

Reading and changing are apart. `decide` and `cancel` only look, and answer with events;
`apply` alone changes the book, by one event. So a book that is rebuilt from stored events
goes through the very code that built it first.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from chalicelib.engine.digest import DIGEST_MODULUS
from chalicelib.engine.events import (
    CancelReason,
    Event,
    MarketHalted,
    MarketResumed,
    OrderCanceled,
    OrderContinues,
    OrderFilled,
    OrderRejected,
    OrderRested,
)
from chalicelib.engine.level import Resting
from chalicelib.engine.matching import match
from chalicelib.engine.order import OPPOSITE, LimitOrder, Side
from chalicelib.engine.resting import RestingOrders
from chalicelib.errors import BookCorrupt
from chalicelib.ids import OrderId, UserId


class Book:
    """The order book of one market. Prices count ticks, quantities count lots.

    orders: every resting order, by id. next_seq, next_trade_id: the numbers of the next
    event and the next trade. last_price: of the latest trade, None before the first.
    halted: why nothing may be matched now, else None; the caller obeys it, not the book.
    unfinished: the order whose sweep was cut; it goes on before anything else.
    """

    def __init__(self) -> None:
        self._resting = RestingOrders()
        self.orders: dict[OrderId, Resting] = self._resting.by_id
        self.next_seq = 1
        self.next_trade_id = 1
        self.last_price: int | None = None
        self.halted: str | None = None
        self.unfinished: LimitOrder | None = None
        self._marked = self._counters()

    @classmethod
    def restore(
        cls,
        orders: Iterable[Resting],
        *,
        next_seq: int,
        next_trade_id: int,
        last_price: int | None,
        halted: str | None,
        unfinished: LimitOrder | None,
    ) -> "Book":
        """The book that a snapshot kept. `orders` come as `resting` gives them; they are copied.

        Raises BookCorrupt if they stand in another order.
        """
        book = cls()
        for order in orders:
            copy = order.copy()
            book._resting.add(copy)
            if copy.ahead is not None and copy.ahead.arrival >= copy.arrival:
                raise BookCorrupt(f"order {copy.order_id} was stored before its turn")
        book.next_seq = next_seq
        book.next_trade_id = next_trade_id
        book.last_price = last_price
        book.halted = halted
        book.unfinished = unfinished
        return book

    # Reading.

    def decide(self, order: LimitOrder, fills_max: int, avoid: UserId | None = None) -> list[Event]:
        """What happens if `order` comes now. Changes nothing.

        The taker never trades with itself: where it meets an own order, what is left of it
        is canceled. At most `fills_max` trades are made, and none with the user `avoid`; if
        one more would follow, the last (perhaps the only) event is OrderContinues, and once
        all are applied, `decide(book.unfinished, ...)` goes on.
        """
        makers = self._resting.sides[OPPOSITE[order.side]]
        return match(order, makers, self.next_seq, self.next_trade_id, fills_max, avoid)

    def cancel(self, order_id: OrderId, reason: CancelReason) -> OrderCanceled | None:
        """What happens if the order is canceled now; None if it does not rest. Changes nothing."""
        order = self.orders.get(order_id)
        if order is None:
            return None
        return OrderCanceled(
            self.next_seq, order_id, order.user, order.side, order.price, order.remaining, reason
        )

    def depth(self, side: Side, levels: int) -> list[tuple[int, int, int]]:
        """The best `levels` prices, each as (price, sum of what remains, number of orders)."""
        best = islice(self._resting.sides[side].levels.values(), levels)
        return [(level.price, level.quantity, level.count) for level in best]

    def resting(self) -> Iterator[Resting]:
        """All bids, then all asks, each in the order in which they would trade."""
        return iter(self._resting)

    @property
    def checksum(self) -> int:
        """64 bits that differ, almost surely, when two books hold other orders, prices or quantities."""
        return self._resting.digest % DIGEST_MODULUS

    # Changing.

    def apply(self, event: Event) -> None:
        """The event has happened. Raises BookCorrupt, and changes nothing, if it can not have."""
        if event.seq != self.next_seq:
            raise BookCorrupt(f"event {event.seq} came where {self.next_seq} was due")
        if self.unfinished is not None:
            self._require_same_sweep(event)
        _APPLY[type(event)](self, event)
        self.next_seq += 1

    def mark(self) -> None:
        """Remember this moment: from here on, what happens can be taken back."""
        self._resting.mark()
        self._marked = self._counters()

    def rollback(self) -> None:
        """Back to the last mark, which stays. Costs as much as what happened since.

        Raises RuntimeError if there never was a mark.
        """
        self._resting.rollback()
        self.next_seq, self.next_trade_id, self.last_price, self.halted, self.unfinished = self._marked

    def _counters(self) -> tuple[int, int, int | None, str | None, LimitOrder | None]:
        return self.next_seq, self.next_trade_id, self.last_price, self.halted, self.unfinished

    def _require_same_sweep(self, event: Event) -> None:
        """After a cut only the same order's events may follow.

        A halt may come between and ends nothing; while it lasts, orders that never rested may
        still be turned away.
        """
        if self.unfinished is None or isinstance(event, (MarketHalted, MarketResumed)):
            return
        turned_away = isinstance(event, (OrderCanceled, OrderRejected)) and event.order_id not in self.orders
        if self.halted is not None and turned_away:
            return
        acting = event.taker_id if isinstance(event, OrderFilled) else event.order_id
        if acting != self.unfinished.order_id:
            raise BookCorrupt(f"event {event.seq}: order {acting} came amid an unfinished sweep")

    def _rested(self, event: OrderRested) -> None:
        seq, order_id, user, side, price, quantity, remaining = event
        if order_id in self.orders:
            raise BookCorrupt(f"event {seq}: order {order_id} rests already")
        self._resting.add(Resting(order_id, user, side, price, quantity, remaining, seq))
        self.unfinished = None

    def _filled(self, event: OrderFilled) -> None:
        maker = self.orders.get(event.maker_id)
        left = event.maker_remaining
        if maker is None or maker.remaining != event.quantity + left or event.trade_id != self.next_trade_id:
            raise BookCorrupt(f"event {event.seq}: trade {event.trade_id} does not fit its maker")
        if left:
            self._resting.reduce(maker, left)
        else:
            self._resting.remove(maker)
        self.last_price = event.price
        self.next_trade_id += 1
        self.unfinished = None

    def _ended(self, event: OrderCanceled | OrderRejected) -> None:
        order = self.orders.get(event.order_id)
        if order is not None:
            self._resting.remove(order)
        if self.unfinished is not None and self.unfinished.order_id == event.order_id:
            self.unfinished = None

    def _continues(self, event: OrderContinues) -> None:
        self.unfinished = LimitOrder(*event[1:])

    def _switched(self, event: MarketHalted | MarketResumed) -> None:
        self.halted = event.reason if isinstance(event, MarketHalted) else None


_APPLY: dict[type[Event], Callable[[Book, Any], None]] = {
    OrderRested: Book._rested,
    OrderFilled: Book._filled,
    OrderCanceled: Book._ended,
    OrderRejected: Book._ended,
    OrderContinues: Book._continues,
    MarketHalted: Book._switched,
    MarketResumed: Book._switched,
}
