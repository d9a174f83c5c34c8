"""Does the digest tell two books apart, and does it mean the same tomorrow?"""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engine.book import Book
from chalicelib.engine.digest import DIGEST_MODULUS, weight
from chalicelib.engine.events import OrderRested
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder, StopOrder
from chalicelib.ids import OrderId
from chalicelib.market import COUNT_MAX

from .books import taker, three_asks
from .commands import ENOUGH

counts = st.integers(1, COUNT_MAX)


def book_of(*orders: tuple[int, int, int]) -> Book:
    """Of orders given as (arrival, price, remaining)."""
    resting = [
        Resting(arrival, f"order-{arrival}", "ann", "buy", price, COUNT_MAX, remaining, 0, 0)
        for arrival, price, remaining in orders
    ]
    return restored_with(resting, [])


def restored_with(resting: list[Resting], stops: list[StopOrder]) -> Book:
    return Book.restore(
        resting,
        stops=stops,
        timers={},
        next_seq=9,
        next_trade_id=1,
        last_price=None,
        reference=None,
        mode="open",
        mode_reason="",
        unfinished=None,
    )


def sleeper(remaining: int, budget: int = 0) -> StopOrder:
    order = LimitOrder("order-1", "ann", "buy", 9, remaining, remaining, "ioc", budget=budget)
    return StopOrder(order, "entry", 8, arrival=3)


@given(counts, counts, counts, counts)
def test_one_wrong_quantity_always_shows(arrival: int, price: int, remaining: int, other: int) -> None:
    one, two = book_of((arrival, price, remaining)), book_of((arrival, price, other))
    assert (one.checksum == two.checksum) == (remaining == other)


@given(counts, counts)
def test_a_weight_is_odd(arrival: int, price: int) -> None:
    assert weight(arrival, price) % 2 == 1


def test_two_orders_that_swapped_places_show() -> None:
    assert book_of((1, 5, 10), (2, 5, 20)).checksum != book_of((1, 5, 20), (2, 5, 10)).checksum


def test_a_sleeping_order_counts_with_its_stop_price_and_what_it_may_buy_or_spend() -> None:
    assert restored_with([], [sleeper(7)]).checksum == weight(3, 8) * 7 % DIGEST_MODULUS
    assert restored_with([], [sleeper(0, budget=50)]).checksum == weight(3, 8) * 50 % DIGEST_MODULUS


def test_weights_of_neighbors_do_not_repeat() -> None:
    pairs = [(arrival, price) for arrival in range(1, 200) for price in range(1, 200)]
    assert len({weight(*pair) % DIGEST_MODULUS for pair in pairs}) == len(pairs)


def test_an_empty_book_counts_zero_and_so_does_one_that_was_emptied() -> None:
    book = Book()
    assert book.checksum == 0
    book.apply(OrderRested(1, "order-1", "ann", "buy", 5, 3, 3, 0, 0))
    assert book.checksum == weight(1, 5) * 3 % DIGEST_MODULUS
    canceled = book.cancellation("order-1", "requested")
    assert canceled is not None
    book.apply(canceled)
    assert book.checksum == 0


def test_what_was_taken_back_before_anybody_asked_counts_for_nothing() -> None:
    """Who came before the mark counts, who came after it does not, and who comes again counts once."""
    book = three_asks()
    book.mark()
    for _ in range(2):
        book.rollback()
        book.cancel(OrderId("a2"), "requested")
        book.place(taker(7, price=101), ENOUGH)
    kept = restored_with(list(book.resting()), [])
    assert [order.order_id for order in book.resting()] == ["taker", "a3"]
    assert book.checksum == kept.checksum
    book.rollback()
    assert book.checksum == three_asks().checksum


def test_who_comes_after_a_rollback_and_leaves_before_anybody_asks_counts_for_nothing() -> None:
    book = three_asks()
    book.mark()
    book.place(taker(7, price=99), ENOUGH)
    assert book.checksum != three_asks().checksum
    book.rollback()
    book.place(taker(7, price=99), ENOUGH)
    book.cancel(OrderId("taker"), "requested")
    assert book.checksum == three_asks().checksum


def test_who_comes_again_before_anybody_asks_counts_once() -> None:
    book = Book()
    for _ in range(2):
        book.cancel(OrderId("taker"), "requested")
        book.place(taker(7), ENOUGH)
    assert book.checksum == restored_with(list(book.resting()), []).checksum


def test_stored_digests_keep_their_meaning() -> None:
    """Changing the weight makes every stored journal look corrupt: if you must, migrate them."""
    assert book_of((1, 100, 7), (12_345, 26_400, 3), (2**40, 99, 2**50)).checksum == 0x67E14BC4E81D9030
