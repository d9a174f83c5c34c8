"""A taker who crosses more makers than one transaction can hold, and what comes of it uncut."""

from collections.abc import Iterator

from chalicelib.engine.book import Book
from chalicelib.engine.events import OrderFilled
from chalicelib.engine.order import LimitOrder
from chalicelib.ids import OrderId, UserId

from .world import World

MAKERS = [UserId(f"maker-{n}") for n in range(7)]
COUNT = 65
LOTS = 10
PRICE = 10_000


def rest_makers(world: World, count: int = COUNT, users: list[UserId] | None = None) -> list[OrderId]:
    """Sell orders at rising prices, resting."""
    users = users or MAKERS
    world.fund(*users)
    orders = [world.place(users[n % len(users)], "sell", LOTS, PRICE + n) for n in range(count)]
    world.settle()
    return orders


def place_crossing(world: World, count: int = COUNT, lots: int = COUNT * LOTS) -> OrderId:
    """A buy order that takes the first `count` of them, and has `lots` in all."""
    world.fund("taker")
    return world.place("taker", "buy", lots, PRICE + count - 1)


Fill = tuple[OrderId, OrderId, int, int, int]


def fills(world: World) -> list[Fill]:
    """(maker, taker, price, quantity, trade id) of every trade in the journal."""
    events = (event for entry in world.journal() for event in entry.events)
    return list(_fills(events))


def uncut(makers: list[OrderId], taker: OrderId, count: int = COUNT, lots: int = COUNT * LOTS) -> list[Fill]:
    """What the engine does when nothing limits it."""
    book = Book()
    for number, order_id in enumerate(makers):
        user = MAKERS[number % len(MAKERS)]
        _apply(book, LimitOrder(order_id, user, "sell", PRICE + number, LOTS, LOTS, "gtc"))
    order = LimitOrder(taker, UserId("taker"), "buy", PRICE + count - 1, lots, lots, "gtc")
    return list(_fills(_apply(book, order)))


def _apply(book: Book, order: LimitOrder) -> list[object]:
    events = book.decide(order, fills_max=10_000)
    for event in events:
        book.apply(event)
    return list(events)


def _fills(events: object) -> Iterator[Fill]:
    for event in events:  # type: ignore[attr-defined]
        if isinstance(event, OrderFilled):
            yield event.maker_id, event.taker_id, event.price, event.quantity, event.trade_id
