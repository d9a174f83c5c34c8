"""What can a client ask of the exchange? Each kind of request: how it is drawn, how it is done.

    Kind(weight, draw, do)   `draw` makes the arguments of a step from named dice, `do` lives it

A new kind of command is one more line in `KINDS` and its two functions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from chalicelib.engine.order import Side, TimeInForce
from chalicelib.errors import CexError
from chalicelib.flows.intake.place_order import OrderRequest
from chalicelib.flows.reading.orders import own_order, state_of, states_of
from chalicelib.flows.reading.trades import recent_trades
from chalicelib.ids import MarketId, OrderId, UserId, order_id_from_client, order_id_from_request
from chalicelib.wiring import Exchange
from tests.simulator.machine.chance import Chance
from tests.simulator.machine.cloud import Cloud
from tests.simulator.machine.processes import Died

from .requests import DIED, Request
from .story import Program, Step, Weather

API_MS = 29_000
PRICE = 10_000
LOTS = 100
TRADES_SHOWN = 20


class Dice(NamedTuple):
    """Chance for one step. `earlier` are the labels of orders that this user placed before."""

    chance: Chance
    program: str
    label: int
    weather: Weather
    earlier: tuple[int, ...]

    def pick(self, choices: Any, what: str) -> Any:
        return self.chance.pick(choices, self.program, self.label, what)

    def market(self) -> MarketId:
        markets = self.weather.markets
        return markets[0] if self.pick((True, True, False), "first market") else self.pick(markets, "market")


class Client:
    """Lives one program. `known` is what order each of its steps, or its user's, was about."""

    def __init__(
        self, cloud: Cloud, program: Program, known: dict[int, OrderId], history: list[Request]
    ) -> None:
        self.cloud = cloud
        self.name = program.name
        self.user = UserId(program.user)
        self.known = known
        self._history = history

    def ask(self, request: Request, work: Callable[[Exchange], Any]) -> Request:
        """Have it done by some process of the API, and write down what comes of it."""
        cloud = self.cloud
        process = cloud.free(cloud.apis, self.name, request.label, len(self._history))
        self._history.append(request)
        request.began_us = cloud.asked_us = cloud.scheduler.now_us
        try:
            request.answer = process.run(work, API_MS)
        except Died:
            request.code = DIED
        except CexError as refusal:
            request.code, request.detail = refusal.code, refusal.detail
        except Exception as bug:
            request.code, request.detail = "bug", repr(bug)
        finally:
            request.uuids, request.sent = process.uuids, process.sent
            request.ended_us = cloud.scheduler.now_us
        cloud.network.note(self.name, request.kind, request.label, {}, request.code or "answered")
        return request

    def request(self, step: Step, kind: str | None = None) -> Request:
        return Request(self.name, self.user, step.label, kind or step.kind)


class Kind(NamedTuple):
    weight: int
    draw: Callable[[Dice], dict[str, Any] | None]
    do: Callable[[Client, Step], None]


# --- placing ----------------------------------------------------------------------------------


def draw_place(dice: Dice) -> dict[str, Any]:
    name = dice.pick(("", "", "", "own", "own", "own", "own", f"shared-{dice.label % 3}"), "name")
    return {
        "market": dice.market(),
        "side": dice.pick(("buy", "sell"), "side"),
        "price": PRICE + dice.pick((-2, -1, 0, 0, 1, 2), "price"),
        "lots": LOTS * dice.pick((1, 1, 1, 2, 3, 9), "lots"),
        "tif": dice.pick(("gtc", "gtc", "gtc", "gtc", "ioc", "postonly"), "tif"),
        "client_id": f"own-{dice.label}" if name == "own" else name,
        "wait_ms": dice.pick((0, 0, 100, 1_000), "wait"),
        "tries": dice.pick((1, 3, 3), "tries"),
    }


def draw_sweep(dice: Dice) -> dict[str, Any]:
    """An order that takes whatever there is."""
    side = dice.pick(("buy", "sell"), "side")
    return {
        **draw_place(dice),
        "side": side,
        "price": PRICE + (5 if side == "buy" else -5),
        "lots": LOTS * dice.pick((8, 15, 25), "lots"),
        "tif": dice.pick(("gtc", "ioc"), "tif"),
    }


def place(client: Client, step: Step) -> None:
    """A client that knows what to call its order asks again when it was not told."""
    for _ in range(step.arguments["tries"]):
        request = _place_once(client, step)
        if not (request.is_unknown and step.arguments["client_id"]):
            return


def _place_once(client: Client, step: Step) -> Request:
    asked = dict(step.arguments)
    market = client.cloud.markets[asked["market"]]
    side: Side = asked["side"]
    tif: TimeInForce = asked["tif"]
    wanted = OrderRequest(market, side, asked["price"], asked["lots"], tif, asked["client_id"])

    def work(house: Exchange) -> Any:
        house.rate_limit.admit(client.user)
        return house.intake.place(client.user, wanted, house.views[market.id], asked["wait_ms"])

    request = client.request(step, "place")
    request.wanted = wanted
    client.ask(request, work)
    if request.is_answered:
        request.states = [request.answer]
    if wanted.client_order_id:
        request.order_id = order_id_from_client(client.user, wanted.client_order_id)
    elif request.uuids:
        request.order_id = order_id_from_request(client.user, request.uuids[0])
    if request.order_id and (
        request.is_answered or request.code == "outcome_unknown" or wanted.client_order_id
    ):
        client.known[step.label] = request.order_id
    return request


# --- asking about orders that are there ---------------------------------------------------------


def draw_target(dice: Dice) -> dict[str, Any] | None:
    if not dice.earlier:
        return None
    return {"of": dice.pick(dice.earlier[-6:], "of"), "wait_ms": dice.pick((0, 0, 500), "wait")}


def cancel(client: Client, step: Step) -> None:
    order_id = client.known.get(step.arguments["of"])
    if order_id is not None:
        request = client.request(step)
        request.order_id = order_id

        def work(house: Exchange) -> Any:
            house.rate_limit.admit(client.user)
            order = own_order(house.orders, client.user, order_id)
            return house.intake.cancel(order, house.views[order.market], step.arguments["wait_ms"])

        client.ask(request, work)
        request.states = [request.answer] if request.is_answered else []


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


def draw_market(dice: Dice) -> dict[str, Any]:
    return {"market": dice.market()}


KINDS: dict[str, Kind] = {
    "place": Kind(60, draw_place, place),
    "sweep": Kind(5, draw_sweep, place),
    "cancel": Kind(16, draw_target, cancel),
    "get": Kind(5, draw_target, get),
    "list": Kind(2, draw_market, list_orders),
    "trades": Kind(1, draw_market, trades),
}
