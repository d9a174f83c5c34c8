"""What may follow an order that is not at its end, and what must wait for it?"""

from typing import TYPE_CHECKING

from chalicelib.engine.events import (
    CancelAllTimerSet,
    Event,
    ModeChanged,
    OrderArmed,
    OrderCanceled,
    OrderContinues,
    OrderFilled,
    OrderRejected,
    ReplaceRefused,
    TradePrevented,
)
from chalicelib.engine.order import LimitOrder
from chalicelib.errors import BookCorrupt
from chalicelib.ids import OrderId

if TYPE_CHECKING:
    from chalicelib.engine.state import BookState


def require_turn(book: "BookState", unfinished: LimitOrder, event: Event) -> None:
    """Only the same order's events may follow a cut; raises BookCorrupt for any other.

    The mode may change at any time. While the market is halted the sweep waits, and whatever
    comes may be turned away: that touches no order in the book.
    """
    if isinstance(event, ModeChanged) or (book.mode == "halted" and _turns_away(book, event)):
        return
    acting = _acting(event)
    if acting != unfinished.order_id:
        raise BookCorrupt(f"event {event.seq}: {acting} came amid the sweep of {unfinished.order_id}")


def _turns_away(book: "BookState", event: Event) -> bool:
    if isinstance(event, OrderCanceled | OrderRejected):
        return not book.is_open(event.order_id)
    return isinstance(event, ReplaceRefused | CancelAllTimerSet)


def _acting(event: Event) -> OrderId | None:
    """Whose event it is: the taker's, if two orders met."""
    if isinstance(event, OrderFilled | TradePrevented):
        return event.taker_id
    if isinstance(event, OrderContinues | OrderArmed):
        return event.order.order_id
    return None if isinstance(event, ModeChanged | CancelAllTimerSet) else event.order_id
