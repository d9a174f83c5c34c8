"""How does an order or a replace end that no book will ever see?

With a journal entry, as a matcher would write it: rejected, and its hold given back. Whether the hold
ever reached the wallet does not matter, since wallets are written after that, from the journals: a hold
that is missing and one that is given back come to the same.
"""

from collections.abc import Iterable, Iterator

from chalicelib.engine.events import OrderRejected, ReplaceRefused
from chalicelib.engine.order import Side
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.upkeep.rebuild import Rebuilt
from chalicelib.flows.upkeep.stored import Stored
from chalicelib.ids import OrderId, place_command
from chalicelib.market import Market

# Longer than any order or replace is accepted: what is older and unseen is dead.
DEAD_MS = 60_000
EVENTS_PER_ENTRY = 20


def ending_entries(
    stored: Stored, rebuilt: Rebuilt, market: Market, whole: Replica, now_ms: int
) -> list[JournalEntry]:
    """Entries that go on where the journal ends, in order; `whole` follows them. None while a sweep is
    cut in the middle: that goes on first, and what is unseen waits for the sweeper."""
    if whole.book.unfinished is not None:
        return []
    dead: list[OrderRecord | Amendment] = [*_dead_replaces(stored, rebuilt, market, now_ms)]
    dead += _dead_orders(stored, rebuilt, market, whole, now_ms)
    parts = [dead[start : start + EVENTS_PER_ENTRY] for start in range(0, len(dead), EVENTS_PER_ENTRY)]
    sides = {order.id: order.side for order in stored.orders}
    return [_entry(whole, part, sides, now_ms) for part in parts]


def unseen_orders(stored: Stored, rebuilt: Rebuilt, market: Market, whole: Replica) -> Iterator[OrderRecord]:
    """Open ones that the book does not hold."""
    for order in stored.orders:
        known = order.market != market.id or whole.book.knows(order.id)
        if not known and not rebuilt.orders[order.id].ends and not rebuilt.orders[order.id].filled:
            yield order


def _dead_orders(
    stored: Stored, rebuilt: Rebuilt, market: Market, whole: Replica, now_ms: int
) -> Iterator[OrderRecord]:
    unseen = unseen_orders(stored, rebuilt, market, whole)
    return (order for order in unseen if now_ms - order.created_ms > DEAD_MS)


def _dead_replaces(stored: Stored, rebuilt: Rebuilt, market: Market, now_ms: int) -> Iterator[Amendment]:
    waiting = {command for order in rebuilt.orders.values() for command, _ in order.replaces}
    for each in stored.amendments:
        if each.market == market.id and each.command in waiting and now_ms - each.created_ms > DEAD_MS:
            yield each


def _entry(
    whole: Replica, dead: Iterable[OrderRecord | Amendment], sides: dict[OrderId, Side], now_ms: int
) -> JournalEntry:
    step, market = Step(whole, now_ms), whole.market
    for each in dead:
        seq = whole.book.next_seq
        if isinstance(each, OrderRecord):
            count = each.hold // market.hold_units(each.side, 1)
            step.take(OrderRejected(seq, each.id, each.user, each.side, each.quantity, count, "unseen"))
            step.complete(place_command(each.id))
        else:
            side = sides[each.order_id]
            count = each.extra // market.hold_units(side, 1)
            step.take(ReplaceRefused(seq, each.order_id, each.user, side, each.command, count, "unseen"))
            step.fail(each.command, "unseen")
    entry = step.entry()
    whole.advance(entry)
    return entry
