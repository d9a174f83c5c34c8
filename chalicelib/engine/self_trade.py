"""What becomes of two orders of one user that would trade with each other?

The taker's owner has said it: the newer order is canceled (cn), the older (co), both (cb), or
the smaller one while the larger shrinks by it (dc).
"""

from chalicelib.engine.amend import reduced
from chalicelib.engine.ends import canceled
from chalicelib.engine.events import Event, OrderReduced, TradePrevented
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder


def prevent(taker: LimitOrder, maker: Resting, seq: int) -> tuple[list[Event], LimitOrder | None]:
    """The events, counted from `seq`, and the taker as it goes on; None: it has ended."""
    size = taker.budget // maker.price if taker.budget else taker.remaining
    lots = min(size, maker.remaining)
    events: list[Event] = [_prevented(taker, maker, lots, seq)]
    keeps_taker = taker.self_trade == "co" or (taker.self_trade == "dc" and lots < size)
    keeps_maker = taker.self_trade == "cn" or (taker.self_trade == "dc" and lots < maker.remaining)
    if not keeps_maker:
        events.append(canceled(maker, seq + len(events), "self_trade"))
    elif taker.self_trade == "dc":
        events.append(reduced(seq + len(events), maker, lots, "self_trade"))
    if not keeps_taker:
        events.append(canceled(taker, seq + len(events), "self_trade"))
        return events, None
    if taker.self_trade == "dc":
        event, taker = _shrunk(taker, maker.price, lots, seq + len(events))
        events.append(event)
    return events, taker


def _prevented(taker: LimitOrder, maker: Resting, lots: int, seq: int) -> TradePrevented:
    return TradePrevented(
        seq, maker.order_id, taker.order_id, taker.user, taker.side, maker.price, lots, taker.self_trade
    )


def _shrunk(taker: LimitOrder, price: int, lots: int, seq: int) -> tuple[OrderReduced, LimitOrder]:
    if not taker.budget:
        event = reduced(seq, taker, lots, "self_trade")
        return event, taker._replace(quantity=event.quantity, remaining=event.remaining)
    spent = price * lots
    event = reduced(seq, taker, 0, "self_trade")._replace(released=spent)
    return event, taker._replace(budget=taker.budget - spent)
