"""What does a recorded flow of orders lead to? Reads the recording, and matches it in the plainest way.

The book here is two sorted lists and shares nothing with the exchange, whose trades must
come out the same. A recording is a CSV file:

    ts_ms,op,order_id,side,price_cents,qty_satoshi     op: limit or cancel
"""

import csv
from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from infra.traders.client import Side

OTHER: dict[Side, Side] = {"buy": "sell", "sell": "buy"}


class BadFlow(Exception):
    """The file is not such a recording; names the line."""


class Command(NamedTuple):
    """`op` is "limit" or "cancel"; price in cents, quantity in satoshi (neither counts for a cancel)."""

    op: str
    order_id: str
    side: Side
    price: int
    quantity: int


class Fill(NamedTuple):
    price: int
    quantity: int
    taker_side: Side


@dataclass(order=True)
class Waiting:
    """Sorted by `rank`: the better price first, and who came first at one price."""

    rank: tuple[int, int]
    order_id: str = field(compare=False)
    price: int = field(compare=False)
    remaining: int = field(compare=False)


class PlainBook:
    """`fills` are all trades so far. Every order that was ever placed is in `remaining`."""

    def __init__(self) -> None:
        self.sides: dict[Side, list[Waiting]] = {"buy": [], "sell": []}
        self.fills: list[Fill] = []
        self.remaining: dict[str, int] = {}

    def place(self, order_id: str, side: Side, price: int, quantity: int) -> int:
        """How much of it was filled at once; the rest waits."""
        remaining = self._match(side, price, quantity)
        self.remaining[order_id] = remaining
        if remaining:
            rank = (-price if side == "buy" else price, len(self.remaining))
            insort(self.sides[side], Waiting(rank, order_id, price, remaining))
        return quantity - remaining

    def cancel(self, order_id: str) -> bool:
        """Whether there was something to cancel."""
        for side in self.sides.values():
            for waiting in side:
                if waiting.order_id == order_id:
                    side.remove(waiting)
                    return True
        return False

    def levels(self, side: Side) -> list[tuple[int, int, int]]:
        """(price, quantity, orders), best price first."""
        levels: dict[int, tuple[int, int, int]] = {}
        for waiting in self.sides[side]:
            price, quantity, orders = levels.get(waiting.price, (waiting.price, 0, 0))
            levels[price] = (price, quantity + waiting.remaining, orders + 1)
        return list(levels.values())

    def _match(self, side: Side, price: int, quantity: int) -> int:
        makers = self.sides[OTHER[side]]
        while quantity and makers:
            best = makers[0]
            if best.price > price if side == "buy" else best.price < price:
                break
            traded = min(quantity, best.remaining)
            self.fills.append(Fill(best.price, traded, side))
            quantity -= traded
            best.remaining -= traded
            self.remaining[best.order_id] = best.remaining
            if not best.remaining:
                del makers[0]
        return quantity


def read(path: Path, limit: int | None = None) -> list[Command]:
    """The first `limit` commands of a recording. Raises BadFlow, OSError."""
    with path.open(newline="") as file:
        return list(islice(_commands(csv.DictReader(file)), limit))


def _commands(rows: Iterable[dict[str, str]]) -> Iterator[Command]:
    placed: set[str] = set()
    for line, row in enumerate(rows, start=2):
        try:
            command = _command(row)
        except (KeyError, TypeError, ValueError) as error:
            raise BadFlow(f"line {line} is not a command: {error!r}") from None
        if command.op == "limit":
            if command.order_id in placed:
                raise BadFlow(f"line {line} places order {command.order_id} again")
            placed.add(command.order_id)
        yield command


def _command(row: dict[str, str]) -> Command:
    sides: dict[str, Side] = {"buy": "buy", "sell": "sell"}
    if row["op"] not in ("limit", "cancel"):
        raise ValueError(row["op"])
    price, quantity = int(row["price_cents"]), int(row["qty_satoshi"])
    return Command(row["op"], row["order_id"], sides[row["side"]], price, quantity)
