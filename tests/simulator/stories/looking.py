"""What does a client want to see?"""

from typing import Any

from chalicelib.flows.reading.orders import state_of, states_of
from chalicelib.flows.reading.trades import recent_trades
from chalicelib.ids import OrderId
from chalicelib.wiring import Exchange

from .client import Client
from .dice import Dice
from .requests import Request
from .story import Step

TRADES_SHOWN = 20


def draw_market(dice: Dice) -> dict[str, Any]:
    return {"market": dice.market()}


def get(client: Client, step: Step) -> None:
    order_id = client.known.get(step.arguments["of"])
    if order_id is not None:
        get_order(client, step, order_id)


def get_order(client: Client, step: Step, order_id: OrderId) -> Request:
    """As the route does; an answer of None is a 404."""

    def work(house: Exchange) -> Any:
        record = house.orders.get(client.user, order_id)
        return record and state_of(house.views[record.market], house.orders, client.user, order_id)

    request = client.request(step, "get")
    request.order_id = order_id
    client.ask(request, work)
    request.states = [request.answer] if request.answer else []
    return request


def list_orders(client: Client, step: Step) -> None:
    def work(house: Exchange) -> Any:
        page = house.orders.of_user(client.user, None, 20)
        return states_of(house.views, house.orders, page.keys)

    request = client.ask(client.request(step), work)
    request.states = request.answer or []


def trades(client: Client, step: Step) -> None:
    market = step.arguments["market"]
    client.ask(client.request(step), lambda house: recent_trades(house.journal, market, None, TRADES_SHOWN))
