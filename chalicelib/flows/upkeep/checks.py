"""Where does what is stored differ from what must be? One check per invariant of the audit."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.engine.order import LimitOrder
from chalicelib.flows.book.replica import Replica, capture
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.entries import FillEntry, PreventedEntry
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.records.snapshot import rows_of
from chalicelib.flows.records.volumes import days_kept, days_of
from chalicelib.flows.upkeep.rebuild import Rebuilt
from chalicelib.flows.upkeep.stored import Stored
from chalicelib.flows.upkeep.volumes import Traded, traded_by_user
from chalicelib.ids import MarketId, OrderId
from chalicelib.ledger.audit import Difference
from chalicelib.ledger.fees import fee_units
from chalicelib.ledger.transfers import Hold
from chalicelib.market import Market

# The sweeper needs its grace, a run, and the queue's patience.
UNSEEN_MS_MAX = 10 * 60_000


def holds(stored: Stored, markets: Mapping[MarketId, Market]) -> Iterator[Hold]:
    """What every order reserves, what is held for a replace, also of an order that has ended, and what
    a withdrawal holds until it is paid."""
    for order in stored.orders:
        market = markets[order.market]
        yield order.reserve(market)
        yield Hold(order.user, market.held(order.side).symbol, order.extra)
    yield from (withdrawal.hold for withdrawal in stored.withdrawals if withdrawal.is_open)


def order_differences(stored: Stored, rebuilt: Rebuilt) -> Iterator[Difference]:
    known = {order.id for order in stored.orders}
    for order_id in rebuilt.orders.keys() - known:
        yield Difference("orders", order_id, "a record", "none")
    for order in stored.orders:
        wanted = rebuilt.orders[order.id]
        price = order.price if wanted.price is None else wanted.price
        quantity = order.quantity if wanted.quantity is None else wanted.quantity
        terms = (price, quantity, wanted.budget)
        expected = (*terms, wanted.status, wanted.filled, wanted.quote, wanted.fee, wanted.reason)
        terms = (order.price, order.quantity, order.budget)
        found = (*terms, order.status, order.filled, order.quote, order.fee, order.reason)
        if expected != found:
            yield Difference("orders", order.id, str(expected), str(found))
        if len(wanted.ends) > 1:
            yield Difference("orders", order.id, "one end", str(wanted.ends))
        waits = [(order.replacing, order.extra)] if order.replacing or order.extra else []
        if wanted.replaces != waits:
            yield Difference("orders", f"{order.id} replaces", str(wanted.replaces), str(waits))


def hold_differences(
    stored: Stored, rebuilt: Rebuilt, markets: Mapping[MarketId, Market]
) -> Iterator[Difference]:
    """Of orders that the journal has not made others than they were."""
    for order in stored.orders:
        count = order.as_limit_order().hold_count
        units = markets[order.market].hold_units(order.side, count)
        if order.id not in rebuilt.amended and units != order.hold:
            yield Difference("hold", order.id, str(units), str(order.hold))


def entry_differences(stored: Stored, rebuilt: Rebuilt) -> Iterator[Difference]:
    expected = Counter(rebuilt.entries)
    found = Counter(
        (user, entry) for user, entry in stored.entries if isinstance(entry, FillEntry | PreventedEntry)
    )
    for (user, entry), count in (expected - found).items():
        yield Difference("entries", f"{user} {entry}", str(count), "missing")
    for (user, entry), count in (found - expected).items():
        yield Difference("entries", f"{user} {entry}", "none", str(count))


def fee_differences(stored: Stored, rebuilt: Rebuilt) -> Iterator[Difference]:
    orders = {order.id: order for order in stored.orders}
    for _, entry in rebuilt.entries:
        order = orders.get(entry.order_id) if isinstance(entry, FillEntry) else None
        if order is None or not isinstance(entry, FillEntry):
            continue
        rate = order.maker_ppm if entry.role == "maker" else order.taker_ppm
        fee = fee_units(entry.base if entry.side == "buy" else entry.quote, rate)
        if fee != entry.fee:
            yield Difference("fees", f"{order.id} trade {entry.trade_id}", str(fee), str(entry.fee))


def volume_differences(stored: Stored, now_ms: int) -> Iterator[Difference]:
    """Each item, up to the journal entry that it says it has counted."""
    traded = {market: traded_by_user(journal) for market, journal in stored.journals.items()}
    for (user, market), item in stored.volumes.items():
        seq, found = int(str(item["seq"])), days_kept(days_of(item), now_ms)
        trades: list[Traded] = traded[market].get(user, [])
        days: Counter[str] = Counter()
        for trade in trades:
            days[trade.day] += trade.units if trade.seq <= seq else 0
        expected = days_kept({day: units for day, units in days.items() if units}, now_ms)
        if expected != found:
            yield Difference("volumes", f"{user} {market}", str(expected), str(found))


def book_differences(
    stored: Stored, replicas: Mapping[MarketId, Replica], markets: Mapping[MarketId, Market], now_ms: int
) -> Iterator[Difference]:
    for market_id, market in markets.items():
        replica = replicas[market_id]
        yield from unlike(whole(market, stored.journals[market_id]), replica)
        orders = [order for order in stored.orders if order.market == market_id]
        yield from _against_orders(replica, orders, now_ms)
        amendments = [each for each in stored.amendments if each.market == market_id]
        yield from _unseen_replaces(orders, amendments, now_ms)


def whole(market: Market, journal: Iterable[JournalEntry]) -> Replica:
    """The book of a whole journal. Raises BookCorrupt."""
    replica = Replica(market)
    for entry in journal:
        replica.follow(entry)
    return replica


def unlike(whole: Replica, replica: Replica) -> Iterator[Difference]:
    """Everything that a book is, and what its market has done lately."""
    expected, found = capture(whole), capture(replica)
    expected_rows, found_rows = rows_of(expected), rows_of(found)
    for name in expected._fields:
        subject = f"{whole.market.id} {name}"
        if name in expected_rows:
            rows, others = expected_rows[name], found_rows[name]
            if rows != others:
                yield Difference("book", subject, _lacking(rows, others), _lacking(others, rows))
        elif (wanted := getattr(expected, name)) != (there := getattr(found, name)):
            yield Difference("book", subject, str(wanted), str(there))


def _lacking(rows: list[Any], others: list[Any]) -> str:
    """What of `rows` stands nowhere among the others; not all of it, where it is much."""
    seen = {str(row) for row in others}
    only = [row for row in rows if str(row) not in seen]
    return f"{len(rows)} rows, {len(only)} of them only here: {only[:3]}"


def _against_orders(replica: Replica, orders: list[OrderRecord], now_ms: int) -> Iterator[Difference]:
    market, book = replica.market, replica.book
    in_book = {order_id: (order.price, order.hold_count) for order_id, order in book.orders.items()}
    others: list[LimitOrder] = [stop.order for stop in book.stops()]
    if book.unfinished is not None:
        others.append(book.unfinished)
    in_book |= {order.order_id: (order.price, order.hold_count) for order in others}
    for order in orders:
        if not order.is_open:
            continue
        found = in_book.pop(order.id, None)
        expected = (order.price, order.reserve(market).units // market.hold_units(order.side, 1))
        if found is None and now_ms - order.created_ms > UNSEEN_MS_MAX:
            yield Difference("unseen", order.id, "an end", f"pending since {order.created_ms}")
        elif found not in (None, expected):
            yield Difference("book", order.id, f"price and hold {expected}", str(found))
    for order_id in in_book:
        yield Difference("book", order_id, "an open order", "none, yet the book holds it")


def _unseen_replaces(
    orders: list[OrderRecord], amendments: list[Amendment], now_ms: int
) -> Iterator[Difference]:
    waits: dict[str, OrderId] = {order.replacing: order.id for order in orders if order.replacing}
    for amendment in amendments:
        if amendment.command in waits and now_ms - amendment.created_ms > UNSEEN_MS_MAX:
            since = f"waits since {amendment.created_ms}"
            yield Difference("unseen", waits[amendment.command], "an answer to its replace", since)
