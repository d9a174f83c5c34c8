"""What everybody may see of the markets."""

from contextlib import suppress
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Nothing, Query, endpoint
from chalicelib.api.values import (
    PAGE_DEFAULT,
    Cursor,
    DecimalText,
    Limit,
    Time,
    amount,
    cursor,
    market_in_path,
)
from chalicelib.errors import BookCorrupt, StoreError
from chalicelib.flows.reading.trades import PublicTrade, recent_trades
from chalicelib.keeta.moment import iso
from chalicelib.market import Market
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

LEVELS_MAX = 1_000
_CURSOR = r"[1-9][0-9]{0,14}\.[0-9]{1,15}"


class MarketAnswer(BaseModel):
    market: str
    base: str
    quote: str
    tick: DecimalText
    lot: DecimalText
    minimum_notional: DecimalText
    maker_fee: DecimalText
    taker_fee: DecimalText
    mode: Literal["open", "halted"]
    last_price: DecimalText | None


class MarketsAnswer(BaseModel):
    markets: list[MarketAnswer]


class BookQuery(Query):
    levels: Annotated[int, Field(ge=1, le=LEVELS_MAX)] = 50


class Level(BaseModel):
    price: DecimalText
    quantity: DecimalText
    orders: int


class BookAnswer(BaseModel):
    market: str
    sequence: int = Field(description="number of the latest event of this market")
    time: Time
    bids: list[Level]
    asks: list[Level]


class TradesQuery(Query):
    limit: Limit = PAGE_DEFAULT
    before: Cursor | None = None


class Trade(BaseModel):
    trade_id: int
    price: DecimalText
    quantity: DecimalText
    notional: DecimalText
    taker_side: Literal["buy", "sell"]
    time: Time


class TradesAnswer(BaseModel):
    market: str
    trades: list[Trade]
    next: str | None


@endpoint(routes, "GET", "/markets", answer=MarketsAnswer, private=False)
def list_markets(_: Call[Nothing, NoQuery]) -> MarketsAnswer:
    """The markets and their terms."""
    return MarketsAnswer(markets=[_market(market) for market in exchange().markets.values()])


@endpoint(
    routes,
    "GET",
    "/markets/{market}/book",
    query=BookQuery,
    answer=BookAnswer,
    private=False,
    refuses=("market_not_found",),
)
def get_book(call: Call[Nothing, BookQuery]) -> BookAnswer:
    """The best prices on both sides, with what waits there."""
    market = market_in_path(call.path["market"])
    with exchange().views[market.id].current() as replica:
        bids = replica.book.depth("buy", call.query.levels)
        asks = replica.book.depth("sell", call.query.levels)
        sequence, time_ms = replica.book.next_seq - 1, replica.time_ms
    return BookAnswer(
        market=market.id,
        sequence=sequence,
        time=iso(time_ms),
        bids=[_level(market, *level) for level in bids],
        asks=[_level(market, *level) for level in asks],
    )


@endpoint(
    routes,
    "GET",
    "/markets/{market}/trades",
    query=TradesQuery,
    answer=TradesAnswer,
    private=False,
    refuses=("market_not_found", "invalid_cursor"),
)
def list_trades(call: Call[Nothing, TradesQuery]) -> TradesAnswer:
    """What was traded lately, newest first."""
    market = market_in_path(call.path["market"])
    before = cursor(call.query.before, _CURSOR)
    page = recent_trades(exchange().journal, market.id, before, call.query.limit)
    return TradesAnswer(
        market=market.id, trades=[_trade(market, trade) for trade in page.trades], next=page.next
    )


def _market(market: Market) -> MarketAnswer:
    halted, last_price = True, None  # what nobody can read, nobody can trade in
    with suppress(StoreError, BookCorrupt), exchange().views[market.id].current() as replica:
        halted, last_price = replica.book.halted is not None, replica.book.last_price
    return MarketAnswer(
        market=market.id,
        base=market.base.symbol,
        quote=market.quote.symbol,
        tick=market.tick,
        lot=market.lot,
        minimum_notional=market.minimum_notional,
        maker_fee=market.maker_fee,
        taker_fee=market.taker_fee,
        mode="halted" if halted else "open",
        last_price=None if last_price is None else market.format_price(last_price),
    )


def _level(market: Market, price: int, quantity: int, orders: int) -> Level:
    return Level(price=market.format_price(price), quantity=market.format_quantity(quantity), orders=orders)


def _trade(market: Market, trade: PublicTrade) -> Trade:
    fill = trade.fill
    return Trade(
        trade_id=fill.trade_id,
        price=market.format_price(fill.price),
        quantity=market.format_quantity(fill.quantity),
        notional=amount(market.quote.symbol, market.quote_units(fill.price, fill.quantity)),
        taker_side=fill.taker_side,
        time=iso(trade.time_ms),
    )
