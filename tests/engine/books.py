"""The small books of the tests that name their orders: three sellers, perhaps amid a sweep."""

from chalicelib.engine.book import Book
from chalicelib.engine.events import ModeChanged, OrderRested
from chalicelib.engine.order import LimitOrder, Side, TimeInForce


def rested(seq: int, order_id: str, user: str, side: Side, price: int, quantity: int) -> OrderRested:
    return OrderRested(seq, order_id, user, side, price, quantity, quantity, 0, 0)


def taker(quantity: int, tif: TimeInForce = "gtc", user: str = "dee", price: int = 103) -> LimitOrder:
    return LimitOrder("taker", user, "buy", price, quantity, quantity, tif)


def sleeper(order_id: str = "s1", user: str = "ann") -> LimitOrder:
    return LimitOrder(order_id, user, "sell", 99, 5, 5, "gtc")


def three_asks() -> Book:
    """ann 5 at 101, ben 5 at 101, cid 5 at 102."""
    book = Book()
    book.apply(rested(1, "a1", "ann", "sell", 101, 5))
    book.apply(rested(2, "a2", "ben", "sell", 101, 5))
    book.apply(rested(3, "a3", "cid", "sell", 102, 5))
    return book


def cut_book(quantity: int = 12) -> Book:
    """three_asks after one fill of a taker that goes on, if it wants more than 5."""
    book = three_asks()
    for event in book.decide(taker(quantity), 1):
        book.apply(event)
    return book


def halted_amid_a_sweep() -> Book:
    book = cut_book()
    book.apply(ModeChanged(6, "halted", "book and store disagree"))
    return book
