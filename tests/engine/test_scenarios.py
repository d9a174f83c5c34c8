"""Does the book do what a trader would expect? Each story is a table in scenarios/."""

from pathlib import Path

import pytest

from chalicelib.engine.book import Book
from chalicelib.engine.events import OrderCanceled, OrderFilled, OrderRejected
from chalicelib.engine.order import OPPOSITE

from .driving import ENOUGH, Engine

Row = tuple[str, ...]

STORIES = sorted(Path(__file__).with_name("scenarios").glob("*.txt"))
SIDES = {"buys": "buy", "sells": "sell"}


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


def fills_in_a_step(text: str) -> int:
    _, told, number = text.partition("fills in a step:")
    return int(number.split()[0]) if told else ENOUGH


def play(orders: list[Row], fills_max: int) -> Engine:
    engine = Engine()
    for user, does, quantity, price, order_id, tif in orders:
        if does == "cancels":
            engine.cancel(order_id)
            continue
        lots = int(quantity)
        engine.place((order_id, user, SIDES[does], int(price), lots, lots, tif), fills_max, None)
        while engine.unfinished is not None:
            engine.place(tuple(engine.unfinished), fills_max, None)
    return engine


def trades_of(engine: Engine) -> list[Row]:
    fills = [event for event in engine.log if isinstance(event, OrderFilled)]
    return [(fill.taker_id, fill.maker_id, str(fill.quantity), str(fill.price)) for fill in fills]


def ended_in(engine: Engine) -> list[Row]:
    ends = [event for event in engine.log if isinstance(event, OrderCanceled | OrderRejected)]
    return [(end.order_id, str(end.remaining), end.reason) for end in ends]


def levels_of(book: Book) -> set[Row]:
    return {
        (side, str(price), str(quantity), queue_at(book, side, price))
        for side in OPPOSITE
        for price, quantity, _ in book.depth(side, ENOUGH)
    }


def queue_at(book: Book, side: str, price: int) -> str:
    orders = [order for order in book.resting() if (order.side, order.price) == (side, price)]
    return ",".join(f"{order.order_id}:{order.remaining}" for order in orders)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_the_story_ends_as_told(story: Path) -> None:
    text = story.read_text()
    tables = read_tables(text)
    engine = play(tables["orders"], fills_in_a_step(text))
    assert trades_of(engine) == tables.get("trades", [])
    assert ended_in(engine) == tables.get("ended", [])
    assert levels_of(engine.book) == set(tables["book"])


def test_there_are_stories() -> None:
    assert STORIES
