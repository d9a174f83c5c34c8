"""What state is a market in, and how does an event change it?

`apply` changes it by one event that was stored or decided elsewhere. What happens most is done by
matching.py itself, through the same changes (`_trade`, RestingOrders), so that a book that is rebuilt
from stored events is the book that wrote them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from chalicelib.engine.due import Deadlines
from chalicelib.engine.events import (
    CancelAllTimerSet,
    Event,
    Mode,
    ModeChanged,
    OrderArmed,
    OrderCanceled,
    OrderContinues,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    OrderRested,
    OrderTriggered,
    ReplaceRefused,
    TradePrevented,
)
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder, StopOrder
from chalicelib.engine.owners import Owners
from chalicelib.engine.resting import RestingOrders
from chalicelib.engine.stops import Stops
from chalicelib.engine.undo import Undo
from chalicelib.engine.unfinished import require_turn
from chalicelib.errors import BookCorrupt
from chalicelib.ids import OrderId, UserId

Counters = tuple[int, int, int | None, int | None, Mode, str, LimitOrder | None]


class BookState:
    """All that a book holds. Prices count ticks, quantities lots, times ms since 1970.

    orders: every resting order, by id. next_seq, next_trade_id: the numbers of the next
    event and the next trade. last_price: of the latest trade, None before the first.
    reference: the price around which the band lies: the last one, or what a person said since.
    mode: which orders the market takes now, and mode_reason why; the caller obeys it.
    timers: when each dead man's switch goes off, by user.
    unfinished: the order whose sweep was cut, or a stop that has just woken; it goes on
    before anything else.
    """

    def __init__(self) -> None:
        self._undo = Undo()
        self._owners = Owners()
        self._deadlines = Deadlines(self._undo)
        self._resting = RestingOrders(self._owners, self._deadlines, self._undo)
        self._stops = Stops(self._owners, self._deadlines, self._undo)
        self.orders: dict[OrderId, Resting] = self._resting.by_id
        self.timers: Mapping[UserId, int] = self._deadlines.timers
        self.next_seq = 1
        self.next_trade_id = 1
        self.last_price: int | None = None
        self.reference: int | None = None
        self.mode: Mode = "open"
        self.mode_reason = ""
        self.unfinished: LimitOrder | None = None
        self._marked = self._counters()

    def _fill(
        self, orders: Iterable[Resting], stops: Iterable[StopOrder], timers: Mapping[UserId, int]
    ) -> None:
        """Of a book that is still empty. Raises BookCorrupt if an order is there twice."""
        for order in sorted(orders, key=itemgetter(0)):  # by seq, as they came
            self._require_new(order.order_id)
            self._resting.add(order)
        for stop in stops:
            self._require_new(stop.order_id)
            self._stops.add(stop)
        for user, deadline_ms in timers.items():
            self._deadlines.set_timer(user, deadline_ms)

    def apply(self, event: Event) -> None:
        """The event has happened. Raises BookCorrupt, and changes nothing, if it can not have."""
        if event.seq != self.next_seq:
            raise BookCorrupt(f"event {event.seq} came where {self.next_seq} was due")
        if self.unfinished is not None:
            require_turn(self, self.unfinished, event)
        _APPLY[type(event)](self, event)
        self.next_seq += 1

    def mark(self) -> None:
        """Remember this moment: from here on, what happens can be taken back."""
        self._resting.count_arrived()  # `settle` takes it for granted
        self._undo.mark()
        self._marked = self._counters()

    def rollback(self) -> None:
        """Back to the last mark, which stays. Costs as much as what happened since.

        Raises RuntimeError if there never was a mark.
        """
        self._undo.rollback()
        (
            self.next_seq,
            self.next_trade_id,
            self.last_price,
            self.reference,
            self.mode,
            self.mode_reason,
            self.unfinished,
        ) = self._marked
        self._resting.settle(self.next_seq)

    @contextmanager
    def trial(self) -> Iterator[None]:
        """What happens in here is taken back at its end. The mark stays where it is."""
        steps, marked = self._undo.steps, self._marked
        self.mark()
        try:
            yield
        finally:
            self.rollback()
            self._undo.steps, self._marked = steps, marked

    def _counters(self) -> Counters:
        return (
            self.next_seq,
            self.next_trade_id,
            self.last_price,
            self.reference,
            self.mode,
            self.mode_reason,
            self.unfinished,
        )

    def is_open(self, order_id: OrderId) -> bool:
        """Does the order rest or sleep?"""
        return order_id in self.orders or order_id in self._stops.by_id

    def _require_new(self, order_id: OrderId) -> None:
        if self.is_open(order_id):
            raise BookCorrupt(f"order {order_id} is open already")

    # One method for each kind of event. Whatever an unfinished order does, it ends the wait.

    def _rested(self, event: OrderRested) -> None:
        self._require_new(event.order_id)
        self._resting.add(event)
        self.unfinished = None

    def _filled(self, event: OrderFilled) -> None:
        seq, trade_id, maker_id, _, _, _, _, price, quantity, left, _, _ = event
        maker = self.orders.get(maker_id)
        if maker is None or maker.remaining != quantity + left or trade_id != self.next_trade_id:
            raise BookCorrupt(f"event {seq}: trade {trade_id} does not fit its maker")
        self._trade(maker, left, price)

    def _trade(self, maker: Resting, left: int, price: int) -> None:
        """The maker has `left` lots now."""
        if left:
            self._resting.reduce(maker, maker.quantity, left)
        else:
            self._resting.remove(maker)
        self.last_price = self.reference = price
        self.next_trade_id += 1
        self.unfinished = None

    def _prevented(self, event: TradePrevented) -> None:
        maker = self.orders.get(event.maker_id)
        if maker is None or maker.user != event.user or maker.remaining < event.quantity:
            raise BookCorrupt(f"event {event.seq}: the prevented trade does not fit its maker")
        self.unfinished = None

    def _ended(self, event: OrderCanceled | OrderRejected) -> None:
        order = self.orders.get(event.order_id)
        if order is not None:
            if order.remaining != event.remaining:
                raise BookCorrupt(f"event {event.seq}: order {event.order_id} has {order.remaining} left")
            self._resting.remove(order)
        elif (stop := self._stops.by_id.get(event.order_id)) is not None:
            self._stops.remove(stop)
        elif self.unfinished is not None and self.unfinished.order_id == event.order_id:
            self.unfinished = None

    def _reduced(self, event: OrderReduced) -> None:
        """An order that is neither resting nor asleep is on its way: the book does not hold it."""
        order = self.orders.get(event.order_id)
        stop = self._stops.by_id.get(event.order_id)
        before = order or (stop and stop.order)
        if before is None and event.reason != "self_trade":
            raise BookCorrupt(f"event {event.seq}: order {event.order_id} is not open")
        if before and not _fits(event, before):
            raise BookCorrupt(f"event {event.seq}: order {event.order_id} can not be reduced so")
        if order is not None:
            self._resting.reduce(order, event.quantity, event.remaining)
        elif stop is not None:
            self._stops.resize(stop, event.quantity)

    def _replaced(self, event: OrderReplaced) -> None:
        order = self.orders.get(event.order_id)
        if order is None or order.quantity - order.remaining != event.quantity - event.remaining:
            raise BookCorrupt(f"event {event.seq}: order {event.order_id} can not be replaced so")
        self._resting.remove(order)

    def _armed(self, event: OrderArmed) -> None:
        self._require_new(event.order.order_id)
        self._stops.add(StopOrder(event.order, event.stop, event.stop_price, event.seq))

    def _triggered(self, event: OrderTriggered) -> None:
        stop = self._stops.by_id.get(event.order_id)
        if stop is None:
            raise BookCorrupt(f"event {event.seq}: order {event.order_id} does not sleep")
        self._stops.remove(stop)
        self.unfinished = stop.order

    def _continues(self, event: OrderContinues) -> None:
        self.unfinished = event.order

    def _timer_set(self, event: CancelAllTimerSet) -> None:
        self._deadlines.set_timer(event.user, event.deadline_ms)

    def _mode_changed(self, event: ModeChanged) -> None:
        self.mode, self.mode_reason = event.mode, event.reason
        self.reference = event.reference or self.reference

    def _left_alone(self, event: ReplaceRefused) -> None:
        """The order stays as it is."""


def _fits(event: OrderReduced, order: Resting | LimitOrder) -> bool:
    """It takes something away, leaves something, and fills nothing."""
    less = order.quantity - event.quantity
    return less > 0 and event.remaining > 0 and order.remaining - event.remaining == less


_APPLY: dict[type[Event], Callable[[BookState, Any], None]] = {
    OrderRested: BookState._rested,
    OrderFilled: BookState._filled,
    TradePrevented: BookState._prevented,
    OrderCanceled: BookState._ended,
    OrderRejected: BookState._ended,
    OrderReduced: BookState._reduced,
    OrderReplaced: BookState._replaced,
    ReplaceRefused: BookState._left_alone,
    OrderArmed: BookState._armed,
    OrderTriggered: BookState._triggered,
    OrderContinues: BookState._continues,
    CancelAllTimerSet: BookState._timer_set,
    ModeChanged: BookState._mode_changed,
}
