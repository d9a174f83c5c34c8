"""What is true of every book after every command, whatever the commands were?"""

from collections import defaultdict

from hypothesis import given, settings

from chalicelib.engine.book import Book
from chalicelib.engine.events import Event, OrderCanceled, OrderFilled, OrderRejected

from .driving import ENOUGH, Command, Engine, Place, command_lists, give, give_all

quick = settings(max_examples=60, deadline=None)


@quick
@given(command_lists)
def test_the_best_bid_is_always_below_the_best_ask(commands: list[Command]) -> None:
    engine = Engine()
    for number, command in enumerate(commands):
        give(engine, number, command)
        bids, asks = engine.book.depth("buy", 1), engine.book.depth("sell", 1)
        if bids and asks:
            assert bids[0][0] < asks[0][0]


@quick
@given(command_lists)
def test_no_lot_is_lost_or_made(commands: list[Command]) -> None:
    engine = Engine()
    placed: dict[str, int] = {}
    for number, command in enumerate(commands):
        new = engine.unfinished is None and isinstance(command, Place)
        give(engine, number, command)
        if new and isinstance(command, Place):
            placed[f"order-{number}"] = command.quantity
        gone = lots_gone(engine.log)
        for order_id, quantity in placed.items():
            assert quantity == gone[order_id] + lots_waiting(engine.book, order_id)


def lots_gone(log: list[Event]) -> dict[str, int]:
    """Lots of each order that were traded, canceled or rejected."""
    gone: dict[str, int] = defaultdict(int)
    for event in log:
        if isinstance(event, OrderFilled):
            gone[event.maker_id] += event.quantity
            gone[event.taker_id] += event.quantity
        elif isinstance(event, OrderCanceled | OrderRejected):
            gone[event.order_id] += event.remaining
    return gone


def lots_waiting(book: Book, order_id: str) -> int:
    if book.unfinished is not None and book.unfinished.order_id == order_id:
        return book.unfinished.remaining
    return book.orders[order_id].remaining if order_id in book.orders else 0


@quick
@given(command_lists)
def test_a_trade_is_at_the_makers_price_within_the_takers_limit_and_between_two_users(
    commands: list[Command],
) -> None:
    engine = Engine()
    limits: dict[str, int] = {}
    for number, command in enumerate(commands):
        if isinstance(command, Place):
            limits[f"order-{number}"] = command.price
        seen = len(engine.log)
        prices = {order_id: order.price for order_id, order in engine.book.orders.items()}
        give(engine, number, command)
        for event in engine.log[seen:]:
            if isinstance(event, OrderFilled):
                assert event.price == prices[event.maker_id]
                taken_at, limit = event.price, limits[event.taker_id]
                assert taken_at <= limit if event.taker_side == "buy" else taken_at >= limit
                assert event.maker != event.taker


@quick
@given(command_lists)
def test_the_user_to_avoid_is_never_a_maker_and_fills_max_is_never_passed(commands: list[Command]) -> None:
    engine = Engine()
    for number, command in enumerate(commands):
        seen = len(engine.log)
        give(engine, number, command)
        if isinstance(command, Place):
            fills = [event for event in engine.log[seen:] if isinstance(event, OrderFilled)]
            assert len(fills) <= command.fills_max
            assert command.avoid not in {fill.maker for fill in fills}


@quick
@given(command_lists)
def test_events_and_trades_are_numbered_from_one_without_a_gap(commands: list[Command]) -> None:
    engine = Engine()
    give_all(engine, commands)
    trades = [event.trade_id for event in engine.log if isinstance(event, OrderFilled)]
    assert [event.seq for event in engine.log] == list(range(1, engine.book.next_seq))
    assert trades == list(range(1, engine.book.next_trade_id))


@quick
@given(command_lists)
def test_a_sweep_continued_step_by_step_makes_the_trades_of_an_uncut_one(commands: list[Command]) -> None:
    cut, uncut = Engine(), Engine()
    for number, command in enumerate(commands):
        if not isinstance(command, Place):
            continue
        give(cut, number, command)
        while cut.book.unfinished is not None:
            cut.place(tuple(cut.book.unfinished), 1, None)
        give(uncut, number, command._replace(fills_max=ENOUGH, avoid=None))
        assert without_numbers(cut.log) == without_numbers(uncut.log)
    assert [order[1:] for order in queue_of(cut)] == [order[1:] for order in queue_of(uncut)]


def without_numbers(log: list[Event]) -> list[tuple[object, ...]]:
    """A cut takes a number of its own, so numbers after it differ; nothing else may."""
    return [(type(event), *event[1:]) for event in log if type(event).__name__ != "OrderContinues"]


def queue_of(engine: Engine) -> list[tuple[object, ...]]:
    return [(order.arrival, order.order_id, order.price, order.remaining) for order in engine.book.resting()]
