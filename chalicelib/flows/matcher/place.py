"""What becomes of an order that comes in?"""

from chalicelib.engine.admission import refusal
from chalicelib.engine.ends import rejected
from chalicelib.engine.events import Event, OrderContinues
from chalicelib.engine.order import LimitOrder
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.matcher.unseen import reject_unseen
from chalicelib.flows.ports import OrderReader
from chalicelib.flows.records.commands import PlaceOrder
from chalicelib.ids import UserId, place_command


def place(step: Step, command: PlaceOrder, orders: OrderReader, avoid: UserId | None) -> bool:
    """False: come again, since the order was not matched, or not to its end."""
    order, book = command.order, step.book
    if step.time_ms > command.accept_until_ms:
        reject_unseen(step, order.user, order.order_id, "late", orders)
        return True
    if book.knows(order.order_id):
        return True  # half of it is done, and the rest waits for the market to open
    stop, stop_price = command.stop, command.stop_price
    reason = refusal(book, order, step.rules, stop, stop_price, now_ms=step.time_ms)
    if reason is not None:
        step.take(rejected(order, book.next_seq, reason), order)
    elif stop is not None:
        step.take(book.arm(order, stop, stop_price))
    elif not match(step, order, avoid):
        if book.unfinished is not None:
            step.begin(command.id)
        return False
    step.complete(command.id)
    return True


def match(step: Step, order: LimitOrder, avoid: UserId | None, *, waits: bool = True) -> bool:
    """Match as far as the step has room; True when nothing of the order is left to do.

    An order that `waits` somewhere (in the queue, or to go on) does so if nothing of it can be done.
    """

    def note(event: Event) -> None:
        step.note(event, order)

    events = step.book.place(order, step.fills_max, avoid, waits=waits, witness=note)
    return bool(events) and not isinstance(events[-1], OrderContinues)


def go_on(step: Step, order: LimitOrder, avoid: UserId | None) -> bool:
    """The same for the order whose sweep was cut: its place command is done when nothing is left."""
    whole = match(step, order, avoid)
    command = place_command(order.order_id)
    if whole and step.replica.begun == command:
        step.complete(command)
    return whole
