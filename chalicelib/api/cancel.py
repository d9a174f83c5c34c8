"""Canceling orders: one, all of a market, or all unless one is heard of again."""

from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Request, endpoint
from chalicelib.api.order_answer import OrderAnswer, order_answer
from chalicelib.api.place import InMarket
from chalicelib.api.values import (
    WAIT_MS_DEFAULT,
    ClientOrderId,
    OrderIdText,
    Time,
    WaitMs,
    market_named,
    order_id,
    order_id_of_client,
)
from chalicelib.engine.order import Side
from chalicelib.errors import InvalidInput
from chalicelib.flows.reading.orders import own_order
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import UserId
from chalicelib.keeta.moment import iso
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

SECONDS_MIN, SECONDS_MAX = 5, 3_600


class CancelContent(Request):
    """Names the order by one of the two."""

    id: OrderIdText | None = None
    client_order_id: ClientOrderId | None = None


class CancelRequest(CancelContent):
    wait: WaitMs = WAIT_MS_DEFAULT


class CancelAllRequest(InMarket):
    side: Side | None = Field(default=None, description="only what one buys, or sells")
    wait: WaitMs = WAIT_MS_DEFAULT


class CancelAllAnswer(BaseModel):
    market: str
    status: Literal["done", "pending"] = Field(description="done: nothing of before is open any more")
    ended: list[str] = Field(description="orders that were open and are no more; each tells how it ended")


class CancelAllAfterRequest(InMarket):
    seconds: Annotated[int, Field(ge=0, le=SECONDS_MAX)] = Field(
        description=f"0 turns it off; else from {SECONDS_MIN}"
    )
    wait: WaitMs = WAIT_MS_DEFAULT


class CancelAllAfterAnswer(BaseModel):
    market: str
    status: Literal["done", "pending"] = Field(description="done: it is in force")
    cancels_at: Time | None = Field(description="when all one's orders are canceled, unless it is set anew")


@endpoint(
    routes,
    "POST",
    "/orders/cancel",
    body=CancelRequest,
    answer=OrderAnswer,
    refuses=(
        "conflicting_field",
        "order_not_found",
        "order_not_open",
        "market_halted",
        "rate_limited",
        "outcome_unknown",
    ),
)
def cancel_order(call: Call[CancelRequest, NoQuery]) -> OrderAnswer:
    """Cancel an open order of one's own."""
    user = call.session.user
    exchange().rate_limit.admit(user)
    order = order_to_cancel(user, call.body)
    view = exchange().views[order.market]
    return order_answer(exchange().intake.cancel(order, view, call.body.wait))


@endpoint(
    routes,
    "POST",
    "/orders/cancel-all",
    body=CancelAllRequest,
    answer=CancelAllAnswer,
    refuses=("unknown_market", "market_halted", "late", "failed", "rate_limited", "outcome_unknown"),
)
def cancel_all_orders(call: Call[CancelAllRequest, NoQuery]) -> CancelAllAnswer:
    """Cancel all one's open orders of a market."""
    user, market = call.session.user, market_named(call.body.market)
    exchange().rate_limit.admit(user)
    view = exchange().views[market.id]
    report = exchange().cancel_alls.cancel_all(user, view, call.body.side, call.body.wait)
    return CancelAllAnswer(market=market.id, status=_status(report.is_done), ended=list(report.ended))


@endpoint(
    routes,
    "POST",
    "/orders/cancel-all-after",
    body=CancelAllAfterRequest,
    answer=CancelAllAfterAnswer,
    refuses=("unknown_market", "market_halted", "late", "failed", "rate_limited", "outcome_unknown"),
)
def cancel_all_orders_after(call: Call[CancelAllAfterRequest, NoQuery]) -> CancelAllAfterAnswer:
    """Have all one's orders of a market canceled, unless one asks again in time: a dead man's switch."""
    user, market = call.session.user, market_named(call.body.market)
    if 0 < call.body.seconds < SECONDS_MIN:
        raise InvalidInput(f"0, or at least {SECONDS_MIN}", code="invalid_value", field="seconds")
    exchange().rate_limit.admit(user)
    view = exchange().views[market.id]
    report = exchange().cancel_alls.cancel_all_after(user, view, 1000 * call.body.seconds, call.body.wait)
    return CancelAllAfterAnswer(
        market=market.id,
        status=_status(report.is_done),
        cancels_at=iso(report.deadline_ms) if report.deadline_ms else None,
    )


def order_to_cancel(user: UserId, body: CancelContent) -> OrderRecord:
    """Raises NotFound, InvalidInput."""
    orders = exchange().orders
    if body.client_order_id is None:
        if body.id is None:
            raise InvalidInput("this has to be there", code="missing_field", field="id")
        return own_order(orders, user, order_id(body.id))
    if body.id is not None:
        raise InvalidInput("either the id or one's own", code="conflicting_field", field="client_order_id")
    wanted = order_id_of_client(user, body.client_order_id)
    return own_order(orders, user, wanted, "client_order_id")


def _status(is_done: bool) -> Literal["done", "pending"]:
    return "done" if is_done else "pending"
