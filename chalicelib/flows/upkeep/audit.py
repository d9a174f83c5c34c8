"""Is everything true that must be true after every transaction? Looks at a whole store.

    sum        per asset, all accounts together are zero
    negative   no balance of a user is below zero
    held       what is held is what open orders reserve, and what waits for a replace
    wallets    balances are what credits, intake and journals make them
    orders     so is every order, and it ended at most once
    hold       an order that nothing has changed is worth what was held for it
    entries    so is every fill and every prevented trade in a ledger
    fees       every fill took the rate that its order was promised
    volumes    what is counted for the fee tiers is what was traded
    book       snapshot and tail give the book of the whole journal, and that holds
               exactly the open orders that have been seen
    unseen     no order or replace has waited for its book longer than the sweeper allows
    custody    custody + in flight = owed + suspense + capital - network fees, per asset, and
               so say the totals; deposits and landed runs alone make it so
    payouts    every withdrawal that has landed has its one entry, and no other has one; likewise
               deposits and adjustments

The store is not read at one moment. On a busy exchange a difference is real when it is
still there on a second look.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.flows.book.replica import Replica, load
from chalicelib.flows.ports import JournalReader
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.upkeep.audit_money import money_differences
from chalicelib.flows.upkeep.checks import (
    book_differences,
    entry_differences,
    fee_differences,
    hold_differences,
    holds,
    order_differences,
    volume_differences,
)
from chalicelib.flows.upkeep.rebuild import Rebuilt, rebuild
from chalicelib.flows.upkeep.stored import Scanner, Stored, gather
from chalicelib.ids import MarketId
from chalicelib.ledger.audit import (
    Balances,
    Difference,
    held_is_reserved,
    none_negative,
    sums_to_zero,
    unequal,
)
from chalicelib.ledger.transfers import FEES
from chalicelib.market import Market

Replicas = Mapping[MarketId, Replica]


class AuditReport(NamedTuple):
    differences: list[Difference]
    counts: dict[str, int]


def audit(
    scanner: Scanner, journal: JournalReader, markets: Mapping[MarketId, Market], now_ms: int
) -> AuditReport:
    """Every difference between what is stored and what must be. Raises BookCorrupt, StoreUnavailable."""
    stored = gather(scanner, journal, markets)
    replicas = {market.id: load(market, journal, now_ms) for market in markets.values()}
    found = {**stored.balances, **stored.custody.balances(), FEES: _fees(replicas)}
    rebuilt = rebuild(stored, markets)
    differences = [
        *sums_to_zero(found),
        *none_negative(found),
        *held_is_reserved(found, holds(stored, markets)),
        *unequal("wallets", rebuilt.balances, found),
        *order_differences(stored, rebuilt),
        *hold_differences(stored, rebuilt, markets),
        *entry_differences(stored, rebuilt),
        *fee_differences(stored, rebuilt),
        *volume_differences(stored, now_ms),
        *book_differences(stored, replicas, markets, now_ms),
        *money_differences(stored.custody, stored.withdrawals, stored.entries, found),
    ]
    return AuditReport(differences, _counts(stored, rebuilt, replicas, found))


def _fees(replicas: Replicas) -> dict[str, int]:
    fees: Counter[str] = Counter()
    for replica in replicas.values():
        fees.update(replica.fees)
    return dict(fees)


def _counts(stored: Stored, rebuilt: Rebuilt, replicas: Replicas, found: Balances) -> dict[str, int]:
    states = Counter(f"orders_{_state(replicas, order)}" for order in stored.orders)
    return {
        "users": sum(account.bucket == "available" for account in found),
        "orders": len(stored.orders),
        **dict(sorted(states.items())),
        "replaces": len(stored.amendments),
        "ledger_entries": len(stored.entries),
        "journal_entries": sum(map(len, stored.journals.values())),
        "trades": rebuilt.trades,
        "deposits": sum(credit.kind == "deposit" for credit in stored.custody.credits),
        "withdrawals": len(stored.withdrawals),
        "adjustments": sum(each.state == "posted" for each in stored.custody.adjustments),
        "addresses": len(stored.custody.accounts),
    }


def _state(replicas: Replicas, order: OrderRecord) -> str:
    if order.status != "pending" or order.market not in replicas:
        return order.status
    book = replicas[order.market].book
    if order.id in book.orders:
        return "resting"
    return "armed" if book.find(order.id) else "pending"
