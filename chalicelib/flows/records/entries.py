"""What does a user's ledger consist of, and how is it stored and read?

A fill or a credit is a change of what its owner has in total. Holds move money within one
wallet, so they are no entries: the order itself is their record. A prevented trade moved
nothing; it stands among the fills because its owner asks where one went.
"""

from typing import Any, Literal, NamedTuple, TypeAlias

from chalicelib.engine.order import SelfTrade, Side
from chalicelib.flows import schema
from chalicelib.flows.plan import Absent, Item, Put
from chalicelib.flows.ports import Reader
from chalicelib.flows.schema import Key
from chalicelib.ids import MarketId, OrderId, UserId
from chalicelib.market import Market
from chalicelib.money import Amount

Role = Literal["maker", "taker"]

# Sorts after every ledger entry.
_END = schema.ENTRY_PREFIX + "~"
READS_MAX = 10


class FillEntry(NamedTuple):
    """One side of one trade. Price in ticks, quantity in lots, the rest in units."""

    time_ms: int
    market: MarketId
    trade_id: int
    order_id: OrderId
    side: Side
    role: Role
    price: int
    quantity: int
    base: int
    quote: int
    fee: int

    def changes(self, market: Market) -> list[Amount]:
        """What the owner gained and gave; the fee is taken from the gain."""
        base, quote = market.base.symbol, market.quote.symbol
        if self.side == "buy":
            return [Amount(base, self.base - self.fee), Amount(quote, -self.quote)]
        return [Amount(base, -self.base), Amount(quote, self.quote - self.fee)]


class CreditEntry(NamedTuple):
    """Money that came in from an account of the house called `source`."""

    time_ms: int
    asset: str
    units: int
    source: str


class DepositEntry(NamedTuple):
    """Coins that came in: the block that sent them, and which of its operations."""

    time_ms: int
    asset: str
    units: int
    address: str
    block: str
    operation: int

    @property
    def id(self) -> str:
        return f"{self.block}-{self.operation}"


class WithdrawalEntry(NamedTuple):
    """Coins that were paid out: to whom, and the block that did it."""

    time_ms: int
    asset: str
    units: int
    id: str
    to: str
    block: str


class AdjustmentEntry(NamedTuple):
    """What two people gave (or took: below zero) from the house's account `source`, and why."""

    time_ms: int
    asset: str
    units: int
    source: str
    id: str
    reason: str


class PreventedEntry(NamedTuple):
    """Two orders of one owner met. Price in ticks, quantity in lots; `mode` says what became of them."""

    time_ms: int
    market: MarketId
    maker_id: OrderId
    taker_id: OrderId
    taker_side: Side
    price: int
    quantity: int
    mode: SelfTrade


Entry: TypeAlias = FillEntry | CreditEntry | DepositEntry | WithdrawalEntry | AdjustmentEntry | PreventedEntry
# What one step of a market may write of what it did.
StepEntry: TypeAlias = FillEntry | PreventedEntry
# Those with an id of their own.
MoneyEntry: TypeAlias = DepositEntry | WithdrawalEntry | AdjustmentEntry

# The kinds that changed what somebody has.
MONEY: tuple[type[Entry], ...] = (
    FillEntry,
    CreditEntry,
    DepositEntry,
    WithdrawalEntry,
    AdjustmentEntry,
)

_KINDS: dict[str, type[Entry]] = {
    "fill": FillEntry,
    "credit": CreditEntry,
    "deposit": DepositEntry,
    "withdrawal": WithdrawalEntry,
    "adjustment": AdjustmentEntry,
    "prevented": PreventedEntry,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class EntryPage(NamedTuple):
    """Entries with their ids, newest first, and the cursor to go on from."""

    entries: list[tuple[str, Entry]]
    next: str | None


def put_entry(user: UserId, entry: StepEntry, seq: int, position: int) -> Put:
    """No condition: the journal entry `seq`, in the same transaction, is there only once."""
    return Put(schema.fill_entry(user, entry.time_ms, entry.market, seq, position), _item(entry))


def put_credit(user: UserId, entry: CreditEntry, credit_id: str) -> Put:
    return Put(schema.credit_entry(user, entry.time_ms, credit_id), _item(entry), require=(Absent(),))


def put_money(user: UserId, entry: MoneyEntry) -> Put:
    return Put(key_of(user, entry), _item(entry), require=(Absent(),))


def key_of(user: UserId, entry: MoneyEntry) -> Key:
    return schema.money_entry(user, entry.time_ms, _NAMES[type(entry)], entry.id)


def put_back(key: Key, entry: Entry) -> Put:
    """As it was written once, whatever stands there now."""
    return Put(key, _item(entry))


def read(item: Item) -> Entry:
    fields: dict[str, Any] = dict(item)
    kind = _KINDS[fields["kind"]]
    return kind(**{name: fields[name] for name in kind._fields})


def newest(
    reader: Reader,
    user: UserId,
    cursor: str | None,
    limit: int,
    kind: type[Entry] | tuple[type[Entry], ...] | None = None,
) -> EntryPage:
    """At most `limit` entries older than the cursor, of some kinds or of all.

    Reads a bounded number of items: a page may be short and still name where to go on.
    """
    found: list[tuple[str, Entry]] = []
    first = Key(schema.ACCOUNTS, user, schema.ENTRY_PREFIX)
    for _ in range(READS_MAX):
        page = reader.page(first, _END, limit, newest_first=True, after=cursor)
        for item in page.items:
            entry, entry_id = read(item), str(item["sk"])
            if kind is None or isinstance(entry, kind):
                found.append((entry_id, entry))
            if len(found) == limit:
                return EntryPage(found, entry_id)
        if page.next is None:
            return EntryPage(found, None)
        cursor = page.next
    return EntryPage(found, cursor)


def _item(entry: Entry) -> Item:
    return {"kind": _NAMES[type(entry)], **entry._asdict()}
