"""Reading one's own orders."""

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib.api.endpoint import Call, NoQuery, Nothing, Query, endpoint
from chalicelib.api.order_answer import OrderAnswer, order_answer
from chalicelib.api.values import (
    PAGE_DEFAULT,
    ClientOrderId,
    Cursor,
    Limit,
    MarketName,
    cursor,
    market_named,
    order_id,
    order_id_of_client,
    view_of,
)
from chalicelib.errors import NotFound
from chalicelib.flows.ports import OrderKey
from chalicelib.flows.reading.order_lists import OrderList, newest_orders, open_orders
from chalicelib.flows.reading.orders import own_order, state_of, states_of
from chalicelib.flows.schema import CREATED_ID_PATTERN
from chalicelib.ids import OrderId, UserId
from chalicelib.wiring import exchange

routes = Blueprint(__name__)


class OrdersQuery(Query):
    limit: Limit = PAGE_DEFAULT
    before: Cursor | None = None
    market: MarketName | None = None
    client_order_id: ClientOrderId | None = None


class OpenOrdersQuery(Query):
    market: MarketName | None = None


class OrdersAnswer(BaseModel):
    orders: list[OrderAnswer]
    next: str | None = Field(description="give it as `before` for the next page; null on the last")


class OpenOrdersAnswer(BaseModel):
    orders: list[OrderAnswer]


@endpoint(
    routes,
    "GET",
    "/orders",
    query=OrdersQuery,
    answer=OrdersAnswer,
    refuses=("unknown_market", "invalid_cursor"),
)
def list_orders(call: Call[Nothing, OrdersQuery]) -> OrdersAnswer:
    """One's own orders, newest first."""
    query, user = call.query, call.session.user
    before = cursor(query.before, CREATED_ID_PATTERN)
    market = None if query.market is None else market_named(query.market).id
    if query.client_order_id is None:
        page = newest_orders(exchange().orders, user, before, query.limit, market)
    else:
        page = OrderList([OrderKey(user, order_id_of_client(user, query.client_order_id))], None)
    states = states_of(exchange().views, exchange().orders, page.keys)
    shown = [state for state in states if market in (None, state.record.market)]
    return OrdersAnswer(orders=[order_answer(state) for state in shown], next=page.next)


@endpoint(
    routes,
    "GET",
    "/orders/open",
    query=OpenOrdersQuery,
    answer=OpenOrdersAnswer,
    refuses=("unknown_market",),
)
def list_open_orders(call: Call[Nothing, OpenOrdersQuery]) -> OpenOrdersAnswer:
    """What rests or sleeps in the books now, by market, oldest first."""
    name = call.query.market
    markets = exchange().markets.values() if name is None else [market_named(name)]
    views = [exchange().views[market.id] for market in markets]
    states = open_orders(views, exchange().orders, call.session.user)
    return OpenOrdersAnswer(orders=[order_answer(state) for state in states])


@endpoint(routes, "GET", "/orders/{id}", answer=OrderAnswer, refuses=("order_not_found",))
def get_order(call: Call[Nothing, NoQuery]) -> OrderAnswer:
    """One order of one's own."""
    return _order(call.session.user, order_id(call.path["id"]), "id")


@endpoint(routes, "GET", "/orders/client/{client_order_id}", answer=OrderAnswer, refuses=("order_not_found",))
def get_order_of_client(call: Call[Nothing, NoQuery]) -> OrderAnswer:
    """The order that one calls so oneself."""
    user = call.session.user
    wanted = order_id_of_client(user, call.path["client_order_id"])
    return _order(user, wanted, "client_order_id")


def _order(user: UserId, wanted: OrderId, field: str) -> OrderAnswer:
    record = own_order(exchange().orders, user, wanted, field)
    state = state_of(view_of(record), exchange().orders, user, wanted)
    if state is None:
        raise NotFound("no such order", code="order_not_found", field=field)
    return order_answer(state)
