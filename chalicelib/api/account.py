"""What a user owns, and how it came to be so."""

from typing import Literal

from chalice.app import Blueprint
from pydantic import BaseModel, Field, RootModel

from chalicelib.api.endpoint import Call, NoQuery, Nothing, Query, endpoint
from chalicelib.api.values import (
    PAGE_DEFAULT,
    Cursor,
    DecimalText,
    Limit,
    SignedDecimal,
    Time,
    amount,
    cursor,
)
from chalicelib.engine.order import SelfTrade, Side
from chalicelib.flows import schema
from chalicelib.flows.records.entries import (
    MONEY,
    AdjustmentEntry,
    CreditEntry,
    DepositEntry,
    Entry,
    EntryPage,
    FillEntry,
    PreventedEntry,
    Role,
    WithdrawalEntry,
    newest,
)
from chalicelib.flows.records.wallets import balances
from chalicelib.keeta.moment import iso
from chalicelib.wiring import exchange

routes = Blueprint(__name__)


class EntriesQuery(Query):
    limit: Limit = PAGE_DEFAULT
    before: Cursor | None = None


class Balance(BaseModel):
    token: str
    available: DecimalText
    held: DecimalText
    total: DecimalText = Field(description="available + held")


class BalancesAnswer(RootModel[list[Balance]]):
    pass


class Fill(BaseModel):
    trade_id: int = Field(description="counts the trades of one market from 1")
    order_id: str
    market: str
    side: Side
    role: Role = Field(description="maker: one's order had waited, and gave liquidity; taker: it took some")
    price: DecimalText
    quantity: DecimalText
    notional: DecimalText
    fee: DecimalText
    fee_token: str
    time: Time


class FillsAnswer(BaseModel):
    fills: list[Fill]
    next: str | None


class PreventedMatch(BaseModel):
    """Two orders of one's own would have traded. What became of them, they tell."""

    market: str
    maker_order_id: str
    taker_order_id: str
    taker_side: Side
    price: DecimalText
    quantity: DecimalText
    self_trade: SelfTrade
    time: Time


class PreventedMatchesAnswer(BaseModel):
    prevented_matches: list[PreventedMatch]
    next: str | None


class Change(BaseModel):
    token: str
    amount: SignedDecimal


class LedgerEntry(BaseModel):
    """Changes of `total`. Holds move money within a wallet, so they are not entries."""

    id: str
    kind: Literal["credit", "fill", "deposit", "withdrawal", "adjustment"]
    time: Time
    changes: list[Change]
    market: str | None = None
    order_id: str | None = None
    trade_id: int | None = None
    source: str | None = None
    reason: str | None = Field(default=None, description="why the exchange adjusted what one has")
    withdrawal_id: str | None = None
    block: str | None = Field(default=None, description="hash of the block on Keeta")


class LedgerAnswer(BaseModel):
    entries: list[LedgerEntry]
    next: str | None


@endpoint(routes, "GET", "/balances", answer=BalancesAnswer)
def list_balances(call: Call[Nothing, NoQuery]) -> BalancesAnswer:
    """What one owns, by token."""
    wallet = exchange().store.get(schema.wallet(call.session.user))
    return BalancesAnswer(
        [
            Balance(
                token=balance.asset,
                available=amount(balance.asset, balance.available),
                held=amount(balance.asset, balance.held),
                total=amount(balance.asset, balance.total),
            )
            for balance in balances(wallet)
        ]
    )


@endpoint(routes, "GET", "/fills", query=EntriesQuery, answer=FillsAnswer, refuses=("invalid_cursor",))
def list_fills(call: Call[Nothing, EntriesQuery]) -> FillsAnswer:
    """One's own trades, newest first."""
    page = _page(call, FillEntry)
    fills = [_fill(entry) for _, entry in page.entries if isinstance(entry, FillEntry)]
    return FillsAnswer(fills=fills, next=page.next)


