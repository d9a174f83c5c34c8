"""How do orders end because their owner wants it: one, all of them, or all unless he says otherwise?"""

from chalicelib.engine.events import CancelAllTimerSet
from chalicelib.flows.matcher.late import is_late
from chalicelib.flows.matcher.step import WRITES_PER_COMMAND, Step
from chalicelib.flows.matcher.unseen import cancel_unseen
from chalicelib.flows.ports import OrderReader
from chalicelib.flows.records.commands import CancelAll, CancelOrder, SetCancelAllTimer


def cancel(step: Step, command: CancelOrder, orders: OrderReader) -> None:
    if is_late(step, command.id, command.accept_until_ms):
        return
    if step.book.mode == "halted":
        step.fail(command.id, "market_halted")
        return
    order = step.book.find(command.order_id)
    if order is not None:
        if order.user == command.user:
            step.book.cancel(command.order_id, "requested", step.note)
            step.complete(command.id)
    elif cancel_unseen(step, command.user, command.order_id, orders):
        step.complete(command.id)


def cancel_all(step: Step, command: CancelAll) -> bool:
    """False: there are more than the step has room for; come again for the rest.

    It stays the first of its queue until it is whole, so no order of later comes under it.
    """
    if is_late(step, command.id, command.accept_until_ms):
        return True
    if step.book.mode == "halted":
        step.fail(command.id, "market_halted")
        return True
    for order in step.book.orders_of(command.user):
        if command.side not in (None, order.side):
            continue
        if step.room < WRITES_PER_COMMAND:
            step.begin(command.id)
            return False
        step.book.cancel(order.order_id, "cancel_all", step.note)
    step.complete(command.id)
    return True


def set_timer(step: Step, command: SetCancelAllTimer) -> None:
    if is_late(step, command.id, command.accept_until_ms):
        return
    if step.book.mode == "halted":
        step.fail(command.id, "market_halted")
        return
    if command.deadline_ms or command.user in step.book.timers:
        step.take(CancelAllTimerSet(step.book.next_seq, command.user, command.deadline_ms))
    step.complete(command.id)
