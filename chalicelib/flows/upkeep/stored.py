"""What does a whole store hold? Everything in it, sorted by kind, read once and at no one moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.flows.ports import JournalReader
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.entries import Entry, read
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.records.wallets import balances
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.custodied import Custodied
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import MarketId, UserId
from chalicelib.ledger.transfers import Account
from chalicelib.market import Market


class Scanner(Protocol):
    def scan(self, table: str) -> Iterator[Item]: ...


@dataclass
class Stored:
    """`balances`: of users, without the house's. `ledger`: everybody's. `others`: items of users that
    are none of the kinds before it."""

    balances: dict[Account, dict[str, int]] = field(default_factory=dict)
    orders: list[OrderRecord] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    ledger: dict[Key, Entry] = field(default_factory=dict)
    volumes: dict[tuple[UserId, MarketId], Item] = field(default_factory=dict)
    journals: dict[MarketId, list[JournalEntry]] = field(default_factory=dict)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    custody: Custodied = field(default_factory=Custodied)
    others: dict[Key, Item] = field(default_factory=dict)

    @property
    def entries(self) -> list[tuple[UserId, Entry]]:
        return [(UserId(key.pk), entry) for key, entry in self.ledger.items()]

    def sort(self, item: Item) -> None:
        """Take in one item of `accounts`."""
        owner, sk = str(item["pk"]), str(item["sk"])
        if sk == schema.WALLET_SK:
            held = balances(item)
            self.balances[Account(owner, "available")] = {each.asset: each.available for each in held}
            self.balances[Account(owner, "held")] = {each.asset: each.held for each in held}
        elif sk.startswith(schema.ORDER_PREFIX):
            self.orders.append(OrderRecord.from_item(item))
        elif sk.startswith(schema.AMENDMENT_PREFIX):
            self.amendments.append(Amendment.from_item(item))
        elif sk.startswith(schema.ENTRY_PREFIX):
            self.ledger[Key(schema.ACCOUNTS, owner, sk)] = read(item)
        elif sk.startswith(schema.WITHDRAWAL_PREFIX):
            self.withdrawals.append(Withdrawal.from_item(item))
        elif sk.startswith(schema.VOLUME_PREFIX):
            self.volumes[UserId(owner), MarketId(sk.removeprefix(schema.VOLUME_PREFIX))] = item
        else:
            self.others[Key(schema.ACCOUNTS, owner, sk)] = item


def gather(scanner: Scanner, journal: JournalReader, markets: Mapping[MarketId, Market]) -> Stored:
    """Raises BookCorrupt for a journal that can not be read, and StoreUnavailable."""
    stored = Stored()
    for item in scanner.scan(schema.ACCOUNTS):
        stored.sort(item)
    for item in scanner.scan(schema.CUSTODY):
        stored.custody.sort(item)
    for item in scanner.scan(schema.LOBBY):
        stored.custody.others[Key(schema.LOBBY, str(item["pk"]), str(item["sk"]))] = item
    for market_id in markets:
        stored.journals[market_id] = list(journal.tail(market_id, 0))
    return stored
