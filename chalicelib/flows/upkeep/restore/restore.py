"""How is a torn store mended? What must be follows from records and journals alone; the rest is written anew.

A look reads the whole store and gives every repair in the order in which it has to be made: what else is
reckoned from comes first. Each is one transaction on the condition that nothing has changed since it was
looked at. So whoever dies amid them looks again and goes on, and a store that is whole is left alone.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.plan import Absent, Put
from chalicelib.flows.ports import JournalReader, Reader, Timer, Writer
from chalicelib.flows.records.journal import append
from chalicelib.flows.upkeep.checks import whole as whole_book
from chalicelib.flows.upkeep.rebuild import rebuild
from chalicelib.flows.upkeep.restore.books import book_repairs
from chalicelib.flows.upkeep.restore.coins import coin_repairs
from chalicelib.flows.upkeep.restore.ends import ending_entries, unseen_orders
from chalicelib.flows.upkeep.restore.markets import Store, snapshot_repairs, sweep_repairs, volume_repairs
from chalicelib.flows.upkeep.restore.payouts import list_repairs, payout_repairs
from chalicelib.flows.upkeep.restore.records import lost_amendments, lost_orders
from chalicelib.flows.upkeep.restore.repair import Repair, repair
from chalicelib.flows.upkeep.stored import Scanner, Stored, gather
from chalicelib.ids import MarketId
from chalicelib.market import Market

COMMIT_PAUSE_MS = 40
_UNKNOWN = "none, yet the journal knows it"


class StoreReader(Reader, Scanner, Protocol):
    """Single items, pages, and everything there is."""


class Restorer:
    def __init__(
        self,
        reader: StoreReader,
        journal: JournalReader,
        writer: Writer,
        timer: Timer,
        markets: Mapping[MarketId, Market],
    ) -> None:
        self._store = Store(reader, journal)
        self._scanner = reader
        self._writer = writer
        self._timer = timer
        self._markets = markets

    PREMISES = ("orders", "amendments", "ends")

    def look(self) -> list[Repair]:
        """Nothing is written. Raises BookCorrupt for a journal with a hole in it, and StoreUnavailable."""
        stored = gather(self._scanner, self._store.journal, self._markets)
        return [*self._truth(stored), *self._rest(stored)]

    def make(self, repairs: Iterator[Repair] | list[Repair]) -> int:
        """How many were made. Raises ConditionFailed when something else is at work there."""
        made = 0
        for each in repairs:
            if each.can_be_made:
                commit_patiently(self._writer, self._timer, each.plan, COMMIT_PAUSE_MS)
                made += 1
        return made

    def _truth(self, stored: Stored) -> Iterator[Repair]:
        """What all else is reckoned from. `stored` has it afterwards."""
        yield from payout_repairs(stored)
        for market in self._markets.values():
            whole = whole_book(market, stored.journals[market.id])
            yield from snapshot_repairs(self._store, market, whole, self._timer.now_ms())
            yield from self._lost(stored, market, whole)
            rebuilt = rebuild(stored, {market.id: market})
            for entry in ending_entries(stored, rebuilt, market, whole, self._timer.now_ms()):
                stored.journals[market.id].append(entry)
                ended = f"an end of {', '.join(entry.done)}"
                yield repair("ends", market.id, ended, "none: no book has seen them", append(entry))

    def _lost(self, stored: Stored, market: Market, whole: Replica) -> Iterator[Repair]:
        """Orders first: what was held for a replace is what they do not explain."""
        alone = {market.id: market}
        orders = list(lost_orders(stored, rebuild(stored, alone), market, whole))
        stored.orders += orders
        for order in orders:
            put = Put(schema.order(order.user, order.id), order.to_item(), require=(Absent(),))
            yield repair("orders", order.id, "a record", _UNKNOWN, put)
        amendments = list(lost_amendments(stored, rebuild(stored, alone), market, whole))
        stored.amendments += amendments
        for each in amendments:
            put = Put(schema.amendment(each.user, each.command), each.to_item(), require=(Absent(),))
            yield repair("amendments", each.command, "a record", _UNKNOWN, put)

    def _rest(self, stored: Stored) -> Iterator[Repair]:
        rebuilt, now_ms = rebuild(stored, self._markets), self._timer.now_ms()
        yield from book_repairs(stored, rebuilt, self._markets)
        yield from list_repairs(stored)
        yield from coin_repairs(stored, rebuilt)
        for market in self._markets.values():
            whole = whole_book(market, stored.journals[market.id])
            yield from sweep_repairs(self._store, market, unseen_orders(stored, rebuilt, market, whole))
            yield from volume_repairs(self._store, stored, market, now_ms)
