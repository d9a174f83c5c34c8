"""A taker who crosses more makers than one transaction can hold, and what comes of it uncut."""

from chalicelib.engine.book import Book
from chalicelib.engine.events import Event, OrderFilled
from chalicelib.engine.order import LimitOrder
from chalicelib.ids import OrderId, UserId

from .world import World

MAKERS = [UserId(f"maker-{n}") for n in range(7)]
COUNT = 65
LOTS = 10
PRICE = 10_000

# Maker, taker, price, quantity, trade id.
Fill = tuple[OrderId, OrderId, int, int, int]


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


def fills(world: World) -> list[Fill]:
    """Every trade in the journal."""
    return [_plain(fill) for fill in world.fills()]


def uncut(makers: list[OrderId], taker: OrderId, count: int = COUNT, lots: int = COUNT * LOTS) -> list[Fill]:
    """What the engine does when nothing limits it."""
    book = Book()
    for number, order_id in enumerate(makers):
        user = MAKERS[number % len(MAKERS)]
        _apply(book, LimitOrder(order_id, user, "sell", PRICE + number, LOTS, LOTS, "gtc"))
    order = LimitOrder(taker, UserId("taker"), "buy", PRICE + count - 1, lots, lots, "gtc")
    return [_plain(event) for event in _apply(book, order) if isinstance(event, OrderFilled)]


def _apply(book: Book, order: LimitOrder) -> list[Event]:
    events = book.decide(order, fills_max=10_000)
    for event in events:
        book.apply(event)
    return events


def _plain(fill: OrderFilled) -> Fill:
    return fill.maker_id, fill.taker_id, fill.price, fill.quantity, fill.trade_id
