"""How does a process come to know a book? It loads a snapshot and follows the journal.

The matcher writes through its replica, the API only reads through one.
"""

from dataclasses import dataclass, field
from itertools import takewhile

from chalicelib.engine.book import Book
from chalicelib.errors import BookCorrupt
from chalicelib.flows.ports import JournalReader
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.snapshot import Snapshot
from chalicelib.ids import CommandId
from chalicelib.market import Market

# A command id is remembered for so long after it was done. Any place that comes later
# is late by far, and whatever else comes later is looked up in the order itself.
REMEMBER_MS = 15 * 60_000

# A warm book that has not met its journal for so long is thrown away: by then somebody
# may have pruned the journal, and its next number would look free.
UNCHECKED_MS_MAX = 5 * 60_000


@dataclass
class Replica:
    """A book as of journal entry `seq`, with what its market has done lately.

    `time_ms` is the time of that entry: the market's own clock, which never goes back.
    `refused`: why some of the commands that are `done` changed nothing. `begun`: the command
    that is only half done, if there is one.
    `checked_ms` is when the journal was last seen to end at `seq`.
    """

    market: Market
    book: Book = field(default_factory=Book)
    seq: int = 0
    time_ms: int = 0
    fees: dict[str, int] = field(default_factory=dict)
    done: dict[CommandId, int] = field(default_factory=dict)
    refused: dict[CommandId, str] = field(default_factory=dict)
    begun: CommandId | None = None
    checked_ms: int = 0

    def clock_ms(self, now_ms: int) -> int:
        """The market's time: a machine's, but never before the last entry's."""
        return max(now_ms, self.time_ms)

    def is_stale(self, now_ms: int) -> bool:
        return now_ms - self.checked_ms > UNCHECKED_MS_MAX

    def follow(self, entry: JournalEntry) -> None:
        """Take over what another process wrote. Raises BookCorrupt when it does not fit."""
        if entry.seq != self.seq + 1:
            raise BookCorrupt(f"{self.market.id}: journal jumps from {self.seq} to {entry.seq}")
        if entry.terms != self.market.terms:
            terms = self.market.terms
            raise BookCorrupt(f"{self.market.id}: journal counts in {entry.terms}, listing in {terms}")
        for event in entry.events:
            self.book.apply(event)
        if self.book.checksum != entry.checksum:
            raise BookCorrupt(f"{self.market.id}: the book of entry {entry.seq} is not the book written")
        self.advance(entry)

    def advance(self, entry: JournalEntry) -> None:
        """Count an entry whose events are in the book already."""
        self.seq, self.time_ms, self.fees = entry.seq, entry.time_ms, entry.fees
        self.done.update(dict.fromkeys(entry.done, entry.time_ms))
        self.refused.update((command, reason.partition(":")[0]) for command, reason in entry.failed)
        if entry.begun is not None or self.begun in entry.done:
            self.begun = entry.begun
        self._forget(entry.time_ms - REMEMBER_MS)

    def _forget(self, before_ms: int) -> None:
        """Commands stand in the order of their times, so the first young one ends the search."""
        old = takewhile(lambda done: done[1] < before_ms, self.done.items())
        for command, _ in list(old):
            del self.done[command]
            self.refused.pop(command, None)


def load(market: Market, journal: JournalReader, now_ms: int) -> Replica:
    """The book as it stands: newest snapshot and the journal after it."""
    snapshot = journal.snapshot(market.id)
    replica = Replica(market) if snapshot is None else restore(market, snapshot)
    catch_up(replica, journal, now_ms)
    return replica


def catch_up(replica: Replica, journal: JournalReader, now_ms: int) -> None:
    """Follow the journal to its end."""
    for entry in journal.tail(replica.market.id, replica.seq):
        replica.follow(entry)
    replica.checked_ms = now_ms


def restore(market: Market, snapshot: Snapshot) -> Replica:
    """Raises BookCorrupt when the snapshot counts in another tick or lot."""
    if snapshot.terms != market.terms:
        raise BookCorrupt(f"{market.id}: snapshot counts in {snapshot.terms}, listing in {market.terms}")
    book = Book.restore(
        snapshot.orders,
        stops=snapshot.stops,
        timers=snapshot.timers,
        next_seq=snapshot.next_seq,
        next_trade_id=snapshot.next_trade_id,
        last_price=snapshot.last_price,
        reference=snapshot.reference,
        mode=snapshot.mode,
        mode_reason=snapshot.mode_reason,
        unfinished=snapshot.unfinished,
    )
    if book.checksum != snapshot.checksum:
        raise BookCorrupt(f"{market.id}: snapshot at {snapshot.seq} does not add up")
    return Replica(
        market,
        book,
        seq=snapshot.seq,
        time_ms=snapshot.time_ms,
        fees=snapshot.fees,
        done=dict(snapshot.done),
        refused=dict(snapshot.refused),
        begun=snapshot.begun,
    )


def capture(replica: Replica) -> Snapshot:
    book = replica.book
    return Snapshot(
        seq=replica.seq,
        time_ms=replica.time_ms,
        terms=replica.market.terms,
        fees=replica.fees,
        done=replica.done,
        refused=replica.refused,
        begun=replica.begun,
        orders=list(book.resting()),
        stops=list(book.stops()),
        timers=dict(book.timers),
        next_seq=book.next_seq,
        next_trade_id=book.next_trade_id,
        last_price=book.last_price,
        reference=book.reference,
        mode=book.mode,
        mode_reason=book.mode_reason,
        unfinished=book.unfinished,
        checksum=book.checksum,
    )
