"""What does somebody mean by an id? Each spelling leads to chains of records."""

import re
from collections.abc import Iterator

from chalicelib.engine.events import OrderFilled, TradePrevented
from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.flows.records.entries import DepositEntry, FillEntry, PreventedEntry, WithdrawalEntry, read
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.schema import Key
from chalicelib.flows.withdrawals.waiting import waiting
from chalicelib.ids import (
    MarketId,
    OrderId,
    UserId,
    order_id_from_client,
    withdrawal_id_from_client,
)
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import KeetaError
from chalicelib.wiring import Exchange
from infra.ops.finding import matching
from infra.ops.money import amount
from infra.ops.trace.coins import (
    address_chain,
    credit_chains,
    own_block_chain,
    payments_of,
    withdrawal_chain,
)
from infra.ops.trace.order import entry_at, order_chain, place_of, trade_records
from infra.ops.trace.record import Chain, Record

_TRADE = re.compile(r"([A-Z0-9]+)[/-]([A-Z0-9]+)#(\d{1,15})")
_BLOCK = re.compile(r"([0-9a-fA-F]{64})(?:-(\d{1,5}))?")


def resolve(house: Exchange, text: str, user: str | None) -> list[Chain]:
    """Nothing where nothing is known by it. Without `user` all accounts may be looked through."""
    if trade := _TRADE.fullmatch(text):
        return _trade(house, MarketId(f"{trade[1]}/{trade[2]}"), int(trade[3]))
    if block := _BLOCK.fullmatch(text):
        return _block(house, block[1].lower(), block[2])
    if text.startswith(schema.ENTRY_PREFIX):
        return _entry(house, text, user)
    if _is_address(text):
        return _some(address_chain(house, text))
    return _named(house, text.removeprefix("p-"), user)


def _trade(house: Exchange, market: MarketId, trade_id: int) -> list[Chain]:
    """The trade, and both of its orders."""
    entry = _entry_of_trade(house, market, trade_id) if market in house.every_market else None
    if entry is None:
        return []
    (fill,) = (each for each in entry.events if isinstance(each, OrderFilled) and each.trade_id == trade_id)
    chains = [Chain("trade", f"{market}#{trade_id}", "", list(trade_records(house, entry, trade_id)))]
    for user, order_id in ((fill.maker, fill.maker_id), (fill.taker, fill.taker_id)):
        chains += _some(order_chain(house, user, order_id))
    return chains


def _entry_of_trade(house: Exchange, market: MarketId, trade_id: int) -> JournalEntry | None:
    """Trades are numbered in the order of the journal, so halving finds the one."""
    low, high = 1, house.journal.last_seq(market)
    while low <= high:
        middle = (low + high) // 2
        entry, numbers = _next_with_trades(house, market, middle, high)
        if entry is None or trade_id < numbers[0]:
            high = middle - 1
        elif trade_id in numbers:
            return entry
        else:
            low = entry.seq + 1
    return None


def _next_with_trades(
    house: Exchange, market: MarketId, seq: int, last: int
) -> tuple[JournalEntry | None, list[int]]:
    """The first from here on that has trades, and their numbers."""
    for entry in house.journal.tail(market, seq - 1):
        numbers = [event.trade_id for event in entry.events if isinstance(event, OrderFilled)]
        if numbers or entry.seq >= last:
            return (entry, numbers) if numbers and entry.seq <= last else (None, [])
    return None, []


def _block(house: Exchange, block: str, operation: str | None) -> list[Chain]:
    """What came in by it, or what it was signed for."""
    came = [each for each in credit_chains(house, block) if operation in (None, each.id.rpartition("-")[2])]
    paid = [withdrawal_chain(house, *payment) for payment in payments_of(house, block)]
    return [*came, *_some(own_block_chain(house, block)), *_some(*paid)]


def _entry(house: Exchange, sk: str, user: str | None) -> list[Chain]:
    """The entry's own record leads to what made it."""
    owner = user or _owner_of_entry(house, sk)
    item = house.store.get(Key(schema.ACCOUNTS, owner, sk)) if owner else None
    if owner is None or item is None:
        return []
    match entry := read(item):
        case FillEntry():
            return _some(order_chain(house, UserId(owner), entry.order_id))
        case PreventedEntry():
            orders = (entry.maker_id, entry.taker_id)
            return _some(*(order_chain(house, UserId(owner), each) for each in orders))
        case DepositEntry():
            return [each for each in credit_chains(house, entry.block) if each.id == entry.id]
        case WithdrawalEntry():
            return _some(withdrawal_chain(house, UserId(owner), entry.id))
    says = f"{amount(entry.asset, entry.units)} {entry.asset} from {entry.source}"
    record = Record("ledger entry", says, entry.time_ms, Key(schema.ACCOUNTS, owner, sk))
    return [Chain("credit", sk, owner, [record])]


def _owner_of_entry(house: Exchange, sk: str) -> str | None:
    """One of a market's step is had by somebody of its journal entry; others are looked for."""
    place = place_of(sk)
    step = entry_at(house, *place) if place else None
    users: set[str] = set()
    for event in step.events if step else ():
        if isinstance(event, OrderFilled):
            users |= {event.maker, event.taker}
        elif isinstance(event, TradePrevented):
            users.add(event.user)
    for user in sorted(users):
        if house.store.get(Key(schema.ACCOUNTS, user, sk)) is not None:
            return user
    return next((str(item["pk"]) for item in matching(house, sk)), None)


def _named(house: Exchange, name: str, user: str | None) -> list[Chain]:
    if user is not None:
        return _some(*_of_user(house, UserId(user), name))
    for each in waiting(house.store, house.timer.now_ms()):
        if name == each.withdrawal.id:
            return _some(withdrawal_chain(house, each.withdrawal.user, name))
    return [chain for item in matching(house, name) for chain in _of_item(house, item)]


def _of_user(house: Exchange, user: UserId, name: str) -> Iterator[Chain | None]:
    for order_id in (OrderId(name), order_id_from_client(user, name)):
        yield order_chain(house, user, order_id)
    for withdrawal_id in (name, withdrawal_id_from_client(user, name)):
        yield withdrawal_chain(house, user, withdrawal_id)


def _of_item(house: Exchange, item: Item) -> list[Chain]:
    user, sk = UserId(str(item["pk"])), str(item["sk"])
    if sk.startswith(schema.ORDER_PREFIX):
        return _some(order_chain(house, user, OrderId(sk.removeprefix(schema.ORDER_PREFIX))))
    if sk.startswith(schema.AMENDMENT_PREFIX):
        return _some(order_chain(house, user, OrderId(str(item["order_id"]))))
    if sk.startswith(schema.WITHDRAWAL_PREFIX):
        return _some(withdrawal_chain(house, user, sk.removeprefix(schema.WITHDRAWAL_PREFIX)))
    return []


def _is_address(text: str) -> bool:
    try:
        Account.from_address(text)
    except KeetaError:
        return False
    return True


def _some(*chains: Chain | None) -> list[Chain]:
    return [chain for chain in chains if chain is not None]
