"""Can an order be filled whole, here and now?"""

from typing import Literal

from chalicelib.engine.order import LimitOrder
from chalicelib.engine.side import BookSide


def unfillable(order: LimitOrder, makers: BookSide) -> Literal["fok_unfillable", "self_trade"] | None:
    """Why a fill-or-kill order may not begin; None: it may, or it has begun.

    Own orders do not count if they would only be canceled; any other way to prevent the trade
    would leave the order unfilled.
    """
    if _has_begun(order):
        return None
    lots, budget = order.remaining, order.budget
    for maker in makers.willing(order.price):
        size = budget // maker.price if order.budget else lots
        if order.budget and size == 0:
            break
        if maker.user == order.user:
            if order.self_trade != "co":
                return "self_trade"
            continue
        # What remains of a budget then pays for less than one more lot.
        if size <= maker.remaining:
            return None
        lots -= maker.remaining
        budget -= maker.remaining * maker.price
    return "fok_unfillable"


def _has_begun(order: LimitOrder) -> bool:
    """A sweep that was cut finds the makers that were counted before."""
    return order.quantity > 0 if order.budget else order.remaining < order.quantity
