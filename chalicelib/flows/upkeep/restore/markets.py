"""Which shortcuts past a market's journal, and which places in it, are those of another journal?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from chalicelib.errors import BookCorrupt
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica, load
from chalicelib.flows.plan import Delete, Equals, Item, Put
from chalicelib.flows.ports import JournalReader, Reader
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.records.volumes import days_kept, days_of
from chalicelib.flows.upkeep.checks import unlike
from chalicelib.flows.upkeep.restore.repair import Repair, repair
from chalicelib.flows.upkeep.stored import Stored
from chalicelib.flows.upkeep.volumes import Traded, traded_by_user
from chalicelib.ids import UserId
from chalicelib.market import Market


class Store(NamedTuple):
    reader: Reader
    journal: JournalReader


def snapshot_repairs(store: Store, market: Market, whole: Replica, now_ms: int) -> Iterator[Repair]:
    """A snapshot is a shortcut: without one the journal is read whole, and the next fold makes one."""
    pointer = store.reader.get(schema.snapshot_pointer(market.id))
    if pointer is None:
        return
    try:
        found = load(market, store.journal, now_ms)
        trouble = "; ".join(each.subject for each in unlike(whole, found))
    except BookCorrupt as fault:
        trouble = fault.detail
    if trouble:
        same = Equals("generation", pointer["generation"])
        gone = Delete(schema.snapshot_pointer(market.id), require=(same,))
        yield repair("snapshots", market.id, "the journal's book", trouble, gone)


def sweep_repairs(store: Store, market: Market, unseen: Iterable[OrderRecord]) -> Iterator[Repair]:
    """The sweeper begins before the oldest order that no book has seen."""
    key = schema.sweep_cursor(market.id)
    item = store.reader.get(key)
    oldest = min((order.created_ms // 60_000 for order in unseen), default=None)
    if item is not None and oldest is not None and int(str(item["minute"])) >= oldest:
        write = Put(key, {"minute": oldest - 1}, require=(Equals("minute", item["minute"]),))
        yield repair("cursors", f"sweep {market.id}", f"before {oldest}", str(item["minute"]), write)


def volume_repairs(store: Store, stored: Stored, market: Market, now_ms: int) -> Iterator[Repair]:
    """What was counted of trades that are no more is not counted; what was not is counted again."""
    traded = traded_by_user(stored.journals[market.id])
    last = max((entry.seq for entry in stored.journals[market.id]), default=0)
    for (user, market_id), item in stored.volumes.items():
        if market_id == market.id:
            yield from _recounted(user, market, item, traded.get(user, []), last, now_ms)
    key = schema.volume_cursor(market.id)
    cursor = store.reader.get(key)
    if cursor is None:
        return
    seq = int(str(cursor["seq"]))
    uncounted = [
        trade.seq
        for user, trades in traded.items()
        for trade in trades
        if trade.seq > _counted(stored.volumes.get((user, market.id)))
    ]
    wanted = min([seq, last, *(each - 1 for each in uncounted)])
    if wanted != seq:
        write = Put(key, {"seq": wanted}, require=(Equals("seq", seq),))
        yield repair("cursors", f"volumes {market.id}", wanted, seq, write)


def _counted(item: Item | None) -> int:
    return int(str(item["seq"])) if item else 0


def _recounted(
    user: UserId, market: Market, item: Item, trades: Iterable[Traded], last: int, now_ms: int
) -> Iterator[Repair]:
    seq = min(_counted(item), last)
    days: Counter[str] = Counter()
    for trade in trades:
        days[trade.day] += trade.units if trade.seq <= seq else 0
    wanted = days_kept({day: units for day, units in days.items() if units}, now_ms)
    if wanted != days_kept(days_of(item), now_ms) or seq != _counted(item):
        write = Put(
            schema.volume(user, market.id),
            {"days": {**wanted}, "seq": seq},
            require=(Equals("seq", item["seq"]),),
        )
        yield repair("volumes", f"{user} {market.id}", f"{wanted} at {seq}", f"at {_counted(item)}", write)
