"""With whom does an incoming order trade, and what becomes of the rest of it?

Price-time priority: the best price first and, at one price, who came first. A trade is made
at the price of the order that was there before (the maker); the incoming order (the taker)
never gets a worse price than its limit. Nothing is changed here: the answer is the list of
events that would do it.
"""

from chalicelib.engine.budget import spend
from chalicelib.engine.ends import canceled, rejected
from chalicelib.engine.events import Event, OrderContinues, OrderFilled, OrderRested, make
from chalicelib.engine.fill_or_kill import unfillable
from chalicelib.engine.order import LimitOrder
from chalicelib.engine.self_trade import prevent
from chalicelib.engine.side import BookSide
from chalicelib.ids import UserId


def match(
    order: LimitOrder, makers: BookSide, seq: int, trade_id: int, fills_max: int, avoid: UserId | None
) -> list[Event]:
    """The events of `order`, counted from `seq` and `trade_id`, against the other side's `makers`."""
    tif = order.tif
    if tif == "fok" and (reason := unfillable(order, makers)):
        return [rejected(order, seq, reason)]
    if makers.best_rank < order.price * makers.sign:  # not reached_by: asked of every order
        return [_unmatched(order, order.remaining, seq)]
    if tif == "postonly":
        return [rejected(order, seq, "post_only_would_cross")]
    trade = spend if order.budget else _sweep
    return trade(order, makers, seq, trade_id, fills_max, avoid)


def _sweep(
    order: LimitOrder, makers: BookSide, seq: int, trade_id: int, fills_max: int, avoid: UserId | None
) -> list[Event]:
    """One trade after the other, until nothing is left or a reason to stop is met."""
    taker_id, taker, side, limit, _, remaining, _, _, _, _, _, _ = order
    events: list[Event] = []
    room = fills_max
    for level in makers.reached(limit):
        price = level.price
        better = limit - price if side == "buy" else 0
        for maker in level:
            own = maker.user == taker
            if room == 0 or (maker.user == avoid and not own):
                events.append(OrderContinues(seq, order._replace(remaining=remaining)))
                return events
            room -= 1
            if own:
                prevented, left = prevent(order._replace(remaining=remaining), maker, seq)
                events += prevented
                if left is None:
                    return events
                order, remaining = left, left.remaining
                seq += len(prevented)
                continue
            there = maker.remaining
            lots = there if there < remaining else remaining
            remaining -= lots
            fill = (
                seq,
                trade_id,
                maker.order_id,
                maker.user,
                taker_id,
                taker,
                side,
                price,
                lots,
                there - lots,
                remaining,
                better * lots,
            )
            events.append(make(OrderFilled, fill))
            if remaining == 0:
                return events
            seq += 1
            trade_id += 1
    events.append(_unmatched(order, remaining, seq))
    return events


def _unmatched(order: LimitOrder, remaining: int, seq: int) -> Event:
    """What nobody takes waits in the book, unless its owner said immediate or cancel."""
    order_id, user, side, price, quantity, _, tif, _, expires_ms, maker_ppm, _, budget = order
    if tif in ("ioc", "fok") or budget:
        return canceled(order._replace(remaining=remaining), seq, "ioc_remainder")
    return make(OrderRested, (seq, order_id, user, side, price, quantity, remaining, expires_ms, maker_ppm))
