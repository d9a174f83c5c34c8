"""When is a book written down whole, and how, while its matcher goes on?

Folding reads the newest snapshot and the journal after it, writes a new generation of
chunks, and turns the pointer to it on the condition that nobody else turned it first. A
fold that dies leaves chunks that no pointer names; a later fold deletes them.
"""

from typing import NamedTuple

from chalicelib.errors import ConditionFailed
from chalicelib.flows import schema
from chalicelib.flows.book.replica import capture, load
from chalicelib.flows.plan import Absent, Condition, Delete, Equals, Put
from chalicelib.flows.ports import JournalReader, Reader, Timer, Writer
from chalicelib.flows.records.snapshot import to_chunks
from chalicelib.flows.schema import Key
from chalicelib.market import Market

# Reading one entry costs about as much as reading this many resting orders of a snapshot.
ORDERS_PER_ENTRY = 50
TAIL_MIN = 200
CHUNKS_PER_PAGE = 100


class Pointer(NamedTuple):
    """The newest snapshot: its generation, the journal entry it stands at, and its size."""

    generation: int
    seq: int
    chunks: int
    orders: int


class Lag(NamedTuple):
    """entries: of the journal, that a cold start reads after the newest snapshot. due: with so many of
    them a book of its size is written down."""

    entries: int
    due: int

    @property
    def percent(self) -> int:
        """Of what is due; a hundred and more in the moment before it is written down."""
        return 100 * self.entries // self.due


class Folder:
    def __init__(self, reader: Reader, journal: JournalReader, writer: Writer, timer: Timer) -> None:
        self._reader = reader
        self._journal = journal
        self._writer = writer
        self._timer = timer

    def run(self, market: Market, *, always: bool = False) -> bool:
        """Whether a new snapshot was made: when the tail is long for the book, or `always`."""
        pointer = self._pointer(market)
        lag = self._lag(market, pointer)
        if lag.entries == 0 or not (always or lag.entries >= lag.due):
            return False
        replica = load(market, self._journal, self._timer.now_ms())
        taken = capture(replica)
        chunks = to_chunks(taken)
        generation = self._write_chunks(market, pointer, chunks)
        turned = Pointer(generation, replica.seq, len(chunks), len(taken.orders) + len(taken.stops))
        if not self._turn(market, pointer, turned):
            return False
        if pointer is not None:
            self._delete_before(market, pointer.generation)
        return True

    def lag(self, market: Market) -> Lag:
        return self._lag(market, self._pointer(market))

    def _pointer(self, market: Market) -> Pointer | None:
        item = self._reader.get(schema.snapshot_pointer(market.id))
        return Pointer(**{name: int(str(item[name])) for name in Pointer._fields}) if item else None

    def _lag(self, market: Market, pointer: Pointer | None) -> Lag:
        seq, orders = (pointer.seq, pointer.orders) if pointer else (0, 0)
        return Lag(self._journal.last_seq(market.id) - seq, max(TAIL_MIN, orders // ORDERS_PER_ENTRY))

    def _write_chunks(self, market: Market, pointer: Pointer | None, chunks: list[bytes]) -> int:
        """The time names a generation, so that a fold which died can not get in the way."""
        newest = pointer.generation if pointer else 0
        generation = max(self._timer.now_ms(), newest + 1)
        for number, chunk in enumerate(chunks):
            self._write_chunk(schema.snapshot_chunk(market.id, generation, number), chunk)
        return generation

    def _write_chunk(self, key: Key, chunk: bytes) -> None:
        """Two folders of one moment would share a generation: there the second gives up."""
        try:
            self._writer.commit((Put(key, {"body": chunk}, require=(Absent(),)),))
        except ConditionFailed:
            # It may be our own: its answer was lost, and the client wrote it again.
            stored = self._reader.get(key)
            if stored is None or stored["body"] != chunk:
                raise

    def _turn(self, market: Market, before: Pointer | None, after: Pointer) -> bool:
        unturned: Condition = Equals("generation", before.generation) if before else Absent()
        turn = Put(schema.snapshot_pointer(market.id), after._asdict(), require=(unturned,))
        try:
            self._writer.commit((turn,))
        except ConditionFailed:
            return False
        return True

    def _delete_before(self, market: Market, generation: int) -> None:
        """The generation before the newest stays, for whoever is reading it now."""
        first = schema.snapshot_chunk(market.id, 0, 0)
        last = schema.snapshot_chunk(market.id, generation - 1, 99_999)
        while items := self._reader.page(first, last.sk, CHUNKS_PER_PAGE).items:
            for item in items:
                self._writer.commit((Delete(first._replace(sk=str(item["sk"]))),))
