"""Which orders does a client place, and how does he ask again when he was not told?"""

from typing import Any

from chalicelib.flows.intake.place_order import OrderRequest
from chalicelib.ids import OrderId, UserId, order_id_from_client, order_id_from_request
from chalicelib.wiring import Exchange

from .client import Client, World
from .dice import LOTS, PRICE, Dice
from .requests import Request
from .story import Step

MS = 1_000
# So far away that a band may be in between.
FAR = {"buy": -6_000, "sell": 6_000}
FUNDS = (3_000_000, 7_000_000, 20_000_000)


# --- what is asked for ------------------------------------------------------------------------


def draw_place(dice: Dice) -> dict[str, Any]:
    side = dice.pick(("buy", "sell"), "side")
    near = dice.pick((-2, -1, 0, 0, 1, 2), "price")
    tif = dice.pick(("gtc", "gtc", "gtc", "gtc", "gtt", "ioc", "fok", "postonly"), "tif")
    return {
        **_common(dice),
        "side": side,
        "price": PRICE + (FAR[side] if dice.pick(range(30), "far") == 0 else near),
        "lots": LOTS * dice.pick((1, 1, 1, 2, 3, 9), "lots"),
        "tif": tif,
        "good_ms": dice.pick((1_000, 4_000, 15_000, 60_000), "good") if tif == "gtt" else 0,
    }


def draw_sweep(dice: Dice) -> dict[str, Any]:
    """An order that takes whatever there is."""
    side = dice.pick(("buy", "sell"), "side")
    return {
        **_common(dice),
        "side": side,
        "price": PRICE + (5 if side == "buy" else -5),
        "lots": LOTS * dice.pick((8, 15, 25), "lots"),
        "tif": dice.pick(("gtc", "ioc"), "tif"),
    }


def draw_stop(dice: Dice) -> dict[str, Any]:
    """It sleeps until the price comes there; its limit is a little worse, or better, than that."""
    tif = dice.pick(("gtc", "gtc", "gtt", "ioc", "fok"), "tif")
    return {
        **draw_place(dice),
        "price": PRICE + dice.pick((-3, -1, 0, 1, 3), "price"),
        "tif": tif,
        "good_ms": dice.pick((4_000, 60_000), "good") if tif == "gtt" else 0,
        "stop": dice.pick(("loss", "entry"), "stop"),
        "stop_price": PRICE + dice.pick((-2, -1, 0, 1, 2), "stop price"),
    }


def draw_market(dice: Dice) -> dict[str, Any]:
    """A buy may name what it spends in place of a quantity."""
    side = dice.pick(("buy", "buy", "sell"), "side")
    spends = side == "buy" and dice.pick((True, False), "spends")
    return {
        **_common(dice),
        "side": side,
        "type": "market",
        "price": 0,
        "lots": 0 if spends else LOTS * dice.pick((2, 3, 9), "lots"),
        "funds": dice.pick(FUNDS, "funds") if spends else 0,
        "tif": "ioc",
    }


def _common(dice: Dice) -> dict[str, Any]:
    name = dice.pick(("", "", "", "own", "own", "own", "own", f"shared-{dice.label % 3}"), "name")
    return {
        "market": dice.market(),
        "client_id": f"own-{dice.label}" if name == "own" else name,
        "self_trade": dice.pick(("cn", "cn", "co", "cb", "dc"), "self trade"),
        "wait_ms": dice.pick((0, 0, 100, 1_000), "wait"),
        "tries": dice.pick((1, 3, 3), "tries"),
    }


def wanted(world: World, step: Step) -> OrderRequest:
    """What the arguments of a step ask for. The time of a gtt order counts from the story's beginning."""
    asked = step.arguments
    good_ms = asked.get("good_ms", 0)
    return OrderRequest(
        world.markets[asked["market"]],
        asked["side"],
        asked["price"],
        asked["lots"],
        asked["tif"],
        asked["client_id"],
        type=asked.get("type", "limit"),
        funds=asked.get("funds", 0),
        expires_ms=world.began_us // MS + step.at_ms + good_ms if good_ms else 0,
        self_trade=asked.get("self_trade", "cn"),
        stop=asked.get("stop", ""),
        stop_price=asked.get("stop_price", 0),
    )


def order_id(user: UserId, order: OrderRequest, uuids: list[str]) -> OrderId | None:
    """Which order it is, or would be; None if it had no name and nobody has given it one."""
    if order.client_order_id:
        return order_id_from_client(user, order.client_order_id)
    return order_id_from_request(user, uuids[0]) if uuids else None


# --- doing it ---------------------------------------------------------------------------------


def place(client: Client, step: Step) -> None:
    """A client that knows what to call its order asks again when it was not told."""
    for _ in range(step.arguments["tries"]):
        request = _place_once(client, step)
        if not (request.is_unknown and step.arguments["client_id"]):
            return


def place_again(client: Client, step: Step) -> None:
    """The same request, word by word, whatever was answered."""
    earlier = client.steps.get(step.arguments["of"])
    if earlier is not None and "lots" in earlier.arguments:
        _place_once(client, earlier, "again")


def _place_once(client: Client, step: Step, kind: str = "place") -> Request:
    order = wanted(client.world, step)

    def work(house: Exchange) -> Any:
        house.rate_limit.admit(client.user)
        return house.intake.place(client.user, order, house.views[order.market.id], step.arguments["wait_ms"])

    request = client.request(step, kind)
    request.wanted = order
    client.ask(request, work)
    if request.is_answered:
        request.states = [request.answer]
    remember(client, request)
    return request


def remember(client: Client, request: Request) -> None:
    """By which id the order can be asked for later."""
    assert request.wanted is not None
    request.order_id = order_id(client.user, request.wanted, request.uuids)
    is_named = request.wanted.client_order_id != ""
    if request.order_id and (request.is_answered or request.code == "outcome_unknown" or is_named):
        client.known[request.label] = request.order_id
