"""Where are a market's journal and snapshots read from?"""

from collections.abc import Iterator

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.errors import BookCorrupt
from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.flows.records.journal import JournalEntry, read
from chalicelib.flows.records.snapshot import Snapshot, from_chunks
from chalicelib.ids import MarketId

ENTRIES_PER_PAGE = 500


class DynamoJournal:
    def __init__(self, store: DynamoStore) -> None:
        self._store = store

    def tail(self, market: MarketId, after: int) -> Iterator[JournalEntry]:
        """Entries after number `after`, in order, read consistently."""
        while True:
            first = schema.journal_entry(market, after + 1)
            page = self._store.page(first, schema.JOURNAL_END, ENTRIES_PER_PAGE)
            for item in page.items:
                entry = read(market, item)
                after = entry.seq
                yield entry
            if page.next is None:
                return

    def newest_first(self, market: MarketId, before: int | None, limit: int) -> list[JournalEntry]:
        """At most `limit` entries below number `before`, the newest first."""
        first = schema.journal_entry(market, 0)
        last_sk = schema.JOURNAL_END if before is None else schema.journal_entry(market, before - 1).sk
        page = self._store.page(first, last_sk, limit, newest_first=True)
        return [read(market, item) for item in page.items]

    def has(self, market: MarketId, seq: int) -> bool:
        return self._store.get(schema.journal_entry(market, seq)) is not None

    def last_seq(self, market: MarketId) -> int:
        """Number of the newest entry, 0 when there is none."""
        newest = self.newest_first(market, None, 1)
        return newest[0].seq if newest else 0

    def snapshot(self, market: MarketId) -> Snapshot | None:
        """The newest snapshot. Raises BookCorrupt when it is not whole."""
        pointer = self._store.get(schema.snapshot_pointer(market))
        if pointer is None:
            return None
        try:
            return from_chunks(self._chunks(market, pointer))
        except BookCorrupt:
            # Two folds may have passed since the pointer was read; then it has turned.
            turned = self._store.get(schema.snapshot_pointer(market))
            if turned is None or turned == pointer:
                raise
            return from_chunks(self._chunks(market, turned))

    def _chunks(self, market: MarketId, pointer: Item) -> Iterator[bytes]:
        generation, count = int(str(pointer["generation"])), int(str(pointer["chunks"]))
        number = 0
        while number < count:
            first = schema.snapshot_chunk(market, generation, number)
            last = schema.snapshot_chunk(market, generation, count - 1)
            page = self._store.page(first, last.sk, count)
            for item in page.items or [{}]:
                if item.get("sk") != schema.snapshot_chunk(market, generation, number).sk:
                    raise BookCorrupt(f"{market}: chunk {number} of snapshot {generation} is missing")
                body = item["body"]
                assert isinstance(body, bytes)
                yield body
                number += 1
