"""How are a book and its twin given the same commands?

A market here is anything with place, cancel, refuse and switch: the twin, or the engine
behind `Engine`, which answers in the twin's plain tuples.
"""

import random
from typing import Any, NamedTuple, Protocol

from hypothesis import strategies as st

from chalicelib.engine.book import Book
from chalicelib.engine.events import (
    STORED_NAMES,
    Event,
    MarketHalted,
    MarketResumed,
    OrderRejected,
    RejectReason,
)
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder
from chalicelib.ids import OrderId

Plain = tuple[Any, ...]

ENOUGH = 1_000  # more fills than any order of these tests can make
NAMES = {kind: name for name, kind in STORED_NAMES.items()}


class Place(NamedTuple):
    user: str
    side: str
    price: int
    quantity: int
    tif: str
    fills_max: int = ENOUGH
    avoid: str | None = None


class Cancel(NamedTuple):
    """Of the order that the command `back` commands ago placed, if it did and it still rests."""

    back: int


class Refuse(NamedTuple):
    """The matcher turns an order away before the book sees it."""

    reason: RejectReason


class Switch(NamedTuple):
    halted: str | None


Command = Place | Cancel | Refuse | Switch


class Market(Protocol):
    unfinished: Any

    def place(self, order: Plain, fills_max: int, avoid: str | None) -> list[Plain]: ...
    def cancel(self, order_id: str) -> list[Plain]: ...
    def refuse(self, order: Plain, reason: RejectReason) -> list[Plain]: ...
    def switch(self, halted: str | None) -> list[Plain]: ...


class Engine:
    """The real book in the twin's words. `log` keeps the events as the engine made them."""

    def __init__(self, book: Book | None = None) -> None:
        self.book = book or Book()
        self.log: list[Event] = []

    @property
    def unfinished(self) -> LimitOrder | None:
        return self.book.unfinished

    def place(self, order: Plain, fills_max: int, avoid: str | None) -> list[Plain]:
        return self._apply(self.book.decide(LimitOrder(*order), fills_max, avoid))

    def cancel(self, order_id: str) -> list[Plain]:
        canceled = self.book.cancel(OrderId(order_id), "requested")
        return self._apply([] if canceled is None else [canceled])

    def refuse(self, order: Plain, reason: RejectReason) -> list[Plain]:
        order_id, user, side, price, _, remaining, _ = order
        return self._apply(
            [OrderRejected(self.book.next_seq, order_id, user, side, price, remaining, reason)]
        )

    def switch(self, halted: str | None) -> list[Plain]:
        seq = self.book.next_seq
        return self._apply([MarketResumed(seq, "checked") if halted is None else MarketHalted(seq, halted)])

    def _apply(self, events: list[Event]) -> list[Plain]:
        for event in events:
            self.book.apply(event)
        self.log += events
        return [(NAMES[type(event)], *event) for event in events]


def give(market: Market, number: int, command: Command) -> list[Plain]:
    """The `number`-th command of a day, as the matcher gives it: an unfinished sweep goes first."""
    if isinstance(command, Switch):
        return market.switch(command.halted)
    if market.unfinished is not None:
        fills_max, avoid = (command[-2:]) if isinstance(command, Place) else (1, None)
        return market.place(tuple(market.unfinished), fills_max, avoid)
    if isinstance(command, Cancel):
        return market.cancel(f"order-{number - command.back}")
    if isinstance(command, Refuse):
        return market.refuse((f"order-{number}", "ann", "buy", 5, 3, 3, "gtc"), command.reason)
    user, side, price, quantity, tif, fills_max, avoid = command
    return market.place((f"order-{number}", user, side, price, quantity, quantity, tif), fills_max, avoid)


def finish(market: Market) -> list[Plain]:
    """Continue a cut sweep to its end, one fill a step."""
    events: list[Plain] = []
    while market.unfinished is not None:
        events += market.place(tuple(market.unfinished), 1, None)
    return events


def give_all(market: Market, commands: list[Command], first: int = 0) -> list[Plain]:
    events: list[Plain] = []
    for number, command in enumerate(commands, first):
        events += give(market, number, command)
    return events


def plain_order(order: Resting) -> Plain:
    return (
        order.arrival,
        order.order_id,
        order.user,
        order.side,
        order.price,
        order.quantity,
        order.remaining,
    )


def queue(book: Book) -> list[Plain]:
    """As Twin.queue."""
    return [plain_order(order) for order in book.resting()]


def whole_state(book: Book) -> Plain:
    """Everything that can be seen of a book."""
    return (
        queue(book),
        {order_id: plain_order(order) for order_id, order in book.orders.items()},
        book.depth("buy", ENOUGH),
        book.depth("sell", ENOUGH),
        book.next_seq,
        book.next_trade_id,
        book.last_price,
        book.halted,
        book.unfinished,
        book.checksum,
    )


# Few users and prices that lie close, so that orders meet: their own, others', and each other's levels.
USERS = ("ann", "ben", "cid", "dee")
REFUSALS: tuple[RejectReason, ...] = ("late", "unseen", "market_halted", "failed")

places = st.builds(
    Place,
    user=st.sampled_from(USERS),
    side=st.sampled_from(("buy", "sell")),
    price=st.integers(1, 8),
    quantity=st.integers(1, 12),
    tif=st.sampled_from(("gtc", "gtc", "gtc", "ioc", "postonly")),
    fills_max=st.sampled_from((0, 1, 2, ENOUGH, ENOUGH)),
    avoid=st.sampled_from((None, None, None, *USERS)),
)
other_commands = st.one_of(
    st.builds(Cancel, st.integers(1, 12)),
    st.builds(Cancel, st.integers(1, 12)),
    st.builds(Refuse, st.sampled_from(REFUSALS)),
    st.builds(Switch, st.sampled_from((None, "book and store disagree"))),
)
commands = st.sampled_from((True, True, True, False)).flatmap(lambda p: places if p else other_commands)

# The length is drawn first: left to itself a list is five commands long on average, in which little happens.
command_lists = st.integers(0, 60).flatmap(lambda n: st.lists(commands, min_size=n, max_size=n))


def seeded_day(seed: int, count: int) -> list[Command]:
    """A longer list than Hypothesis makes, for books that grow deep."""
    rng = random.Random(seed)

    def command() -> Command:
        if rng.random() < 0.3:
            return Cancel(rng.randint(1, 100))
        side = rng.choice(("buy", "sell"))
        price = 100 + round(rng.gauss(-4 if side == "buy" else 4, 6))
        tif = rng.choice(("gtc", "gtc", "gtc", "gtc", "ioc", "postonly"))
        fills_max = rng.choice((ENOUGH, ENOUGH, 1, 3))
        return Place(f"user-{rng.randrange(20)}", side, price, rng.randint(1, 50), tif, fills_max)

    return [command() for _ in range(count)]
