"""Which story does a command begin?"""

from chalicelib.flows.matcher.amend import expire_replace, reduce, replace
from chalicelib.flows.matcher.cancel import cancel, cancel_all, set_timer
from chalicelib.flows.matcher.mode import set_mode
from chalicelib.flows.matcher.place import place
from chalicelib.flows.matcher.step import WRITES_PER_COMMAND, Step
from chalicelib.flows.matcher.unseen import reject_unseen
from chalicelib.flows.ports import OrderReader
from chalicelib.flows.records.commands import (
    CancelAll,
    CancelOrder,
    Command,
    ExpireReplace,
    ExpireUnseen,
    PlaceOrder,
    ReduceOrder,
    ReplaceOrder,
    SetCancelAllTimer,
    SetMode,
    Tick,
    Unreadable,
)
from chalicelib.ids import UserId


def take(step: Step, command: Command, orders: OrderReader, avoid: UserId | None = None) -> bool:
    """Take one command into the step. False: it did not fit, or not to its end; come again.

    A command that changes nothing (done before, too late, nothing to cancel) is taken too.
    Raises BookCorrupt when what is stored contradicts the book.
    """
    if command.id in step.replica.done or command.id in step.done:
        return True
    if step.room < WRITES_PER_COMMAND:
        return False
    match command:
        case PlaceOrder():
            return place(step, command, orders, avoid)
        case ReplaceOrder():
            return replace(step, command, orders, avoid)
        case CancelAll():
            return cancel_all(step, command)
        case _:
            _take_whole(step, command, orders)
            return True


def _take_whole(
    step: Step,
    command: CancelOrder
    | ReduceOrder
    | ExpireUnseen
    | ExpireReplace
    | SetCancelAllTimer
    | SetMode
    | Tick
    | Unreadable,
    orders: OrderReader,
) -> None:
    """Commands that fit wherever one command fits."""
    match command:
        case CancelOrder():
            cancel(step, command, orders)
        case ReduceOrder():
            reduce(step, command)
        case ExpireUnseen():
            reject_unseen(step, command.user, command.order_id, "unseen", orders)
        case ExpireReplace():
            expire_replace(step, command, orders)
        case SetCancelAllTimer():
            set_timer(step, command)
        case SetMode():
            set_mode(step, command)
        case Unreadable():
            step.fail(command.id, "unreadable", command.reason)
        case Tick():
            pass  # it only wakes the matcher, which does what is due before any command
