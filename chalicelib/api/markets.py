"""What everybody may see of the markets."""

from contextlib import suppress
from typing import Annotated

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.batch import COMMANDS_MAX
from chalicelib.api.endpoint import Call, NoQuery, Nothing, Query, endpoint
from chalicelib.api.fees import FeeTier, fee_tiers
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
from chalicelib.engine.events import Mode
from chalicelib.engine.order import Side
from chalicelib.errors import BookCorrupt, StoreError
from chalicelib.flows.intake.place_order import GTT_MS_MAX
from chalicelib.flows.reading.trades import CURSOR_PATTERN, PublicTrade, recent_trades
from chalicelib.keeta.moment import iso
from chalicelib.market import Market
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

LEVELS_MAX = 1_000
_DAY_MS = 24 * 60 * 60_000


class Limits(BaseModel):
    open_orders: int = Field(description="of one user in this market")
    batch_commands: int
    expires_days: int = Field(description="how far away the end of a gtt order may be")


class MarketAnswer(BaseModel):
    market: str
    base: str
    quote: str
    tick: DecimalText
    lot: DecimalText
    minimum_notional: DecimalText
    maker_fee: DecimalText = Field(description="rate of the first tier")
    taker_fee: DecimalText
    tiers: list[FeeTier]
    mode: Mode
    last_price: DecimalText | None
    band: DecimalText | None = Field(description="how far from the last price a limit may lie, as a fraction")
    collar: DecimalText = Field(description="how far from the best price a market order may trade")
    limits: Limits


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
    taker_side: Side
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
    before = cursor(call.query.before, CURSOR_PATTERN)
    page = recent_trades(exchange().journal, market.id, before, call.query.limit)
    return TradesAnswer(
        market=market.id, trades=[_trade(market, trade) for trade in page.trades], next=page.next
    )


def _market(market: Market) -> MarketAnswer:
    mode: Mode = "halted"  # what nobody can read, nobody can trade in
    last_price = None
    with suppress(StoreError, BookCorrupt), exchange().views[market.id].current() as replica:
        mode, last_price = replica.book.mode, replica.book.last_price
    return MarketAnswer(
        market=market.id,
        base=market.base.symbol,
        quote=market.quote.symbol,
        tick=market.tick,
        lot=market.lot,
        minimum_notional=market.minimum_notional,
        maker_fee=market.maker_fee,
        taker_fee=market.taker_fee,
        tiers=fee_tiers(market),
        mode=mode,
        last_price=None if last_price is None else market.format_price(last_price),
        band=market.band if market.band_ppm else None,
        collar=market.collar,
        limits=Limits(
            open_orders=market.open_orders_max,
            batch_commands=COMMANDS_MAX,
            expires_days=GTT_MS_MAX // _DAY_MS,
        ),
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
