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
    room = fills_max
    for maker in makers.willing(order.price):
        if order.budget < maker.price:
            break
        own = maker.user == order.user
        if room == 0 or (maker.user == avoid and not own):
            events.append(OrderContinues(seq, order))
            return events
        room -= 1
        more, left = prevent(order, maker, seq) if own else _buy(order, maker, seq, trade_id)
        events += more
        seq += len(more)
        trade_id += not own
        if left is None:
            return events
        order = left
    events.append(canceled(order, seq, "ioc_remainder"))
    return events


def _buy(order: LimitOrder, maker: Resting, seq: int, trade_id: int) -> tuple[list[Event], LimitOrder | None]:
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
    return [fill], None if ended else order._replace(quantity=order.quantity + lots, budget=budget)
