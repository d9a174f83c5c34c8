"""What if a command is about an order that the book has never seen?

The stored order tells: it is still pending, or it has ended, or store and book disagree.
"""

from chalicelib.engine.ends import canceled, rejected
from chalicelib.engine.events import OrderCanceled, OrderRejected, RejectReason
from chalicelib.errors import BookCorrupt
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.ports import OrderReader
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import OrderId, UserId, place_command


def reject_unseen(
    step: Step, user: UserId, order_id: OrderId, reason: RejectReason, orders: OrderReader
) -> None:
    """End an order that the book never took in, and give its hold back."""
    record = _pending(step, user, order_id, orders)
    if record is not None:
        _end(step, rejected(record.as_limit_order(), step.book.next_seq, reason))


def cancel_unseen(step: Step, user: UserId, order_id: OrderId, orders: OrderReader) -> bool:
    """The same at its owner's wish. Whether there was such an order."""
    record = _pending(step, user, order_id, orders)
    if record is None:
        return False
    _end(step, canceled(record.as_limit_order(), step.book.next_seq, "requested"))
    return True


def _pending(step: Step, user: UserId, order_id: OrderId, orders: OrderReader) -> OrderRecord | None:
    """The stored order if the book has never seen it and it has not ended.

    What this very step has ended is not yet stored as ended, so that is asked first.
    """
    known = step.book.knows(order_id) or step.end_of(order_id) is not None
    record = None if known else orders.get(user, order_id)
    if record is None or not record.is_open or record.market != step.replica.market.id:
        return None
    if record.status != "pending" or place_command(order_id) in step.replica.done:
        raise BookCorrupt(f"order {order_id} is stored as open, but the book does not hold it")
    return record


def _end(step: Step, event: OrderCanceled | OrderRejected) -> None:
    """The place command counts as done, so that it does nothing if it still arrives."""
    step.take(event)
    step.complete(place_command(event.order_id))
