"""With whom does an incoming order trade, and what becomes of the rest of it?

Price-time priority: the best price first and, at one price, who came first. A trade is made
at the price of the order that was there before (the maker); the incoming order (the taker)
never gets a worse price than its limit.

Everything that happens becomes an event and is done at once. What a busy market does all the
time (an order rests, trades, is canceled) is done right here, since it is known to be possible;
all else goes the way of stored events, through `apply`.
"""

from collections.abc import Callable
from typing import TypeAlias

from chalicelib.engine.budget import spend
from chalicelib.engine.ends import canceled, rejected
from chalicelib.engine.events import (
    CancelReason,
    Event,
    OrderCanceled,
    OrderContinues,
    OrderFilled,
    OrderRested,
    make,
)
from chalicelib.engine.fill_or_kill import unfillable
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder
from chalicelib.engine.self_trade import prevent
from chalicelib.engine.side import BookSide
from chalicelib.engine.state import BookState
from chalicelib.errors import BookCorrupt
from chalicelib.ids import OrderId, UserId

# Hears of each event just before it changes the book.
Witness: TypeAlias = Callable[[Event], None]

# Such an order waits for what it does not get at once. One that has a budget never does.
RESTING = frozenset({"gtc", "gtt", "postonly"})


class Matching(BookState):
    """A book into which orders come, and in which their owners cancel them."""

    def place(
        self,
        order: LimitOrder,
        fills_max: int,
        avoid: UserId | None = None,
        waits: bool = False,
        witness: Witness | None = None,
    ) -> list[Event]:
        """The order comes now; what happens to it. Never empty, unless it `waits`.

        A user never trades with himself; the order's `self_trade` says what happens instead. At
        most `fills_max` trades are made or prevented, and none is made with the user `avoid`;
        if one more would follow, the last (perhaps the only) event is OrderContinues, and
        `place(book.unfinished, ...)` goes on. An order that `waits` elsewhere is left there, and
        nothing happens, if not even its first trade can be made.

        Raises BookCorrupt if the order is open already, or amid the sweep of another.
        """
        if self.unfinished is not None and self.unfinished.order_id != order.order_id:
            raise BookCorrupt(f"{order.order_id} came amid the sweep of {self.unfinished.order_id}")
        order_id, user, side, price, quantity, remaining, tif, _, expires_ms, maker_ppm, _, budget = order
        events: list[Event] = []
        makers = self._resting.makers[side]
        if makers.best_rank >= price * makers.sign or tif not in RESTING or budget:
            tell = events.append if witness is None else _telling(witness, events)
            left = self._trade_first(order, makers, fills_max, avoid, waits, tell)
            if left is None:
                return events
            quantity, remaining = left.quantity, left.remaining
        if order_id in self.orders or order_id in self._stops.by_id:
            raise BookCorrupt(f"order {order_id} is open already")
        parts = (self.next_seq, order_id, user, side, price, quantity, remaining, expires_ms, maker_ppm)
        rested = make(OrderRested, parts)
        events.append(rested)
        if witness is not None:
            witness(rested)
        self._resting.add(rested)
        self.next_seq += 1
        self.unfinished = None
        return events

    def cancel(
        self, order_id: OrderId, reason: CancelReason, witness: Witness | None = None
    ) -> OrderCanceled | None:
        """The order is canceled now; None if it neither rests nor sleeps.

        Raises BookCorrupt amid the sweep of another.
        """
        order = self.orders.get(order_id)
        if order is None or self.unfinished is not None:
            event = self.cancellation(order_id, reason)
            if event is not None:
                self._happen([event], witness or _nobody)
            return event
        side, price, remaining = order.side, order.price, order.remaining
        held = remaining if side == "sell" else price * remaining
        event = make(OrderCanceled, (self.next_seq, order_id, order.user, side, remaining, held, reason))
        if witness is not None:
            witness(event)
        self._resting.remove(order)
        self.next_seq += 1
        return event

    def cancellation(self, order_id: OrderId, reason: CancelReason) -> OrderCanceled | None:
        """What `cancel` would do."""
        order = self.orders.get(order_id)
        if order is not None:
            return canceled(order, self.next_seq, reason)
        stop = self._stops.by_id.get(order_id)
        return None if stop is None else canceled(stop.order, self.next_seq, reason)

    def _trade_first(
        self,
        order: LimitOrder,
        makers: BookSide,
        fills_max: int,
        avoid: UserId | None,
        waits: bool,
        tell: Witness,
    ) -> LimitOrder | None:
        """What happens before the order may wait in the book, and what is left to wait there."""
        meets = makers.reached_by(order.price)
        if order.tif == "fok" and (reason := unfillable(order, makers)):
            self._happen([rejected(order, self.next_seq, reason)], tell)
        elif meets and order.tif == "postonly":
            self._happen([rejected(order, self.next_seq, "post_only_would_cross")], tell)
        elif meets and order.budget:
            spent = spend(order, makers, self.next_seq, self.next_trade_id, fills_max, avoid)
            if not (waits and isinstance(spent[0], OrderContinues)):
                self._happen(spent, tell)
        elif not (meets and waits and _stops_at_once(order, makers, fills_max, avoid)):
            return self._sweep(order, makers, fills_max, avoid, tell)
        return None

    def _sweep(
        self, order: LimitOrder, makers: BookSide, fills_max: int, avoid: UserId | None, tell: Witness
    ) -> LimitOrder | None:
        """One trade after the other, until nothing is left or a reason to stop is met."""
        taker_id, taker, side, limit, _, remaining, _, _, _, _, _, _ = order
        rank_min, room = limit * makers.sign, fills_max
        while makers.best_rank >= rank_min:
            price, level = makers.best()
            better = limit - price if side == "buy" else 0
            while level:
                maker = next(iter(level.values()))
                user, there = maker.user, maker.remaining
                if room == 0 or user in (avoid, taker):
                    after = self._do_not_trade(order.with_remaining(remaining), maker, room, tell)
                    if after is None:
                        return None
                    order, remaining, room = after, after.remaining, room - 1
                    continue
                room -= 1
                seq, trade, maker_id = self.next_seq, self.next_trade_id, maker.order_id
                lots = there if there < remaining else remaining
                remaining -= lots
                left, gain = there - lots, better * lots
                fill = (seq, trade, maker_id, user, taker_id, taker, side, price, lots, left, remaining, gain)
                tell(make(OrderFilled, fill))
                self._trade(maker, left, price)
                self.next_seq = seq + 1
                if remaining == 0:
                    return None
        return self._left_over(order.with_remaining(remaining), tell)

    def _do_not_trade(self, taker: LimitOrder, maker: Resting, room: int, tell: Witness) -> LimitOrder | None:
        """The sweep is cut, unless both are of one user: then the trade is prevented."""
        if room == 0 or maker.user != taker.user:
            self._happen([OrderContinues(self.next_seq, taker)], tell)
            return None
        prevented, left = prevent(taker, maker, self.next_seq)
        self._happen(prevented, tell)
        return left

    def _left_over(self, order: LimitOrder, tell: Witness) -> LimitOrder | None:
        """What nobody takes may wait in the book, unless its owner said immediate or cancel."""
        if order.tif in RESTING and not order.budget:
            return order
        self._happen([canceled(order, self.next_seq, "ioc_remainder")], tell)
        return None

    def _happen(self, events: list[Event], tell: Witness) -> None:
        for event in events:
            tell(event)
            self.apply(event)


def _telling(witness: Witness, events: list[Event]) -> Witness:
    """Tells both."""

    def tell(event: Event) -> None:
        witness(event)
        events.append(event)

    return tell


def _nobody(event: Event) -> None:
    """Hears, and does nothing."""


def _stops_at_once(order: LimitOrder, makers: BookSide, fills_max: int, avoid: UserId | None) -> bool:
    first = next(makers.willing(order.price))
    return fills_max == 0 or (first.user == avoid and first.user != order.user)
