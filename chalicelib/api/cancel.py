"""Canceling orders: one, or all of a market."""

from typing import Literal

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Request, endpoint
from chalicelib.api.order_answer import OrderAnswer, order_answer
from chalicelib.api.place import InMarket
from chalicelib.api.values import (
    WAIT_MS_DEFAULT,
    ClientOrderId,
    OrderIdText,
    WaitMs,
    market_named,
    open_view_of,
    order_id,
    order_id_of_client,
)
from chalicelib.engine.order import Side
from chalicelib.errors import InvalidInput
from chalicelib.flows.intake.cancel_all import CancelAllReport
from chalicelib.flows.reading.orders import own_order
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import UserId
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

CancelAllStatus = Literal["done", "pending", "partial"]


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
    status: CancelAllStatus = Field(
        description="done: nothing of before is open any more; partial: the market closed amid it, and what "
        "has not ended stays"
    )
    ended: list[str] = Field(description="orders that were open and are no more; each tells how it ended")


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
        "late",
        "failed",
        "rate_limited",
        "outcome_unknown",
    ),
)
def cancel_order(call: Call[CancelRequest, NoQuery]) -> OrderAnswer:
    """Cancel an open order of one's own."""
    user = call.session.user
    exchange().rate_limit.admit(user)
    order = order_to_cancel(user, call.body)
    return order_answer(exchange().intake.cancel(order, open_view_of(order), call.body.wait))


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
    return CancelAllAnswer(market=market.id, status=_status(report), ended=list(report.ended))


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


def _status(report: CancelAllReport) -> CancelAllStatus:
    if report.refused is not None:
        return "partial"
    return "done" if report.is_done else "pending"
