"""Does the book do what a trader would expect? Each story is a table in scenarios/.

A story begins with a sentence and perhaps with rules ("band: 10%"). `orders` tells who does
what; `how` gives the time in force and, after commas, what else was said:

    gtt@5        good till second 5          dc, co, cn, cb   what becomes of a self-trade
    loss@99      sleeps until the last price is 99 or lower; entry@101: 101 or higher
    extra=12     what is held for a replace besides
    around@50    (of `switches`) the price band lies around 50 from now on
    timer@5      (of `sets`) the dead man's switch goes off at second 5; timer@0: never

`spends` buys for so much money (ticks x lots). The other tables tell what came of it; one that
is not there is empty, but for `given back`, which only some stories look at.
"""

from pathlib import Path
from typing import get_args

import pytest

from chalicelib.engine.admission import Rules
from chalicelib.engine.book import Book
from chalicelib.engine.events import (
    OrderCanceled,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    ReplaceRefused,
    TradePrevented,
)
from chalicelib.engine.order import OPPOSITE, SelfTrade

from .commands import ENOUGH
from .driving import Day, Engine
from .looking import reasons_named

Row = tuple[str, ...]

STORIES = sorted(Path(__file__).with_name("scenarios").glob("*.txt"))
SIDES = {"buys": "buy", "spends": "buy", "sells": "sell"}


def read_tables(text: str) -> dict[str, list[Row]]:
    """Every table by its name, without the row of headings. A name stands at the left margin."""
    tables: dict[str, list[Row]] = {}
    rows: list[Row] = []
    for line in text.splitlines():
        if line.startswith(" "):
            rows.append(tuple(line.split()))
        elif line.strip():
            rows = tables.setdefault(line.strip(), [])
    return {name: rows[1:] for name, rows in tables.items()}


def told(text: str, name: str, otherwise: int) -> int:
    _, found, number = text.partition(f"{name}: ")
    return int(number.split()[0].rstrip("%")) if found else otherwise


class Story:
    """A day whose orders have names. `refused` are the amendments that were turned down."""

    def __init__(self, text: str) -> None:
        self.engine = Engine()
        rules = Rules(told(text, "band", 0) * 10_000, told(text, "open orders", ENOUGH))
        self.day = Day(self.engine, rules)
        self.day.now_ms = 0
        self.day.fills_max = told(text, "fills in a step", ENOUGH)
        self.refused: list[Row] = []

    def play(self, rows: list[Row]) -> None:
        for user, does, quantity, price, name, how in rows:
            self.act(user, does, self.number(quantity), self.number(price), name, self.words(how))
            self.settle()

    def settle(self) -> None:
        self.day.settle()
        while self.engine.unfinished is not None and self.engine.mode != "halted":
            self.day.settle()

    def act(self, user: str, does: str, quantity: int, price: int, name: str, how: dict[str, str]) -> None:
        match does:
            case "buys" | "sells" | "spends":
                self.place(user, does, quantity, price, name, how)
            case "cancels":
                self.engine.cancel(name)
            case "cancels-all":
                for order_id in [order.order_id for order in self.engine.book.orders_of(user)]:
                    self.engine.cancel(order_id, "cancel_all")
            case "reduces":
                self.reduce(name, quantity)
            case "replaces":
                self.replace(user, quantity, price, name, how)
            case "sets":
                self.engine.set_timer(user, self.seconds(how["timer"]))
            case "switches":
                self.engine.set_mode(next(iter(how)), "told in a story", int(how.get("around", 0)))
            case "waits":
                self.day.now_ms = self.seconds(how["until"])
            case _:
                raise AssertionError(f"nobody can do that: {does}")

    def place(self, user: str, does: str, quantity: int, price: int, name: str, how: dict[str, str]) -> None:
        tif = next(iter(how))
        mode = next((word for word in get_args(SelfTrade) if word in how), "cn")
        lots, budget = (0, quantity) if does == "spends" else (quantity, 0)
        expires_ms = self.seconds(how["gtt"]) if tif == "gtt" else 0
        order = (name, user, SIDES[does], price, lots, lots, tif, mode, expires_ms, 0, 0, budget)
        self.day.placed[name] = order
        stop = next((word for word in ("loss", "entry") if word in how), None)
        stop_price = int(how[stop]) if stop else 0
        reason = self.engine.refusal(order, self.day.rules, stop, stop_price, self.day.now_ms)
        if reason:
            self.engine.refuse(order, reason)
        elif stop:
            self.engine.arm(order, stop, stop_price)
        else:
            self.engine.place(order, self.day.fills_max, None)

    def reduce(self, name: str, quantity: int) -> None:
        answer = self.engine.reduce(name, quantity)
        if isinstance(answer, str):
            self.refused.append((name, answer))

    def replace(self, user: str, quantity: int, price: int, name: str, how: dict[str, str]) -> None:
        old = self.day.placed[name]
        new = (name, user, old[2], price, quantity, quantity, *old[6:])
        event, *_ = self.engine.replace(new, int(how.get("extra", 0)), "r-1", self.day.rules)
        if event[0] == "replaced":
            self.engine.place((*new[:5], event[-2], *new[6:]), self.day.fills_max, None)
        elif event[0] == "replace_refused":
            self.refused.append((name, event[-1]))

    @staticmethod
    def number(word: str) -> int:
        return 0 if word == "-" else int(word)

    @staticmethod
    def seconds(word: str) -> int:
        return int(word) * 1_000

    @staticmethod
    def words(how: str) -> dict[str, str]:
        """Each word with what follows its @ or =."""
        parts = (word.replace("=", "@").partition("@") for word in how.split(","))
        return {name: number for name, _, number in parts}


