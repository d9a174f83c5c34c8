"""What goes before any command: what was begun, what is due by now, which stops have woken?"""

from chalicelib.engine.events import CancelAllTimerSet
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.matcher.place import go_on, match
from chalicelib.flows.matcher.step import WRITES_PER_COMMAND, Step, rules_of
from chalicelib.ids import UserId


def first_of(replica: Replica, now_ms: int) -> str | None:
    """Whose turn it is: an order's, or a user's whose switch goes off. In a halted market nobody's."""
    book = replica.book
    if book.halted is not None:
        return None
    if book.unfinished is not None:
        return book.unfinished.order_id
    event = book.next_due(replica.clock_ms(now_ms)) or book.triggered(rules_of(replica.market))
    if event is None:
        return None
    return event.user if isinstance(event, CancelAllTimerSet) else event.order_id


def catch_up(step: Step, avoid: UserId | None) -> bool:
    """All of it, as far as the step has room; False: there is more to do before any command."""
    book = step.book
    if book.halted is not None:
        return True
    if book.unfinished is not None and not go_on(step, book.unfinished, avoid):
        return False
    return _end_what_is_due(step) and _wake_stops(step, avoid)


def _end_what_is_due(step: Step) -> bool:
    while (event := step.book.next_due(step.time_ms)) is not None:
        if step.room < WRITES_PER_COMMAND:
            return False
        step.take(event)
    return True


def _wake_stops(step: Step, avoid: UserId | None) -> bool:
    """One after the other: each may move the price, and so wake the next."""
    while (event := step.book.triggered(step.rules)) is not None:
        if step.room < WRITES_PER_COMMAND:
            return False
        step.take(event)
        order = step.book.unfinished
        if order is not None and not match(step, order, avoid):
            return False
    return True
