"""What becomes of an open order that its owner wants otherwise?

A smaller quantity at the same price keeps the order's place; anything else gives it up, and
the order comes again like a new one. What is filled stays filled and counts.
"""

from typing import TYPE_CHECKING

from chalicelib.engine.admission import Rules, mode_refusal, outside_band
from chalicelib.engine.events import (
    AmendRefusal,
    OrderReduced,
    OrderReplaced,
    ReduceReason,
    ReplaceRefused,
)
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder, hold_count
from chalicelib.engine.owners import OpenOrder
from chalicelib.ids import CommandId, OrderId

if TYPE_CHECKING:
    from chalicelib.engine.book import Book


def reduce(book: "Book", order_id: OrderId, quantity: int) -> OrderReduced | AmendRefusal:
    """See Book.reduce."""
    if book.mode == "halted":
        return "market_halted"
    order = book.find(order_id)
    if order is None:
        return "order_not_open"
    if quantity >= order.quantity:
        return "not_a_reduction"
    if quantity <= order.quantity - order.remaining:
        return "quantity_already_filled"
    return reduced(book.next_seq, order, order.quantity - quantity, "requested")


def reduced(seq: int, order: OpenOrder | LimitOrder, lots: int, reason: ReduceReason) -> OrderReduced:
    """The order wants so many lots less, and gives back what it held for them."""
    return OrderReduced(
        seq,
        order.order_id,
        order.user,
        order.side,
        order.quantity - lots,
        order.remaining - lots,
        hold_count(order.side, order.price, lots),
        reason,
    )


def replace(
    book: "Book", order: LimitOrder, extra: int, command: CommandId, rules: Rules
) -> OrderReplaced | OrderReduced | ReplaceRefused:
    """See Book.replace."""
    if book.mode == "halted":  # an order that is cut there goes on later, so it is open
        return _refused(book, order, extra, command, "market_halted")
    old = book.orders.get(order.order_id)
    if old is None or old.user != order.user:
        return _refused(book, order, extra, command, "order_not_open")
    if reason := _refusal(book, old, order, rules):
        return _refused(book, order, extra, command, reason)
    remaining = order.quantity - old.quantity + old.remaining
    released = old.hold_count + extra - hold_count(old.side, order.price, remaining)
    if released < 0:
        return _refused(book, order, extra, command, "hold_too_small")
    same = (book.next_seq, old.order_id, old.user, old.side)
    if _only_less(old, order):
        return OrderReduced(*same, order.quantity, remaining, released, "requested")
    return OrderReplaced(*same, order.price, order.quantity, remaining, released)


def _refused(
    book: "Book", order: LimitOrder, extra: int, command: CommandId, reason: AmendRefusal
) -> ReplaceRefused:
    return ReplaceRefused(book.next_seq, order.order_id, order.user, order.side, command, extra, reason)


def _refusal(book: "Book", old: Resting, new: LimitOrder, rules: Rules) -> AmendRefusal | None:
    if reason := mode_refusal(book.mode, new.tif):
        return reason
    if new.quantity <= old.quantity - old.remaining:
        return "quantity_already_filled"
    if _only_less(old, new):
        return None
    if outside_band(new.price, book.reference, rules):
        return "outside_price_band"
    return "post_only_would_cross" if new.tif == "postonly" and book.would_cross(new) else None


def _only_less(old: Resting, new: LimitOrder) -> bool:
    return new.price == old.price and new.quantity < old.quantity
