"""What is a snapshot of a book, and how is it cut into items?

A snapshot is a shortcut, never the truth: the journal alone gives the same book.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.engine.events import Mode
from chalicelib.engine.level import Resting
from chalicelib.engine.order import LimitOrder, StopOrder
from chalicelib.errors import BookCorrupt
from chalicelib.flows.records.format import FORMAT, require_format
from chalicelib.ids import CommandId, UserId

# About 60 bytes an order once packed: a chunk stays well under an item's 400 KB.
ROWS_PER_CHUNK = 4_000

_RESTING = (
    "order_id",
    "user",
    "side",
    "price",
    "quantity",
    "remaining",
    "arrival",
    "expires_ms",
    "maker_ppm",
)


class Snapshot(NamedTuple):
    """A replica as of journal entry `seq`. `orders` stand in price-time order, `stops` by arrival."""

    seq: int
    time_ms: int
    terms: str
    fees: dict[str, int]
    done: dict[CommandId, int]
    refused: dict[CommandId, str]
    begun: CommandId | None
    orders: list[Resting]
    stops: list[StopOrder]
    timers: dict[UserId, int]
    next_seq: int
    next_trade_id: int
    last_price: int | None
    reference: int | None
    mode: Mode
    mode_reason: str
    unfinished: LimitOrder | None
    checksum: int


def to_chunks(snapshot: Snapshot) -> list[bytes]:
    """The head first, which says how many rows of each kind follow. Never empty."""
    rows = rows_of(snapshot)
    head = {name: value for name, value in snapshot._asdict().items() if name not in rows}
    parts: list[tuple[str, Any]] = [
        ("head", {**head, "format": FORMAT, "rows": {kind: len(each) for kind, each in rows.items()}})
    ]
    parts += [(kind, chunk) for kind, each in rows.items() for chunk in _cut(each)]
    return [_pack(part) for part in parts]


def rows_of(snapshot: Snapshot) -> dict[str, list[Any]]:
    """What there may be many of, by kind."""
    return {
        "orders": [[getattr(order, name) for name in _RESTING] for order in snapshot.orders],
        "stops": [list(stop) for stop in snapshot.stops],
        "timers": list(snapshot.timers.items()),
        "done": list(snapshot.done.items()),
        "refused": list(snapshot.refused.items()),
    }


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
    require_format(head.pop("format", None), "the snapshot")
    rows: dict[str, list[Any]] = {kind: [] for kind in head["rows"]}
    for kind, chunk in rest:
        rows[kind] += chunk
    if (counts := {kind: len(each) for kind, each in rows.items()}) != head.pop("rows"):
        raise ValueError(f"not as many rows as there should be: {counts}")
    unfinished = head["unfinished"]
    head["unfinished"] = LimitOrder(*unfinished) if unfinished else None
    return Snapshot(
        **head,
        orders=[_resting(*row) for row in rows["orders"]],
        stops=[StopOrder(LimitOrder(*order), *stop) for order, *stop in rows["stops"]],
        timers=dict(rows["timers"]),
        done=dict(rows["done"]),
        refused=dict(rows["refused"]),
    )


def _resting(*row: Any) -> Resting:
    order_id, user, side, price, quantity, remaining, arrival, expires_ms, maker_ppm = row
    return Resting(arrival, order_id, user, side, price, quantity, remaining, expires_ms, maker_ppm)


def _cut(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, ROWS_PER_CHUNK)):
        yield chunk


def _pack(part: tuple[str, Any]) -> bytes:
    return zlib.compress(json.dumps(part, separators=(",", ":")).encode(), 1)


def _unpack(chunk: bytes) -> tuple[str, Any]:
    kind, content = json.loads(zlib.decompress(chunk))
    return kind, content
