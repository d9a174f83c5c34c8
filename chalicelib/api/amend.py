"""Changing open orders."""

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.api.endpoint import Call, NoQuery, Request, endpoint
from chalicelib.api.order_answer import OrderAnswer, order_answer
from chalicelib.api.place import BAD_NUMBERS, CLOSED
from chalicelib.api.values import WAIT_MS_DEFAULT, DecimalText, OrderIdText, WaitMs, open_view_of, order_id
from chalicelib.errors import InvalidInput
from chalicelib.flows.reading.orders import own_order
from chalicelib.market import Market
from chalicelib.wiring import exchange

routes = Blueprint(__name__)


class ReduceContent(Request):
    id: OrderIdText
    quantity: DecimalText = Field(description="in all from now on; what is filled counts")


class ReduceRequest(ReduceContent):
    wait: WaitMs = WAIT_MS_DEFAULT


class ReplaceContent(Request):
    """At least one of the two; the other stays as it is."""

    id: OrderIdText
    price: DecimalText | None = None
    quantity: DecimalText | None = Field(
        default=None, description="in all from now on; what is filled counts"
    )


class ReplaceRequest(ReplaceContent):
    wait: WaitMs = WAIT_MS_DEFAULT


_REFUSES = (
    "order_not_found",
    "order_not_open",
    "quantity_already_filled",
    "late",
    "failed",
    "rate_limited",
    "outcome_unknown",
)


@endpoint(
    routes,
    "POST",
    "/orders/reduce",
    body=ReduceRequest,
    answer=OrderAnswer,
    refuses=(
        *("invalid_number", "number_too_large", "not_positive", "off_lot"),
        *_REFUSES,
        "not_a_reduction",
        "market_halted",
    ),
)
def reduce_order(call: Call[ReduceRequest, NoQuery]) -> OrderAnswer:
    """Make an open order smaller; it keeps its place."""
    user, body = call.session.user, call.body
    exchange().rate_limit.admit(user)
    order = own_order(exchange().orders, user, order_id(body.id))
    view = open_view_of(order)
    quantity = view.market.parse_quantity(body.quantity)
    return order_answer(exchange().intake.reduce(order, quantity, view, body.wait))


@endpoint(
    routes,
    "POST",
    "/orders/replace",
    body=ReplaceRequest,
    answer=OrderAnswer,
    refuses=(
        *BAD_NUMBERS,
        *_REFUSES,
        "replace_outstanding",
        *CLOSED,
        "outside_price_band",
        "post_only_would_cross",
        "hold_too_small",
        "unseen",
        "insufficient_funds",
        "wallet_busy",
    ),
)
def replace_order(call: Call[ReplaceRequest, NoQuery]) -> OrderAnswer:
    """Give an open order another price or quantity; unless it only shrinks, it loses its place."""
    user, body = call.session.user, call.body
    exchange().rate_limit.admit(user)
    order = own_order(exchange().orders, user, order_id(body.id))
    view = open_view_of(order)
    price, quantity = changes(body, view.market)
    return order_answer(exchange().intake.replace(order, price, quantity, view, body.wait))


def changes(body: ReplaceContent, market: Market) -> tuple[int | None, int | None]:
    """Price in ticks and quantity in lots, where they are given. Raises InvalidInput."""
    if body.price is None and body.quantity is None:
        raise InvalidInput("a price, a quantity or both", code="missing_field", field="price")
    price = None if body.price is None else market.parse_price(body.price)
    return price, None if body.quantity is None else market.parse_quantity(body.quantity)
