"""How many lots does an order buy that shall spend so much money?

As many as its budget pays for at each seller's price, until no seller is left within its
limit, or what is left buys not one more lot. It never waits in the book.
"""

from chalicelib.engine.ends import canceled
from chalicelib.engine.events import Event, OrderContinues, OrderFilled
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder
from chalicelib.engine.self_trade import prevent
from chalicelib.engine.side import BookSide
from chalicelib.ids import UserId


def spend(
    order: LimitOrder, makers: BookSide, seq: int, trade_id: int, fills_max: int, avoid: UserId | None
) -> list[Event]:
    """The events of `order`, counted from `seq` and `trade_id`, against the sellers `makers`."""
    events: list[Event] = []
    left: LimitOrder | None = order
    for met, maker in enumerate(makers.willing(order.price)):
        own = maker.user == order.user
        if order.budget < maker.price:
            break
        if met == fills_max or (maker.user == avoid and not own):
            events.append(OrderContinues(seq, order))
            return events
        if own:
            prevented, left = prevent(order, maker, seq)
            events += prevented
            seq += len(prevented)
        else:
            fill, left = _buy(order, maker, seq, trade_id)
            events.append(fill)
            seq += 1
            trade_id += 1
        if left is None:
            return events
        order = left
    events.append(canceled(order, seq, "ioc_remainder"))
    return events


def _buy(order: LimitOrder, maker: Resting, seq: int, trade_id: int) -> tuple[OrderFilled, LimitOrder | None]:
    """One trade, and the order as it goes on; None: what is left buys nothing more.

    Prices only get worse from seller to seller, so whoever can not pay one more lot at this
    price has ended, and what is left goes back with the trade.
    """
    price = maker.price
    lots = min(maker.remaining, order.budget // price)
    budget = order.budget - lots * price
    ended = budget < price
    fill = OrderFilled(
        seq,
        trade_id,
        maker.order_id,
        maker.user,
        order.order_id,
        order.user,
        order.side,
        price,
        lots,
        maker.remaining - lots,
        0 if ended else 1,
        budget if ended else 0,
    )
    return fill, None if ended else order._replace(quantity=order.quantity + lots, budget=budget)
