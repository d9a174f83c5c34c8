"""What is seen of a book, an order, an event, in plain tuples that can be compared?"""

from copy import deepcopy
from typing import Any, get_args

from chalicelib.engine.book import Book
from chalicelib.engine.events import STORED_NAMES, AmendRefusal, CancelReason, Event, RejectReason
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder, StopOrder
from chalicelib.ids import UserId

from .commands import ENOUGH, FREE

Plain = tuple[Any, ...]

NAMES = {kind: name for name, kind in STORED_NAMES.items()}


def plain_event(event: Event) -> Plain:
    """An order within an event becomes a plain tuple, too."""
    parts = (tuple(part) if isinstance(part, LimitOrder) else part for part in event)
    return (NAMES[type(event)], *parts)


def as_event(name: str, *parts: Any) -> Event:
    """The event that `plain_event`, or JSON, made plain."""
    kind = STORED_NAMES[name]
    return kind(*(LimitOrder(*part) if isinstance(part, list | tuple) else part for part in parts))


def plain_order(order: Resting) -> Plain:
    return (
        order.arrival,
        order.order_id,
        order.user,
        order.side,
        order.price,
        order.quantity,
        order.remaining,
        order.expires_ms,
        order.maker_ppm,
    )


def plain_stop(stop: StopOrder) -> Plain:
    return (tuple(stop.order), *stop[1:])


def queue(book: Book) -> list[Plain]:
    """As Twin.queue."""
    return [plain_order(order) for order in book.resting()]


def asleep(book: Book) -> list[Plain]:
    """As Twin.asleep."""
    return [plain_stop(stop) for stop in book.stops()]


def orders_of(book: Book, user: str) -> list[str]:
    return [order.order_id for order in book.orders_of(UserId(user))]


def whole_state(book: Book) -> Plain:
    """Everything that is in a book, so that another book with the same is the same."""
    return deepcopy(
        (
            queue(book),
            {order_id: plain_order(order) for order_id, order in book.orders.items()},
            asleep(book),
            book.depth("buy", ENOUGH),
            book.depth("sell", ENOUGH),
            {user: (orders_of(book, user), book.open_count(UserId(user))) for user in book._owners},
            dict(book.timers),
            (book._deadlines._expiries, book._deadlines._timers),
            book.next_due_ms,
            book.next_seq,
            book.next_trade_id,
            book.last_price,
            book.reference,
            book.mode,
            book.mode_reason,
            book.unfinished,
            book.triggered(FREE),
            book.checksum,
        )
    )


def restored(book: Book, orders: list[Resting] | None = None) -> Book:
    return Book.restore(
        book.resting() if orders is None else orders,
        stops=book.stops(),
        timers=book.timers,
        next_seq=book.next_seq,
        next_trade_id=book.next_trade_id,
        last_price=book.last_price,
        reference=book.reference,
        mode=book.mode,
        mode_reason=book.mode_reason,
        unfinished=book.unfinished,
    )


def reasons_named() -> set[str]:
    """Every reason for which an order ends, or an owner's wish is not done."""
    return words_of(CancelReason) | words_of(RejectReason) | words_of(AmendRefusal)


def words_of(kind: Any) -> set[str]:
    """The words of a Literal, or of several together."""
    return {word for part in get_args(kind) for word in ([part] if isinstance(part, str) else words_of(part))}
