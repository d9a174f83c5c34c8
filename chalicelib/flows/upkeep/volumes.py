"""How much has each user traded in a market lately? Counted from the journal, after the fact.

A run reads on where the cursor stands. Each user's item says up to which journal entry it
was counted, and is written on the condition that it still says so: a run that dies, or two
at once, count no trade twice and none never.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from chalicelib.errors import ConditionFailed, WriteContention
from chalicelib.flows import schema
from chalicelib.flows.plan import Absent, Equals, Item, Put
from chalicelib.flows.ports import JournalReader, Reader, Timer, Writer
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.volumes import day_of, days_kept, days_of
from chalicelib.flows.schema import Key
from chalicelib.ids import MarketId, UserId

# Entries that are counted before the cursor moves: as many as are read at once.
ENTRIES_MAX = 500
TRIES_MAX = 5


class Traded(NamedTuple):
    """Quote units that one journal entry adds to a day."""

    seq: int
    day: str
    units: int


class Volumes:
    def __init__(self, reader: Reader, journal: JournalReader, writer: Writer, timer: Timer) -> None:
        self._reader = reader
        self._journal = journal
        self._writer = writer
        self._timer = timer

    def run(self, market: MarketId, deadline_ms: int) -> int:
        """How many journal entries were counted. What a run does not get to, the next one does."""
        counted = 0
        while self._timer.now_ms() <= deadline_ms:
            cursor = self._reader.get(schema.volume_cursor(market))
            entries = list(islice(self._journal.tail(market, _seq(cursor)), ENTRIES_MAX))
            if not entries:
                break
            last = entries[-1].seq
            for user, trades in traded_by_user(entries).items():
                if self._timer.now_ms() > deadline_ms:
                    return counted
                self._count(schema.volume(user, market), trades, last)
            self._write(schema.volume_cursor(market), cursor, {"seq": last})
            counted += len(entries)
        return counted

    def _count(self, key: Key, trades: list[Traded], last: int) -> None:
        """Add what the user's item has not counted yet. Raises WriteContention."""
        for _ in range(TRIES_MAX):
            item = self._reader.get(key)
            seq = _seq(item)
            if seq >= last:
                return
            days = Counter(days_of(item))
            for trade in trades:
                days[trade.day] += trade.units if trade.seq > seq else 0
            if self._write(key, item, {"days": {**days_kept(days, self._timer.now_ms())}, "seq": last}):
                return
        raise WriteContention("somebody else counts the same volume", ())

    def _write(self, key: Key, before: Item | None, after: Item) -> bool:
        """Whether the item was still what it was before."""
        unchanged = Absent() if before is None else Equals("seq", before["seq"])
        try:
            self._writer.commit((Put(key, after, require=(unchanged,)),))
        except ConditionFailed:
            return False
        return True


def traded_by_user(entries: Iterable[JournalEntry]) -> dict[UserId, list[Traded]]:
    """Both sides of every trade."""
    traded: dict[UserId, list[Traded]] = defaultdict(list)
    for entry in entries:
        for trade in entry.trades:
            for user in (trade.buyer, trade.seller):
                traded[UserId(user)].append(Traded(entry.seq, day_of(entry.time_ms), trade.quote.units))
    return traded


def _seq(item: Item | None) -> int:
    return int(str(item["seq"])) if item else 0
