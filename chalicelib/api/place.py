"""Placing orders."""

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.endpoint import Call, NoQuery, Request, endpoint
from chalicelib.api.order_answer import OrderAnswer, order_answer
from chalicelib.api.values import (
    WAIT_MS_DEFAULT,
    ClientOrderId,
    DecimalText,
    MarketName,
    Time,
    WaitMs,
    blaming,
    market_named,
    moment,
    positive_units,
)
from chalicelib.engine.order import SelfTrade, Side, Stop, TimeInForce
from chalicelib.errors import InvalidInput
from chalicelib.flows.intake.market_order import require_funds
from chalicelib.flows.intake.place_order import OrderRequest
from chalicelib.flows.records.orders import OrderType
from chalicelib.market import Market
from chalicelib.wiring import exchange

routes = Blueprint(__name__)


class InMarket(Request):
    market: MarketName


class PlaceContent(Request):
    """What an order is, apart from its market."""

    type: OrderType = "limit"
    side: Side
    price: DecimalText | None = Field(default=None, description="of a limit order")
    quantity: DecimalText | None = None
    funds: DecimalText | None = Field(
        default=None, description="quote to spend, in place of `quantity`; market buys only"
    )
    tif: TimeInForce | None = Field(default=None, description="gtc, and ioc for a market order")
    expires_at: Time | None = Field(default=None, max_length=30, description="with gtt: when the order ends")
    stop: Stop | None = Field(
        default=None, description="sleep until the last price falls (loss) or rises (entry) to `stop_price`"
    )
    stop_price: DecimalText | None = None
    self_trade: SelfTrade = Field(
        default="cn",
        description="where it would trade with one's own order: cancel this one (cn), the older one (co), "
        "both (cb), or the smaller one while the larger shrinks by it (dc)",
    )
    client_order_id: ClientOrderId | None = Field(default=None, description="the same id is the same order")


class PlaceRequest(PlaceContent, InMarket):
    wait: WaitMs = WAIT_MS_DEFAULT


BAD_NUMBERS = ("invalid_number", "number_too_large", "not_positive", "off_tick", "off_lot", "below_minimum")
CLOSED = ("market_halted", "market_cancel_only", "market_post_only")


@endpoint(
    routes,
    "POST",
    "/orders/place",
    body=PlaceRequest,
    answer=OrderAnswer,
    refuses=(
        "unknown_market",
        "conflicting_field",
        *BAD_NUMBERS,
        "too_many_decimals",
        "invalid_time",
        "expires_in_past",
        "expires_too_late",
        "duplicate_client_order_id",
        *CLOSED,
        "no_market_price",
        "outside_price_band",
        "too_many_open_orders",
        "insufficient_funds",
        "rate_limited",
        "wallet_busy",
        "outcome_unknown",
    ),
)
def place_order(call: Call[PlaceRequest, NoQuery]) -> OrderAnswer:
    """Place an order and wait for it to be matched."""
    user = call.session.user
    exchange().rate_limit.admit(user)
    market = market_named(call.body.market)
    request = order_request(call.body, market)
    view = exchange().views[market.id]
    return order_answer(exchange().intake.place(user, request, view, call.body.wait))


def order_request(body: PlaceContent, market: Market) -> OrderRequest:
    """What is asked for, in ticks and lots. Raises InvalidInput; what is right here is always right."""
    _require_sense(body)
    request = OrderRequest(
        market=market,
        side=body.side,
        price=market.parse_price(body.price) if body.price is not None else 0,
        quantity=market.parse_quantity(body.quantity) if body.quantity is not None else 0,
        tif=body.tif or ("gtc" if body.type == "limit" else "ioc"),
        client_order_id=body.client_order_id or "",
        type=body.type,
        funds=positive_units(body.funds, market.quote, "funds") if body.funds is not None else 0,
        expires_ms=moment(body.expires_at, "expires_at") if body.expires_at is not None else 0,
        self_trade=body.self_trade,
        stop=body.stop or "",
        stop_price=blaming("stop_price", market.parse_price, body.stop_price) if body.stop_price else 0,
    )
    if request.funds:
        require_funds(market, request.funds)
    elif request.price:
        market.require_size(request.price, request.quantity)
    return request


def _require_sense(body: PlaceContent) -> None:
    """Raises InvalidInput for parts that do not go together."""
    is_market, spends = body.type == "market", body.funds is not None
    _require(is_market or body.price is not None, "price")
    _refuse(is_market and body.price is not None, "price", "a market order names no price")
    _refuse(spends and not (is_market and body.side == "buy"), "funds", "funds are for market buys")
    _refuse(spends and body.quantity is not None, "funds", "either a quantity or funds")
    _require(spends or body.quantity is not None, "quantity")
    _refuse(is_market and body.tif not in (None, "ioc"), "tif", "a market order is ioc")
    _refuse(is_market and body.stop is not None, "stop", "a stop order names the price of its limit")
    _refuse(body.stop is not None and body.tif == "postonly", "tif", "what wakes may trade at once")
    _require(body.stop is None or body.stop_price is not None, "stop_price")
    _require(body.stop_price is None or body.stop is not None, "stop")
    _require(body.tif != "gtt" or body.expires_at is not None, "expires_at")
    _refuse(body.tif != "gtt" and body.expires_at is not None, "expires_at", "only a gtt order expires")


def _require(is_there: bool, field: str) -> None:
    if not is_there:
        raise InvalidInput("this has to be there", code="missing_field", field=field)


def _refuse(contradicts: bool, field: str, detail: str) -> None:
    if contradicts:
        raise InvalidInput(detail, code="conflicting_field", field=field)
