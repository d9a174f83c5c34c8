"""Is everything true that must be true after every transaction? Looks at a whole store.

    sum        per asset, all accounts together are zero
    negative   no balance of a user is below zero
    held       what is held is what open orders reserve
    wallets    balances are what credits, intake and journals make them
    orders     so is every order, and it ended at most once
    entries    so is every fill in a ledger
    book       snapshot and tail give the book of the whole journal, and that holds
               exactly the open orders that have been seen
    unseen     no order has waited for its book longer than the sweeper allows
    custody    custody + in flight = owed + suspense + capital - network fees, per asset, and
               so say the totals; deposits and landed runs alone make it so
    payouts    every withdrawal that has landed has its one entry, and no other has one

The store is not read at one moment. On a busy exchange a difference is real when it is
still there on a second look.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica, load
from chalicelib.flows.plan import Item
from chalicelib.flows.ports import JournalReader
from chalicelib.flows.records.entries import Entry, FillEntry, read
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord, hold_for
from chalicelib.flows.records.wallets import balances
from chalicelib.flows.upkeep.audit_money import Custodied, money_differences
from chalicelib.flows.upkeep.rebuild import Rebuilt, open_orders
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import MarketId, UserId
from chalicelib.ledger.audit import (
    Difference,
    held_is_reserved,
    none_negative,
    sums_to_zero,
    unequal,
)
from chalicelib.ledger.transfers import FEES, Account, Hold
from chalicelib.market import Market

# The sweeper needs its grace, a run, and the queue's patience.
UNSEEN_MS_MAX = 10 * 60_000


class Scanner(Protocol):
    def scan(self, table: str) -> Iterator[Item]: ...


@dataclass
class Stored:
    """What the store holds, sorted by kind."""

    balances: dict[Account, dict[str, int]] = field(default_factory=dict)
    orders: list[OrderRecord] = field(default_factory=list)
    entries: list[tuple[UserId, Entry]] = field(default_factory=list)
    journals: dict[MarketId, list[JournalEntry]] = field(default_factory=dict)
    replicas: dict[MarketId, Replica] = field(default_factory=dict)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    custody: Custodied = field(default_factory=Custodied)


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
        *held_is_reserved(stored.balances, _holds(stored, markets)),
        *unequal("wallets", rebuilt.balances, stored.balances),
        *_order_differences(stored, rebuilt),
        *_entry_differences(stored, rebuilt),
        *_book_differences(stored, markets, now_ms),
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
    elif sk.startswith(schema.ENTRY_PREFIX):
        stored.entries.append((UserId(owner), read(item)))
    elif sk.startswith(schema.WITHDRAWAL_PREFIX):
        stored.withdrawals.append(Withdrawal.from_item(item))


def _rebuild(stored: Stored, markets: Mapping[MarketId, Market]) -> Rebuilt:
    rebuilt = Rebuilt()
    rebuilt.add_credits(stored.entries)
    rebuilt.add_money(stored.custody.credits, stored.custody.runs, stored.withdrawals)
    for market_id, market in markets.items():
        rebuilt.add_intake(market, (order for order in stored.orders if order.market == market_id))
        rebuilt.add_journal(market, stored.journals[market_id])
    return rebuilt


def _holds(stored: Stored, markets: Mapping[MarketId, Market]) -> Iterator[Hold]:
    for order in open_orders(stored.orders):
        yield hold_for(markets[order.market], order.user, order.side, order.price, order.remaining)
    yield from (withdrawal.hold for withdrawal in stored.withdrawals if withdrawal.is_open)


def _order_differences(stored: Stored, rebuilt: Rebuilt) -> Iterator[Difference]:
    known = {order.id for order in stored.orders}
    for order_id in rebuilt.orders.keys() - known:
        yield Difference("orders", order_id, "a record", "none")
    for order in stored.orders:
        wanted = rebuilt.orders[order.id]
        expected = (wanted.status, wanted.filled, wanted.quote, wanted.fee, wanted.reason)
        found = (order.status, order.filled, order.quote, order.fee, order.reason)
        if expected != found:
            yield Difference("orders", order.id, str(expected), str(found))
        if len(wanted.ends) > 1:
            yield Difference("orders", order.id, "one end", str(wanted.ends))


def _entry_differences(stored: Stored, rebuilt: Rebuilt) -> Iterator[Difference]:
    expected = Counter(rebuilt.fills)
    found = Counter((user, entry) for user, entry in stored.entries if isinstance(entry, FillEntry))
    for (user, entry), count in (expected - found).items():
        yield Difference("entries", f"{user} {entry}", str(count), "missing")
    for (user, entry), count in (found - expected).items():
        yield Difference("entries", f"{user} {entry}", "none", str(count))


def _book_differences(
    stored: Stored, markets: Mapping[MarketId, Market], now_ms: int
) -> Iterator[Difference]:
    for market_id, market in markets.items():
        whole = Replica(market)
        for entry in stored.journals[market_id]:
            whole.follow(entry)
        replica = stored.replicas[market_id]
        if whole.book.checksum != replica.book.checksum or whole.seq != replica.seq:
            yield Difference("book", market_id, f"checksum at {whole.seq}", f"another at {replica.seq}")
        orders = [order for order in open_orders(stored.orders) if order.market == market_id]
        yield from _against_orders(replica, orders, now_ms)


def _against_orders(replica: Replica, orders: list[OrderRecord], now_ms: int) -> Iterator[Difference]:
    resting = {order.order_id: order.remaining for order in replica.book.orders.values()}
    if replica.book.unfinished is not None:
        resting[replica.book.unfinished.order_id] = replica.book.unfinished.remaining
    for order in orders:
        remaining = resting.pop(order.id, None)
        if remaining is None and now_ms - order.created_ms > UNSEEN_MS_MAX:
            yield Difference("unseen", order.id, "an end", f"pending since {order.created_ms}")
        elif remaining not in (None, order.remaining):
            yield Difference("book", order.id, f"{order.remaining} lots remain", str(remaining))
    for order_id in resting:
        yield Difference("book", order_id, "an open order", "none, yet the book holds it")


def _counts(stored: Stored, rebuilt: Rebuilt) -> dict[str, int]:
    resting = {order_id for replica in stored.replicas.values() for order_id in replica.book.orders}
    states = Counter(
        "orders_resting" if order.status == "pending" and order.id in resting else f"orders_{order.status}"
        for order in stored.orders
    )
    return {
        "users": sum(account.bucket == "available" for account in stored.balances),
        "orders": len(stored.orders),
        **dict(sorted(states.items())),
        "ledger_entries": len(stored.entries),
        "journal_entries": sum(map(len, stored.journals.values())),
        "trades": rebuilt.trades,
        "deposits": sum(credit.kind == "deposit" for credit in stored.custody.credits),
        "withdrawals": len(stored.withdrawals),
        "addresses": len(stored.custody.accounts),
    }
