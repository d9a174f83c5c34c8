"""Which records has an order? Intake's promise, replaces, fills with their journal entries, and its end."""

from collections.abc import Iterator

from chalicelib.engine.events import OrderFilled
from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.flows.reading.orders import state_of
from chalicelib.flows.records import journal
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.entries import Entry, FillEntry, PreventedEntry, read
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.schema import Key
from chalicelib.ids import CommandId, MarketId, OrderId, UserId
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from infra.ops.money import amount
from infra.ops.trace.record import Chain, Record

PAGE = 500


def order_chain(house: Exchange, user: UserId, order_id: OrderId) -> Chain | None:
    """None when this user has no such order."""
    record = house.orders.get(user, order_id)
    if record is None:
        return None
    records = [_accepted(house, record), *_replaces(house, record), *_entries(house, record)]
    return Chain("order", record.id, record.user, [*records, _now(house, record)])


def trade_records(house: Exchange, entry: JournalEntry, trade_id: int | None = None) -> Iterator[Record]:
    """The trades of a journal entry, or that one of them."""
    market = house.every_market[entry.market]
    for fill in (event for event in entry.events if isinstance(event, OrderFilled)):
        if trade_id in (None, fill.trade_id):
            says = (
                f"trade {entry.market}#{fill.trade_id}: {market.format_quantity(fill.quantity)} at"
                f" {market.format_price(fill.price)}, maker {fill.maker_id}, taker {fill.taker_id}"
            )
            yield Record("journal entry", says, entry.time_ms, schema.journal_entry(entry.market, entry.seq))


def entry_at(house: Exchange, market: MarketId, seq: int) -> JournalEntry | None:
    item = house.store.get(schema.journal_entry(market, seq))
    return journal.read(market, item) if item else None


def place_of(sk: str) -> tuple[MarketId, int] | None:
    """Market and journal entry that a ledger entry of a market's step names; None: it is another kind."""
    parts = sk.split("#")
    market, seq = (parts[2], parts[3]) if len(parts) == 5 else ("", "")
    return (MarketId(market), int(seq)) if seq.isdigit() else None


def items(house: Exchange, first: Key, last_sk: str) -> Iterator[Item]:
    """All of a range of one partition."""
    after: str | None = None
    while True:
        page = house.store.page(first, last_sk, PAGE, after=after)
        yield from page.items
        if page.next is None:
            return
        after = page.next


def _accepted(house: Exchange, record: OrderRecord) -> Record:
    market = house.every_market[record.market]
    held = market.held(record.side).symbol
    says = (
        f"accepted: {record.side} {market.format_quantity(record.quantity)} at"
        f" {market.format_price(record.price)} in {record.market}, {amount(held, record.hold)} {held} held"
    )
    return Record("order", says, record.created_ms, schema.order(record.user, record.id))


def _replaces(house: Exchange, record: OrderRecord) -> Iterator[Record]:
    market, first = house.every_market[record.market], schema.amendment(record.user, CommandId(""))
    for item in items(house, first, schema.AMENDMENT_PREFIX + "~"):
        found = Amendment.from_item(item)
        if found.order_id == record.id:
            held = market.held(record.side).symbol
            says = (
                f"replace {found.command}: {market.format_quantity(found.quantity)} at"
                f" {market.format_price(found.price)}, {amount(held, found.extra)} {held} held besides"
            )
            yield Record("amendment", says, found.created_ms, schema.amendment(record.user, found.command))


def _entries(house: Exchange, record: OrderRecord) -> Iterator[Record]:
    """Fills and prevented trades of the order, each with the journal entry that made it."""
    market = house.every_market[record.market]
    first = Key(schema.ACCOUNTS, record.user, f"{schema.ENTRY_PREFIX}{record.created_ms:013d}")
    last = f"{schema.ENTRY_PREFIX}{record.updated_ms:013d}~"
    for item in items(house, first, max(first.sk, last)):
        entry, sk = read(item), str(item["sk"])
        if not _is_about(entry, record.id):
            continue
        yield Record("ledger entry", _says(market, entry), entry.time_ms, first._replace(sk=sk))
        place = place_of(sk)
        made = entry_at(house, *place) if place else None
        if made is not None and isinstance(entry, FillEntry):
            yield from trade_records(house, made, entry.trade_id)


def _is_about(entry: Entry, order_id: OrderId) -> bool:
    match entry:
        case FillEntry():
            return entry.order_id == order_id
        case PreventedEntry():
            return order_id in (entry.maker_id, entry.taker_id)
        case _:
            return False


def _says(market: Market, entry: Entry) -> str:
    if isinstance(entry, FillEntry):
        changes = ", ".join(f"{amount(*change)} {change.asset}" for change in entry.changes(market))
        return f"{entry.role} of trade {entry.market}#{entry.trade_id}: {changes}"
    assert isinstance(entry, PreventedEntry)
    return f"trade with oneself prevented ({entry.mode})"


def _now(house: Exchange, record: OrderRecord) -> Record:
    state = state_of(house.views[record.market], house.orders, record.user, record.id)
    assert state is not None, "an order is never deleted"
    market = house.every_market[record.market]
    left = state.record.reserve(market)
    says = f"{state.status} {state.record.reason}".rstrip()
    says += (
        f", {market.format_quantity(state.filled)} filled, {amount(left.asset, left.units)} {left.asset} held"
    )
    return Record("state now", says, state.record.updated_ms, schema.order(record.user, record.id))
