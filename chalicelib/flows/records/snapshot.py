"""What is a snapshot of a book, and how is it cut into items?

A snapshot is a shortcut, never the truth: the journal alone gives the same book.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder
from chalicelib.errors import BookCorrupt
from chalicelib.ids import CommandId

# About 60 bytes an order once packed: a chunk stays well under an item's 400 KB.
ROWS_PER_CHUNK = 4_000


class Snapshot(NamedTuple):
    """A replica as of journal entry `seq`. `orders` stand in price-time order."""

    seq: int
    time_ms: int
    terms: str
    fees: dict[str, int]
    done: dict[CommandId, int]
    orders: list[Resting]
    next_seq: int
    next_trade_id: int
    last_price: int | None
    halted: str | None
    unfinished: LimitOrder | None
    checksum: int


def to_chunks(snapshot: Snapshot) -> list[bytes]:
    """The head first, then orders, then remembered commands. Never empty."""
    # The checksum guards the orders; of the commands, their number is told.
    head = {**snapshot._asdict(), "orders": [], "done": len(snapshot.done)}
    orders = [_row(order) for order in snapshot.orders]
    parts: list[tuple[str, Any]] = [("head", head)]
    parts += [("orders", rows) for rows in _cut(orders)]
    parts += [("done", rows) for rows in _cut(snapshot.done.items())]
    return [_pack(part) for part in parts]


def from_chunks(chunks: Iterable[bytes]) -> Snapshot:
    """Raises BookCorrupt when the chunks are not what `to_chunks` made."""
    try:
        return _assemble([_unpack(chunk) for chunk in chunks])
    except (ValueError, TypeError, KeyError, zlib.error) as error:
        raise BookCorrupt(f"unreadable snapshot: {error!r}") from error


def _assemble(parts: list[tuple[str, Any]]) -> Snapshot:
    (kind, head), *rest = parts
    if kind != "head":
        raise ValueError("a snapshot begins with its head")
    unfinished = head["unfinished"]
    head["unfinished"] = LimitOrder(*unfinished) if unfinished else None
    head["orders"] = [Resting(*row) for kind, rows in rest if kind == "orders" for row in rows]
    done = {command: at for kind, rows in rest if kind == "done" for command, at in rows}
    if len(done) != head["done"]:
        raise ValueError(f"{head['done']} commands were done, {len(done)} are there")
    return Snapshot(**{**head, "done": done})


def _row(order: Resting) -> tuple[Any, ...]:
    return (
        order.order_id,
        order.user,
        order.side,
        order.price,
        order.quantity,
        order.remaining,
        order.arrival,
    )


def _cut(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, ROWS_PER_CHUNK)):
        yield chunk


def _pack(part: tuple[str, Any]) -> bytes:
    return zlib.compress(json.dumps(part, separators=(",", ":")).encode(), 1)


def _unpack(chunk: bytes) -> tuple[str, Any]:
    kind, content = json.loads(zlib.decompress(chunk))
    return kind, content
