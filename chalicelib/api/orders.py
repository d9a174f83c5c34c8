"""Placing, canceling and reading orders."""

from typing import Literal

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Nothing, Query, Request, endpoint
from chalicelib.api.values import (
    PAGE_DEFAULT,
    WAIT_MS_DEFAULT,
    Cursor,
    DecimalText,
    Limit,
    Time,
    WaitMs,
    amount,
    cursor,
    market_named,
    order_id,
)
from chalicelib.errors import NotFound
from chalicelib.flows.intake.place_order import OrderRequest
from chalicelib.flows.reading.orders import OrderState, state_of, states_of
from chalicelib.keeta.moment import iso
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

_CURSOR = r"[0-9]{13}#[a-z2-7]{26}"

_BAD_NUMBERS = ("invalid_number", "number_too_large", "not_positive", "off_tick", "off_lot", "below_minimum")
_NO_ORDER = "order_not_found"


class PlaceRequest(Request):
    market: str = Field(max_length=50, examples=["KTA/USDT"])
    side: Literal["buy", "sell"]
    price: DecimalText
    quantity: DecimalText
    tif: Literal["gtc", "ioc", "postonly"] = "gtc"
    client_order_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_.:-]{1,64}$", description="the same id is the same order"
    )
    wait: WaitMs = WAIT_MS_DEFAULT


class CancelRequest(Request):
    id: str = Field(max_length=50)
    wait: WaitMs = WAIT_MS_DEFAULT


class OrdersQuery(Query):
    limit: Limit = PAGE_DEFAULT
    before: Cursor | None = None


class OrderAnswer(BaseModel):
    id: str
    client_order_id: str | None
    market: str
    side: Literal["buy", "sell"]
    price: DecimalText
    quantity: DecimalText
    tif: str
    status: Literal["pending", "resting", "partially_filled", "filled", "canceled", "rejected", "expired"]
    reason: str | None = Field(description="why it ended before it was filled")
    filled_quantity: DecimalText
    remaining_quantity: DecimalText
    filled_notional: DecimalText = Field(description="quote exchanged so far")
    fee: DecimalText = Field(description="paid so far, in `fee_token`")
    fee_token: str
    created_at: Time
    updated_at: Time


class OrdersAnswer(BaseModel):
    orders: list[OrderAnswer]
    next: str | None = Field(description="give it as `before` for the next page; null on the last")


@endpoint(
    routes,
    "POST",
    "/orders/place",
    body=PlaceRequest,
    answer=OrderAnswer,
    refuses=(
        "unknown_market",
        *_BAD_NUMBERS,
        "duplicate_client_order_id",
        "market_halted",
        "insufficient_funds",
        "rate_limited",
        "wallet_busy",
        "outcome_unknown",
    ),
)
def place_order(call: Call[PlaceRequest, NoQuery]) -> OrderAnswer:
    """Place a limit order and wait for it to be matched."""
    user = call.session.user
    exchange().rate_limit.admit(user)
    request = _request(call.body)
    view = exchange().views[request.market.id]
    return _answer(exchange().intake.place(user, request, view, call.body.wait))


@endpoint(
    routes,
    "POST",
    "/orders/cancel",
    body=CancelRequest,
    answer=OrderAnswer,
    refuses=(_NO_ORDER, "order_not_open", "market_halted", "rate_limited", "outcome_unknown"),
)
def cancel_order(call: Call[CancelRequest, NoQuery]) -> OrderAnswer:
    """Cancel an open order of one's own."""
    user = call.session.user
    exchange().rate_limit.admit(user)
    wanted = order_id(call.body.id)
    return _answer(exchange().cancels.cancel(user, wanted, call.body.wait))


@endpoint(routes, "GET", "/orders", query=OrdersQuery, answer=OrdersAnswer, refuses=("invalid_cursor",))
def list_orders(call: Call[Nothing, OrdersQuery]) -> OrdersAnswer:
    """One's own orders, newest first."""
    before = cursor(call.query.before, _CURSOR)
    page = exchange().orders.of_user(call.session.user, before, call.query.limit)
    states = states_of(exchange().views, exchange().orders, page.keys)
    return OrdersAnswer(orders=[_answer(state) for state in states], next=page.next)


@endpoint(routes, "GET", "/orders/{id}", answer=OrderAnswer, refuses=(_NO_ORDER,))
def get_order(call: Call[Nothing, NoQuery]) -> OrderAnswer:
    """One order of one's own."""
    user, wanted = call.session.user, order_id(call.path["id"])
    record = exchange().orders.get(user, wanted)
    state = record and state_of(exchange().views[record.market], exchange().orders, user, wanted)
    if state is None:
        raise NotFound("no such order", code=_NO_ORDER, field="id")
    return _answer(state)


def _request(body: PlaceRequest) -> OrderRequest:
    market = market_named(body.market)
    request = OrderRequest(
        market=market,
        side=body.side,
        price=market.parse_price(body.price),
        quantity=market.parse_quantity(body.quantity),
        tif=body.tif,
        client_order_id=body.client_order_id or "",
    )
    market.require_size(request.price, request.quantity)
    return request


def _answer(state: OrderState) -> OrderAnswer:
    record = state.record
    market = exchange().markets[record.market]
    fee_token = market.received(record.side).symbol
    return OrderAnswer(
        id=record.id,
        client_order_id=record.client_order_id or None,
        market=record.market,
        side=record.side,
        price=market.format_price(record.price),
        quantity=market.format_quantity(record.quantity),
        tif=record.tif,
        status=state.status,
        reason=record.reason or None,
        filled_quantity=market.format_quantity(state.filled),
        remaining_quantity=market.format_quantity(record.quantity - state.filled),
        filled_notional=amount(market.quote.symbol, record.quote),
        fee=amount(fee_token, record.fee),
        fee_token=fee_token,
        created_at=iso(record.created_ms),
        updated_at=iso(record.updated_ms),
    )
