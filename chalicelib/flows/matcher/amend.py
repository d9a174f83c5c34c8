"""What becomes of an open order that its owner wants otherwise?

For a replace an extra hold was taken when it was promised. Whatever comes of it, the step
that says so also takes the mark off the stored order and gives back what is not needed.
"""

from chalicelib.engine.events import AmendRefusal, OrderReplaced, ReplaceRefused
from chalicelib.errors import BookCorrupt
from chalicelib.flows.matcher.late import is_late
from chalicelib.flows.matcher.place import match
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.ports import OrderReader
from chalicelib.flows.records.commands import ExpireReplace, ReduceOrder, ReplaceOrder
from chalicelib.ids import CommandId, OrderId, UserId


def reduce(step: Step, command: ReduceOrder) -> None:
    if is_late(step, command.id, command.accept_until_ms):
        return
    event = step.book.reduce(command.order_id, command.quantity)
    if isinstance(event, str):
        step.fail(command.id, event)
    elif event.user != command.user:
        step.fail(command.id, "order_not_open")
    else:
        step.take(event)
        step.complete(command.id)


def replace(step: Step, command: ReplaceOrder, orders: OrderReader, avoid: UserId | None) -> bool:
    """False: come again, since there is no room to match the order in its new form."""
    order = command.order
    if step.time_ms > command.accept_until_ms:
        refuse_stored(step, order.user, order.order_id, command.id, "late", orders)
        return True
    if step.fills_max == 0:
        return False
    event = step.book.replace(order, command.extra, command.id, step.rules)
    step.take(event)
    if isinstance(event, ReplaceRefused):
        step.fail(command.id, event.reason)
        return True
    step.settle_replace(order.order_id, order.user, command.id)
    step.complete(command.id)
    if isinstance(event, OrderReplaced):
        match(step, order._replace(remaining=event.remaining), avoid, waits=False)
    return True


def expire_replace(step: Step, command: ExpireReplace, orders: OrderReader) -> None:
    if refuse_stored(step, command.user, command.order_id, command.replace, "unseen", orders):
        step.complete(command.id)


def refuse_stored(
    step: Step,
    user: UserId,
    order_id: OrderId,
    replace: CommandId,
    reason: AmendRefusal,
    orders: OrderReader,
) -> bool:
    """Refuse a replace whose order still waits for it. Whether it does."""
    record = None if replace in step.done else orders.get(user, order_id)
    if record is None or record.replacing != replace or record.market != step.replica.market.id:
        return False
    if replace in step.replica.done:
        raise BookCorrupt(f"order {order_id} waits for replace {replace}, which is done")
    extra = record.extra // step.replica.market.hold_units(record.side, 1)
    seq = step.book.next_seq
    step.take(ReplaceRefused(seq, order_id, user, record.side, replace, extra, reason))
    step.fail(replace, reason)
    return True