def told_by(story: Story) -> dict[str, list[Row]]:
    """The tables as they came out."""
    log, book = story.engine.log, story.engine.book
    fills = [event for event in log if isinstance(event, OrderFilled)]
    met = [event for event in log if isinstance(event, TradePrevented)]
    ends = [event for event in log if isinstance(event, OrderCanceled | OrderRejected)]
    tables: dict[str, list[tuple[object, ...]]] = {
        "trades": [(fill.taker_id, fill.maker_id, fill.quantity, fill.price) for fill in fills],
        "prevented": [(each.taker_id, each.maker_id, each.quantity, each.price) for each in met],
        "ended": [(end.order_id, end.remaining, end.reason) for end in ends],
        "refused": [*story.refused],
        "book": levels_of(book),
        "asleep": [
            (each.order_id, each.stop, each.stop_price, each.order.remaining) for each in book.stops()
        ],
        "given back": given_back(story),
    }
    return {name: [tuple(map(str, row)) for row in rows] for name, rows in tables.items()}


def given_back(story: Story) -> list[tuple[object, ...]]:
    given: list[tuple[object, ...]] = []
    for event in story.engine.log:
        match event:
            case OrderFilled(released=count) if count:
                given.append((event.taker_id, count))
            case OrderCanceled(held=count) | OrderRejected(held=count):
                given.append((event.order_id, count))
            case OrderReduced(released=count) | OrderReplaced(released=count) | ReplaceRefused(extra=count):
                given.append((event.order_id, count))
    return given


def levels_of(book: Book) -> list[tuple[object, ...]]:
    """Asks above bids, as on a screen."""
    levels = [
        (side, price, quantity, queue_at(book, side, price))
        for side in OPPOSITE
        for price, quantity, _ in book.depth(side, ENOUGH)
    ]
    return sorted(levels, key=lambda level: (level[0] != "sell", -level[1]))


def queue_at(book: Book, side: str, price: int) -> str:
    orders = [order for order in book.resting() if (order.side, order.price) == (side, price)]
    return ",".join(f"{order.order_id}:{order.remaining}" for order in orders)


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_the_story_ends_as_told(file: Path) -> None:
    text = file.read_text()
    expected = read_tables(text)
    story = Story(text)
    story.play(expected["orders"])
    found = told_by(story)
    if "given back" not in expected:
        del found["given back"]
    assert found == {name: expected.get(name, []) for name in found}


def test_every_reason_that_the_engine_gives_has_its_story() -> None:
    last_words = {
        row[-1]
        for file in STORIES
        for name, rows in read_tables(file.read_text()).items()
        if name in ("ended", "refused")
        for row in rows
    }
    by_the_matcher = {"late", "unseen", "failed"}
    assert last_words == reasons_named() - by_the_matcher
