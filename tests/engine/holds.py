"""How much is still held for each order, told from nothing but what was asked and what happened?

Counts are lots for a sell and ticks x lots for a buy, as in the events.
"""

from collections import defaultdict

from chalicelib.engine.book import Book
from chalicelib.engine.events import (
    Event,
    OrderCanceled,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    ReplaceRefused,
)
from chalicelib.engine.level import Resting
from chalicelib.engine.order import OPPOSITE, LimitOrder, Side


class Holds:
    """`left` is what is held for each order. What is held for a replace is put to it at once."""

    def __init__(self) -> None:
        self.left: dict[str, int] = defaultdict(int)

    def take(self, order_id: str, count: int) -> None:
        self.left[order_id] += count

    def follow(self, event: Event) -> None:
        match event:
            case OrderFilled():
                self.pay(event.maker_id, OPPOSITE[event.taker_side], event)
                self.pay(event.taker_id, event.taker_side, event)
                self.left[event.taker_id] -= event.released
            case OrderCanceled() | OrderRejected():
                self.left[event.order_id] -= event.held
            case OrderReduced() | OrderReplaced():
                self.left[event.order_id] -= event.released
            case ReplaceRefused():
                self.left[event.order_id] -= event.extra

    def pay(self, order_id: str, side: Side, fill: OrderFilled) -> None:
        self.left[order_id] -= fill.quantity * (fill.price if side == "buy" else 1)

    def held(self) -> dict[str, int]:
        return {order_id: count for order_id, count in self.left.items() if count}


def held_by(book: Book) -> dict[str, int]:
    """By order, what its own price and what remains of it ask for."""
    orders: list[Resting | LimitOrder] = [*book.resting(), *(stop.order for stop in book.stops())]
    if book.unfinished is not None:
        orders.append(book.unfinished)
    return {order.order_id: order.hold_count for order in orders}
