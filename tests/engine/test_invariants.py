"""What is true of every book after every command, whatever the commands were?"""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from chalicelib.engine.book import Book
from chalicelib.engine.digest import DIGEST_MODULUS, weight
from chalicelib.engine.events import Event, OrderFilled, OrderReplaced, TradePrevented
from chalicelib.engine.order import LimitOrder

from .commands import ENOUGH, FREE, Command, Place, Replace, Switch, Wait
from .driving import Day, Engine
from .generating import NARROW, command_lists, seeded_day
from .holds import Holds, held_by

quick = settings(max_examples=40, deadline=None)
crowded_days = pytest.mark.parametrize("seed", range(4))


def books_of(commands: list[Command]) -> Iterator[Book]:
    """The book after each command."""
    engine = Engine()
    day = Day(engine)
    for command in commands:
        day.give(command)
        yield engine.book


def crowded(seed: int) -> list[Command]:
    return seeded_day(seed + 1_000, 300, NARROW)


def no_book_is_crossed(commands: list[Command]) -> None:
    for book in books_of(commands):
        bids, asks = book.depth("buy", 1), book.depth("sell", 1)
        if bids and asks:
            assert bids[0][0] < asks[0][0]


def every_hold_is_accounted_for(commands: list[Command]) -> None:
    engine, holds = Engine(), Holds()
    day = Day(engine)
    for number, command in enumerate(commands):
        seen, known = len(engine.log), set(day.placed)
        events = day.give(command)
        for order_id in set(day.placed) - known:
            holds.take(order_id, LimitOrder(*day.placed[order_id]).hold_count)
        for event in events:
            if event[0] in ("replaced", "replace_refused"):
                assert isinstance(command, Replace)
                holds.take(event[2], command.extra)
            elif isinstance(command, Replace) and event[0] == "reduced" and event[-1] == "requested":
                holds.take(event[2], command.extra)
        for event in engine.log[seen:]:
            holds.follow(event)
        assert min(holds.left.values(), default=0) >= 0, number
        assert holds.held() == held_by(engine.book)


def sums_are_the_sums_of_the_orders(commands: list[Command]) -> None:
    for book in books_of(commands):
        resting, stops = list(book.resting()), list(book.stops())
        for side in ("buy", "sell"):
            for price, quantity, count in book.depth(side, ENOUGH):
                there = [each.remaining for each in resting if (each.side, each.price) == (side, price)]
                assert (quantity, count) == (sum(there), len(there))
        users = [each.user for each in resting] + [each.order.user for each in stops]
        for user in ("ann", "ben", "cid", "dee"):
            assert book.open_count(user) == len(book.orders_of(user)) == users.count(user)
        digests = [weight(each.arrival, each.price) * each.remaining for each in resting]
        digests += [
            weight(each.arrival, each.stop_price) * (each.order.budget or each.order.remaining)
            for each in stops
        ]
        assert book.checksum == sum(digests) % DIGEST_MODULUS


def nothing_is_left_to_do(commands: list[Command]) -> None:
    """After a command that was not cut, nothing is due and no stop is reached."""
    engine = Engine()
    day = Day(engine)
    for command in commands:
        day.give(command)
        if engine.book.unfinished is None:
            assert engine.book.next_due(day.now_ms) is None
            assert engine.book.triggered(FREE) is None


@quick
@given(command_lists)
def test_the_best_bid_is_always_below_the_best_ask(commands: list[Command]) -> None:
    no_book_is_crossed(commands)


@crowded_days
def test_the_best_bid_is_below_the_best_ask_all_through_a_crowded_day(seed: int) -> None:
    no_book_is_crossed(crowded(seed))


@quick
@given(command_lists)
def test_what_was_held_was_paid_or_given_back_or_is_held_still(commands: list[Command]) -> None:
    every_hold_is_accounted_for(commands)


@crowded_days
def test_through_a_crowded_day_what_was_held_was_paid_or_given_back_or_is_held_still(seed: int) -> None:
    every_hold_is_accounted_for(crowded(seed))


@quick
@given(command_lists)
def test_depth_counts_and_checksum_are_the_sums_over_the_orders(commands: list[Command]) -> None:
    sums_are_the_sums_of_the_orders(commands)


@crowded_days
def test_after_each_command_nothing_due_and_no_reached_stop_is_left(seed: int) -> None:
    nothing_is_left_to_do(crowded(seed))


@crowded_days
def test_a_trade_is_at_the_makers_price_within_the_takers_limit_and_between_two_users(seed: int) -> None:
    engine = Engine()
    day = Day(engine)
    for command in crowded(seed):
        seen = len(engine.log)
        prices = {order_id: order.price for order_id, order in engine.book.orders.items()}
        day.give(command)
        limits = {order_id: order[3] for order_id, order in day.placed.items()} | prices
        for event in engine.log[seen:]:
            if isinstance(event, OrderReplaced):
                limits[event.order_id] = prices[event.order_id] = event.price
            if isinstance(event, OrderFilled):
                better = limits[event.taker_id] - event.price
                assert better >= 0 if event.taker_side == "buy" else better <= 0
                assert prices.get(event.maker_id, event.price) == event.price
                assert event.maker != event.taker


@quick
@given(command_lists)
def test_the_user_to_avoid_is_never_a_maker_and_fills_max_is_never_passed(commands: list[Command]) -> None:
    engine = Engine()
    for number, command in enumerate(place for place in commands if isinstance(place, Place)):
        order = (f"order-{number}", *command[:3], command.quantity, command.quantity, command.tif)
        seen = len(engine.log)
        engine.place(tuple(engine.unfinished or order), command.fills_max, command.avoid)
        met = [event for event in engine.log[seen:] if isinstance(event, OrderFilled | TradePrevented)]
        assert len(met) <= command.fills_max
        assert command.avoid not in {event.maker for event in met if isinstance(event, OrderFilled)}


@quick
@given(command_lists)
def test_events_and_trades_are_numbered_from_one_without_a_gap(commands: list[Command]) -> None:
    engine = Engine()
    Day(engine).give_all(commands)
    trades = [event.trade_id for event in engine.log if isinstance(event, OrderFilled)]
    assert [event.seq for event in engine.log] == list(range(1, engine.book.next_seq))
    assert trades == list(range(1, engine.book.next_trade_id))


def cut_and_uncut(commands: list[Command]) -> None:
    cut, uncut = Engine(), Engine()
    piecemeal, whole = Day(cut), Day(uncut)
    for command in commands:
        if isinstance(command, Switch | Wait):
            continue
        piecemeal.give(at_most(1, command))
        piecemeal.finish()
        whole.give(at_most(ENOUGH, command))
        assert without_numbers(cut.log) == without_numbers(uncut.log)
    assert cut.open_ids() == uncut.open_ids()


def at_most(fills_max: int, command: Command) -> Command:
    return command._replace(fills_max=fills_max, avoid=None) if isinstance(command, Place) else command


@quick
@given(command_lists)
def test_a_sweep_continued_step_by_step_makes_the_trades_of_an_uncut_one(commands: list[Command]) -> None:
    cut_and_uncut(commands)


@crowded_days
def test_through_a_crowded_day_cut_sweeps_make_the_trades_of_uncut_ones(seed: int) -> None:
    cut_and_uncut(crowded(seed))


def without_numbers(log: list[Event]) -> list[tuple[object, ...]]:
    """A cut takes a number of its own, so numbers after it differ; nothing else may."""
    return [(type(event), *event[1:]) for event in log if type(event).__name__ != "OrderContinues"]
