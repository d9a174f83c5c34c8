"""What does a command cause, given the book and what is stored of its order?"""

from chalicelib.engine.events import (
    MarketHalted,
    MarketResumed,
    OrderCanceled,
    OrderContinues,
    OrderRejected,
    RejectReason,
)
from chalicelib.engine.order import LimitOrder
from chalicelib.errors import BookCorrupt
from chalicelib.flows.matcher.step import WRITES_PER_COMMAND, Step
from chalicelib.flows.ports import OrderReader
from chalicelib.flows.records.commands import (
    CancelOrder,
    Command,
    ExpireUnseen,
    HaltMarket,
    PlaceOrder,
    ResumeMarket,
    Unreadable,
)
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import OrderId, UserId, place_command


def take(step: Step, command: Command, orders: OrderReader, avoid: UserId | None = None) -> bool:
    """Take one command into the step. False: it did not fit, or not to its end; come again.

    A command that changes nothing (done before, too late, nothing to cancel) is taken too.
    Raises BookCorrupt when what is stored contradicts the book.
    """
    if command.id in step.replica.done or command.id in step.done:
        return True
    if step.room < WRITES_PER_COMMAND:
        return False
    if isinstance(command, PlaceOrder):
        return _place(step, command, orders, avoid)
    if isinstance(command, CancelOrder):
        _cancel(step, command, orders)
    elif isinstance(command, ExpireUnseen):
        reject_unseen(step, command.user, command.order_id, "unseen", orders)
    elif isinstance(command, Unreadable):
        step.fail(command.id, command.reason)
    else:
        _switch(step, command)
    return True


def match(step: Step, order: LimitOrder, avoid: UserId | None = None) -> bool:
    """Match one order as far as the step has room; True when nothing of it is left to do."""
    events = step.replica.book.decide(order, step.fills_max, avoid)
    if isinstance(events[0], OrderContinues):
        return False
    for event in events:
        step.take(event, order)
    if isinstance(events[-1], OrderContinues):
        return False
    step.complete(place_command(order.order_id))
    return True


def reject_unseen(
    step: Step, user: UserId, order_id: OrderId, reason: RejectReason, orders: OrderReader
) -> None:
    """End an order that the book never took in, and give its hold back."""
    record = _pending(step, user, order_id, orders)
    if record is not None:
        event = OrderRejected(
            _next_seq(step), order_id, user, record.side, record.price, record.quantity, reason
        )
        _end_unseen(step, event)


def _place(step: Step, command: PlaceOrder, orders: OrderReader, avoid: UserId | None) -> bool:
    order = command.order
    if step.time_ms > command.accept_until_ms:
        reject_unseen(step, order.user, order.order_id, "late", orders)
    elif step.replica.book.halted is not None:
        reject_unseen(step, order.user, order.order_id, "market_halted", orders)
    else:
        return match(step, order, avoid)
    return True


def _cancel(step: Step, command: CancelOrder, orders: OrderReader) -> None:
    book = step.replica.book
    if book.halted is not None:
        step.fail(command.id, "market_halted")
        return
    canceled = book.cancel(command.order_id, "requested")
    if canceled is not None:
        if canceled.user == command.user:
            step.take(canceled)
            step.complete(command.id)
        return
    record = _pending(step, command.user, command.order_id, orders)
    if record is not None:
        event = OrderCanceled(
            _next_seq(step),
            record.id,
            record.user,
            record.side,
            record.price,
            record.quantity,
            "requested",
        )
        _end_unseen(step, event)
        step.complete(command.id)


def _switch(step: Step, command: HaltMarket | ResumeMarket) -> None:
    if step.time_ms > command.accept_until_ms:
        return
    halted = step.replica.book.halted is not None
    if halted != isinstance(command, HaltMarket):
        kind = MarketHalted if isinstance(command, HaltMarket) else MarketResumed
        step.take(kind(_next_seq(step), command.reason))
    # Done even if it changed nothing: delivered again after its opposite, it would.
    step.complete(command.id)


def _pending(step: Step, user: UserId, order_id: OrderId, orders: OrderReader) -> OrderRecord | None:
    """The stored order if the book has never seen it and it has not ended.

    What this very step has ended is not yet stored as ended, so that is asked first.
    """
    book = step.replica.book
    unfinished = book.unfinished is not None and book.unfinished.order_id == order_id
    known = order_id in book.orders or unfinished or step.has_changed(order_id)
    record = None if known else orders.get(user, order_id)
    if record is None or not record.is_open or record.market != step.replica.market.id:
        return None
    if record.status != "pending" or place_command(order_id) in step.replica.done:
        raise BookCorrupt(f"order {order_id} is stored as open, but the book does not hold it")
    return record


def _end_unseen(step: Step, event: OrderCanceled | OrderRejected) -> None:
    """The place command counts as done, so that it does nothing if it still arrives."""
    step.take(event)
    step.complete(place_command(event.order_id))


def _next_seq(step: Step) -> int:
    return step.replica.book.next_seq
