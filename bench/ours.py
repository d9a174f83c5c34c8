"""How do the benchmarks speak to our own engine?

The one file here that knows it. Every command is done, with all its events.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.engine.book import Book
from chalicelib.engine.events import Event, OrderFilled, OrderRested, make
from chalicelib.engine.order import LimitOrder, Side
from chalicelib.ids import OrderId, UserId

FILLS_MAX = 20
BATCH = 10


class Ours:
    """Keeps the events of those orders that traded; all others are made, applied and let go."""

    def __init__(self) -> None:
        self.book = Book()
        self.traded: list[list[Event]] = []

    def run(self, commands: Sequence[Any]) -> None:
        book = self.book
        place, cancel = book.place, book.cancel
        for command in commands:
            if len(command) == 1:
                cancel(command.id, "requested")
                continue
            order_id, user, side, price, quantity = command
            parts = (order_id, user, side, price, quantity, quantity, "gtc", "cn", 0, 0, 0, 0)
            events = place(make(LimitOrder, parts), FILLS_MAX)
            if type(events[0]) is OrderRested:
                continue
            while book.unfinished is not None:
                events += place(book.unfinished, FILLS_MAX)
            self.traded.append(events)

    def run_marked(self, commands: Sequence[Any]) -> None:
        """As the matcher: a mark before every batch, to take it back, and the digest after it."""
        for start in range(0, len(commands), BATCH):
            self.book.mark()
            self.run(commands[start : start + BATCH])
            assert self.book.checksum >= 0

    def forget(self) -> None:
        self.traded.clear()

    def fills(self) -> list[tuple[str, str, int, int]]:
        """(taker, maker, price, quantity) of every trade, in order."""
        return [
            (event.taker_id, event.maker_id, event.price, event.quantity)
            for events in self.traded
            for event in events
            if isinstance(event, OrderFilled)
        ]

    def rests(self, order_id: str) -> bool:
        return order_id in self.book.orders

    @property
    def resting(self) -> int:
        return len(self.book.orders)


def limit_order(order_id: OrderId, user: UserId, side: Side, price: int, quantity: int) -> LimitOrder:
    return LimitOrder(order_id, user, side, price, quantity, quantity, "gtc")
