"""With whom does an incoming order trade, and what becomes of the rest of it?

Price-time priority: the best price first and, at one price, who came first. A trade is made
at the price of the order that was there before (the maker); the incoming order (the taker)
never gets a worse price than its limit. Nothing is changed here: the answer is the list of
events that would do it.
"""

from chalicelib.engine.events import (
    CancelReason,
    Event,
    OrderCanceled,
    OrderContinues,
    OrderFilled,
    OrderRejected,
    OrderRested,
)
from chalicelib.engine.order import LimitOrder
from chalicelib.engine.side import BookSide
from chalicelib.ids import UserId


def match(
    order: LimitOrder,
    makers: BookSide,
    seq: int,
    trade_id: int,
    fills_max: int,
    avoid: UserId | None,
) -> list[Event]:
    """The events of `order`, counted from `seq` and `trade_id`, against the other side's `makers`."""
    if not makers.reached_by(order.price):
        return [_unmatched(order, order.remaining, seq)]
    if order.tif == "postonly":
        return [_would_cross(order, seq)]
    return _sweep(order, makers, seq, trade_id, fills_max, avoid)


def _sweep(
    order: LimitOrder,
    makers: BookSide,
    seq: int,
    trade_id: int,
    fills_max: int,
    avoid: UserId | None,
) -> list[Event]:
    """One trade after the other, until nothing is left or a reason to stop is met."""
    taker_id, taker, side, limit, _, remaining, _ = order
    events: list[Event] = []
    trade_id_end = trade_id + fills_max
    for maker in makers.willing(limit):
        if maker.user == taker:
            events.append(_canceled(order, remaining, seq, "self_trade"))
            return events
        if trade_id == trade_id_end or maker.user == avoid:
            events.append(_continues(order, remaining, seq))
            return events
        quantity = maker.remaining if maker.remaining < remaining else remaining
        remaining -= quantity
        events.append(
            OrderFilled(
                seq,
                trade_id,
                maker.order_id,
                maker.user,
                taker_id,
                taker,
                side,
                maker.price,
                quantity,
                maker.remaining - quantity,
                remaining,
            )
        )
        if remaining == 0:
            return events
        seq += 1
        trade_id += 1
    events.append(_unmatched(order, remaining, seq))
    return events


def _unmatched(order: LimitOrder, remaining: int, seq: int) -> Event:
    """What nobody takes waits in the book, unless its owner said immediate or cancel."""
    order_id, user, side, price, quantity, _, tif = order
    if tif == "ioc":
        return _canceled(order, remaining, seq, "ioc_remainder")
    return OrderRested(seq, order_id, user, side, price, quantity, remaining)


def _canceled(order: LimitOrder, remaining: int, seq: int, reason: CancelReason) -> OrderCanceled:
    return OrderCanceled(seq, order.order_id, order.user, order.side, order.price, remaining, reason)


def _would_cross(order: LimitOrder, seq: int) -> OrderRejected:
    return OrderRejected(
        seq, order.order_id, order.user, order.side, order.price, order.remaining, "post_only_would_cross"
    )


def _continues(order: LimitOrder, remaining: int, seq: int) -> OrderContinues:
    return OrderContinues(seq, *order._replace(remaining=remaining))
