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
    payouts    every withdrawal that has landed has its one entry, and no other has one

The store is not read at one moment. On a busy exchange a difference is real when it is
still there on a second look.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from chalicelib.flows import schema
from chalicelib.flows.book.replica import load
from chalicelib.flows.plan import Item
from chalicelib.flows.ports import JournalReader
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.entries import read
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.records.wallets import balances
from chalicelib.flows.upkeep.audit_money import money_differences
from chalicelib.flows.upkeep.checks import (
    Stored,
    book_differences,
    entry_differences,
    fee_differences,
    hold_differences,
    holds,
    order_differences,
    volume_differences,
)
from chalicelib.flows.upkeep.rebuild import Rebuilt
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import MarketId, UserId
from chalicelib.ledger.audit import (
    Difference,
    held_is_reserved,
    none_negative,
    sums_to_zero,
    unequal,
)
from chalicelib.ledger.transfers import FEES, Account
from chalicelib.market import Market


class Scanner(Protocol):
    def scan(self, table: str) -> Iterator[Item]: ...


class AuditReport(NamedTuple):
    differences: list[Difference]
    counts: dict[str, int]


def audit(
    scanner: Scanner, journal: JournalReader, markets: Mapping[MarketId, Market], now_ms: int
) -> AuditReport:
    """Every difference between what is stored and what must be. Raises BookCorrupt, StoreUnavailable."""
    stored = _gather(scanner, journal, markets, now_ms)
    rebuilt = _rebuild(stored, markets)
    differences = [
        *sums_to_zero(stored.balances),
        *none_negative(stored.balances),
        *held_is_reserved(stored.balances, holds(stored, markets)),
        *unequal("wallets", rebuilt.balances, stored.balances),
        *order_differences(stored, rebuilt),
        *hold_differences(stored, rebuilt, markets),
        *entry_differences(stored, rebuilt),
        *fee_differences(stored, rebuilt),
        *volume_differences(stored, now_ms),
        *book_differences(stored, markets, now_ms),
        *money_differences(stored.custody, stored.withdrawals, stored.entries, stored.balances),
    ]
    return AuditReport(differences, _counts(stored, rebuilt))


def _gather(
    scanner: Scanner, journal: JournalReader, markets: Mapping[MarketId, Market], now_ms: int
) -> Stored:
    stored = Stored()
    for item in scanner.scan(schema.ACCOUNTS):
        _sort(stored, item)
    for item in scanner.scan(schema.CUSTODY):
        stored.custody.sort(item)
    stored.balances |= stored.custody.balances()
    fees: dict[str, int] = {}
    for market_id, market in markets.items():
        stored.journals[market_id] = list(journal.tail(market_id, 0))
        stored.replicas[market_id] = replica = load(market, journal, now_ms)
        for asset, units in replica.fees.items():
            fees[asset] = fees.get(asset, 0) + units
    stored.balances[FEES] = fees
    return stored


def _sort(stored: Stored, item: Item) -> None:
    owner, sk = str(item["pk"]), str(item["sk"])
    if sk == schema.WALLET_SK:
        held = balances(item)
        stored.balances[Account(owner, "available")] = {each.asset: each.available for each in held}
        stored.balances[Account(owner, "held")] = {each.asset: each.held for each in held}
    elif sk.startswith(schema.ORDER_PREFIX):
        stored.orders.append(OrderRecord.from_item(item))
    elif sk.startswith(schema.AMENDMENT_PREFIX):
        stored.amendments.append(Amendment.from_item(item))
    elif sk.startswith(schema.ENTRY_PREFIX):
        stored.entries.append((UserId(owner), read(item)))
    elif sk.startswith(schema.WITHDRAWAL_PREFIX):
        stored.withdrawals.append(Withdrawal.from_item(item))
    elif sk.startswith(schema.VOLUME_PREFIX):
        stored.volumes[UserId(owner), MarketId(sk.removeprefix(schema.VOLUME_PREFIX))] = item


def _rebuild(stored: Stored, markets: Mapping[MarketId, Market]) -> Rebuilt:
    rebuilt = Rebuilt()
    rebuilt.add_credits(stored.entries)
    rebuilt.add_money(stored.custody.credits, stored.custody.runs, stored.withdrawals)
    for market_id, market in markets.items():
        orders = [order for order in stored.orders if order.market == market_id]
        rebuilt.add_intake(market, orders)
        amendments = (each for each in stored.amendments if each.market == market_id)
        rebuilt.add_amendments(market, orders, amendments)
        rebuilt.add_journal(market, stored.journals[market_id])
    return rebuilt


def _counts(stored: Stored, rebuilt: Rebuilt) -> dict[str, int]:
    states = Counter(f"orders_{_state(stored, order)}" for order in stored.orders)
    return {
        "users": sum(account.bucket == "available" for account in stored.balances),
        "orders": len(stored.orders),
        **dict(sorted(states.items())),
        "replaces": len(stored.amendments),
        "ledger_entries": len(stored.entries),
        "journal_entries": sum(map(len, stored.journals.values())),
        "trades": rebuilt.trades,
        "deposits": sum(credit.kind == "deposit" for credit in stored.custody.credits),
        "withdrawals": len(stored.withdrawals),
        "addresses": len(stored.custody.accounts),
    }


def _state(stored: Stored, order: OrderRecord) -> str:
    if order.status != "pending" or order.market not in stored.replicas:
        return order.status
    book = stored.replicas[order.market].book
    if order.id in book.orders:
        return "resting"
    return "armed" if book.find(order.id) else "pending"
