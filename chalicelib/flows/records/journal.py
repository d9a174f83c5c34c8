"""What is one journal entry? Everything that one step of a market did; it stands alone.

Orders, wallets and ledger entries can be written again from the journal: events carry
the orders, trades carry the money, `fees` carries the house's share so far.
"""

import json
import zlib
from typing import Any, NamedTuple

from chalicelib.engine.events import STORED_NAMES, Event
from chalicelib.engine.order import LimitOrder
from chalicelib.errors import BookCorrupt, WriteRefused
from chalicelib.flows import schema
from chalicelib.flows.plan import Absent, Item, Put
from chalicelib.flows.records.format import FORMAT, require_format
from chalicelib.ids import CommandId, MarketId
from chalicelib.ledger.transfers import Trade
from chalicelib.money import Amount

_NAMES = {kind: name for name, kind in STORED_NAMES.items()}
# Events that carry a whole order, and where in them it stands.
_ORDER_AT = {
    kind: kind._fields.index("order")
    for kind in STORED_NAMES.values()
    if kind.__annotations__.get("order") is LimitOrder
}

# An item holds 400 KB; an entry of one transaction's hundred writes stays far below.
BODY_BYTES_MAX = 300_000


class JournalEntry(NamedTuple):
    """`seq` counts from 1 without gaps. `done` are the commands it completes; of these,
    `failed` are the ones that changed nothing, each with the reason (a stable word; what
    people may want to know stands behind a colon). `begun` is the one that
    it has begun and that takes more steps.

    `trades` has one Trade for each OrderFilled among `events`, in order. `fees` are the
    market's fees so far, in units per asset. `checksum` is the book's after this entry.
    """

    market: MarketId
    seq: int
    time_ms: int
    done: tuple[CommandId, ...]
    failed: tuple[tuple[CommandId, str], ...]
    begun: CommandId | None
    events: tuple[Event, ...]
    trades: tuple[Trade, ...]
    fees: dict[str, int]
    checksum: int
    terms: str


def append(entry: JournalEntry) -> Put:
    """The write that is the fence: it lands only where no other matcher has written."""
    key = schema.journal_entry(entry.market, entry.seq)
    return Put(key, {"body": _encode(entry)}, require=(Absent(),))


def read(market: MarketId, item: Item) -> JournalEntry:
    """Raises BookCorrupt when the item is not what `append` writes."""
    try:
        return _decode(market, int(str(item["sk"]).removeprefix(schema.JOURNAL_PREFIX)), item["body"])
    except (KeyError, ValueError, TypeError, zlib.error) as error:
        raise BookCorrupt(f"journal of {market}: unreadable entry {item.get('sk')!r}: {error!r}") from error


def _encode(entry: JournalEntry) -> bytes:
    body = {
        "format": FORMAT,
        "time": entry.time_ms,
        "done": entry.done,
        "failed": entry.failed,
        "begun": entry.begun,
        "events": [[_NAMES[type(event)], *event] for event in entry.events],
        "trades": entry.trades,
        "fees": entry.fees,
        "checksum": entry.checksum,
        "terms": entry.terms,
    }
    # Level 1 is a third of the work of the default for a tenth more bytes.
    packed = zlib.compress(json.dumps(body, separators=(",", ":")).encode(), 1)
    if len(packed) > BODY_BYTES_MAX:
        raise WriteRefused(f"journal entry {entry.seq} of {entry.market} has {len(packed)} bytes")
    return packed


def _decode(market: MarketId, seq: int, packed: Any) -> JournalEntry:
    body = json.loads(zlib.decompress(packed))
    require_format(body.get("format"), f"entry {seq} of {market}")
    return JournalEntry(
        market=market,
        seq=seq,
        time_ms=body["time"],
        done=tuple(body["done"]),
        failed=tuple((command, reason) for command, reason in body["failed"]),
        begun=body["begun"],
        events=tuple(_event(name, fields) for name, *fields in body["events"]),
        trades=tuple(_trade(row) for row in body["trades"]),
        fees=body["fees"],
        checksum=body["checksum"],
        terms=body["terms"],
    )


def _event(name: str, fields: list[Any]) -> Event:
    kind = STORED_NAMES[name]
    if (at := _ORDER_AT.get(kind)) is not None:
        fields[at] = LimitOrder(*fields[at])
    return kind(*fields)


def _trade(row: list[Any]) -> Trade:
    buyer, seller, base, quote, *units = row
    return Trade(buyer, seller, Amount(*base), Amount(*quote), *units)
