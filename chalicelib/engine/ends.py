"""How does an order end that was not filled whole? With an event that gives its hold back."""

from chalicelib.engine.events import CancelReason, OrderCanceled, OrderRejected, RejectReason, make
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder


def canceled(order: LimitOrder | Resting, seq: int, reason: CancelReason) -> OrderCanceled:
    """What remains of the order now will never be filled."""
    return make(
        OrderCanceled,
        (seq, order.order_id, order.user, order.side, order.remaining, order.hold_count, reason),
    )


def rejected(order: LimitOrder, seq: int, reason: RejectReason) -> OrderRejected:
    """The order never enters the book, and nothing of it was filled."""
    return OrderRejected(
        seq, order.order_id, order.user, order.side, order.remaining, order.hold_count, reason
    )
