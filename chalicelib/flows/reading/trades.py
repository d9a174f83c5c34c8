"""Which trades did a market make lately, newest first?

The journal is the record; a page walks back through it a bounded number of entries, so a
page may hold fewer trades than asked for, and still name where to go on.
"""

from typing import NamedTuple, Protocol

from chalicelib.engine.events import OrderFilled
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.ids import MarketId

ENTRIES_PER_READ = 100
READS_MAX = 3
# What `_cursor` makes.
CURSOR_PATTERN = r"[1-9][0-9]{0,14}\.[0-9]{1,15}"


class JournalHistory(Protocol):
    def newest_first(self, market: MarketId, before: int | None, limit: int) -> list[JournalEntry]: ...


class PublicTrade(NamedTuple):
    """What everybody may know of a fill. `seq` is the journal entry that holds it."""

    fill: OrderFilled
    time_ms: int
    seq: int


class TradePage(NamedTuple):
    trades: list[PublicTrade]
    next: str | None


def recent_trades(history: JournalHistory, market: MarketId, cursor: str | None, limit: int) -> TradePage:
    """At most `limit` trades older than the cursor. Raises ValueError for a broken cursor."""
    before, below = _parse(cursor)
    trades: list[PublicTrade] = []
    for _ in range(READS_MAX):
        entries = history.newest_first(market, before, ENTRIES_PER_READ)
        for entry in entries:
            trades += _trades(entry, below)
            before = entry.seq
            if len(trades) >= limit:
                return TradePage(trades[:limit], _cursor(trades[limit - 1]))
        if len(entries) < ENTRIES_PER_READ:
            return TradePage(trades, None)
    return TradePage(trades, f"{before}.0")


def _trades(entry: JournalEntry, below: int | None) -> list[PublicTrade]:
    fills = [event for event in entry.events if isinstance(event, OrderFilled)]
    return [
        PublicTrade(fill, entry.time_ms, entry.seq)
        for fill in reversed(fills)
        if below is None or fill.trade_id < below
    ]


def _cursor(last: PublicTrade) -> str:
    """The entry of the last trade shown is looked at again, since it may hold older ones."""
    return f"{last.seq + 1}.{last.fill.trade_id}"


def _parse(cursor: str | None) -> tuple[int | None, int | None]:
    if cursor is None:
        return None, None
    seq, trade_id = (int(part) for part in cursor.split("."))
    return seq, trade_id or None