@endpoint(routes, "GET", "/ledger", query=EntriesQuery, answer=LedgerAnswer, refuses=("invalid_cursor",))
def list_entries(call: Call[Nothing, EntriesQuery]) -> LedgerAnswer:
    """Everything that changed one's totals, newest first."""
    page = _page(call, *MONEY)
    entries = [_ledger_entry(entry_id, entry) for entry_id, entry in page.entries]
    return LedgerAnswer(entries=[entry for entry in entries if entry is not None], next=page.next)


@endpoint(
    routes,
    "GET",
    "/prevented-matches",
    query=EntriesQuery,
    answer=PreventedMatchesAnswer,
    refuses=("invalid_cursor",),
)
def list_prevented_matches(call: Call[Nothing, EntriesQuery]) -> PreventedMatchesAnswer:
    """Trades with oneself that were prevented, newest first."""
    page = _page(call, PreventedEntry)
    found = [_prevented(entry) for _, entry in page.entries if isinstance(entry, PreventedEntry)]
    return PreventedMatchesAnswer(prevented_matches=found, next=page.next)


def _page(call: Call[Nothing, EntriesQuery], *kinds: type[Entry]) -> EntryPage:
    before = cursor(call.query.before, schema.ENTRY_PATTERN)
    return newest(exchange().store, call.session.user, before, call.query.limit, kinds)


def _fill(entry: FillEntry) -> Fill:
    market = exchange().every_market[entry.market]
    fee_token = market.received(entry.side).symbol
    return Fill(
        trade_id=entry.trade_id,
        order_id=entry.order_id,
        market=entry.market,
        side=entry.side,
        role=entry.role,
        price=market.format_price(entry.price),
        quantity=market.format_quantity(entry.quantity),
        notional=amount(market.quote.symbol, entry.quote),
        fee=amount(fee_token, entry.fee),
        fee_token=fee_token,
        time=iso(entry.time_ms),
    )


def _prevented(entry: PreventedEntry) -> PreventedMatch:
    market = exchange().every_market[entry.market]
    return PreventedMatch(
        market=entry.market,
        maker_order_id=entry.maker_id,
        taker_order_id=entry.taker_id,
        taker_side=entry.taker_side,
        price=market.format_price(entry.price),
        quantity=market.format_quantity(entry.quantity),
        self_trade=entry.mode,
        time=iso(entry.time_ms),
    )


def _ledger_entry(entry_id: str, entry: Entry) -> LedgerEntry | None:
    match entry:
        case FillEntry():
            return _fill_entry(entry_id, entry)
        case CreditEntry():
            return _money_entry(entry_id, "credit", entry.units, entry, source=entry.source)
        case DepositEntry():
            return _money_entry(entry_id, "deposit", entry.units, entry, block=entry.block.upper())
        case WithdrawalEntry():
            more = {"block": entry.block.upper(), "withdrawal_id": entry.id}
            return _money_entry(entry_id, "withdrawal", -entry.units, entry, **more)
        case AdjustmentEntry():
            more = {"source": entry.source, "reason": entry.reason}
            return _money_entry(entry_id, "adjustment", entry.units, entry, **more)
        case PreventedEntry():
            return None


def _fill_entry(entry_id: str, entry: FillEntry) -> LedgerEntry:
    changes = entry.changes(exchange().every_market[entry.market])
    return LedgerEntry(
        id=entry_id,
        kind="fill",
        time=iso(entry.time_ms),
        changes=[Change(token=change.asset, amount=amount(*change)) for change in changes],
        market=entry.market,
        order_id=entry.order_id,
        trade_id=entry.trade_id,
    )


def _money_entry(
    entry_id: str,
    kind: Literal["credit", "deposit", "withdrawal", "adjustment"],
    units: int,
    entry: CreditEntry | DepositEntry | WithdrawalEntry | AdjustmentEntry,
    **more: str,
) -> LedgerEntry:
    return LedgerEntry(
        id=entry_id,
        kind=kind,
        time=iso(entry.time_ms),
        changes=[Change(token=entry.asset, amount=amount(entry.asset, units))],
        **more,  # type: ignore[arg-type]
    )
