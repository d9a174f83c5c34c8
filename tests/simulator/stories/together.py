"""What does a client ask for at once: many commands in one message, or the end of all his orders?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.errors import CexError
from chalicelib.flows.intake.cancel_order import CancelWish
from chalicelib.flows.intake.place_order import PlaceWish
from chalicelib.flows.intake.reduce_order import ReduceWish
from chalicelib.flows.intake.replace_order import ReplaceWish
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.intake.wish import Wish
from chalicelib.flows.reading.orders import own_order
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import OrderId
from chalicelib.wiring import Exchange

from . import changing, placing
from .client import Client
from .dice import LOTS, PRICE, Dice
from .requests import Request
from .story import Step

# The labels of a batch's commands: its own, and so much more for each.
PART = 100

_DRAWN: dict[str, Callable[[Dice], dict[str, Any] | None]] = {
    "place": placing.draw_place,
    "stop": placing.draw_stop,
    "sweep": placing.draw_sweep,
    "cancel": changing.draw_target,
    "reduce": changing.draw_reduce,
    "replace": changing.draw_replace,
}
_COMMANDS = ("place", "place", "place", "stop", "sweep", "cancel", "cancel", "reduce", "replace")


# --- a batch ----------------------------------------------------------------------------------


def draw_batch(dice: Dice) -> dict[str, Any]:
    """The same order may stand in it more than once."""
    market, commands = dice.market(), []
    for number in range(dice.pick((2, 3, 5, 8, 20), "count")):
        part = dice._replace(label=dice.label + PART * (number + 1))
        kind = part.pick(_COMMANDS, "command")
        arguments = _DRAWN[kind](part)
        if arguments is not None:
            commands.append({**arguments, "kind": kind, "label": part.label})
    commands = [{**each, "market": market} if "lots" in each else each for each in commands]
    return {"market": market, "commands": commands, "wait_ms": dice.pick((0, 100, 1_000), "wait")}


def draw_ladder(dice: Dice) -> dict[str, Any]:
    """Many orders of one side that nobody takes at once."""
    market, side = dice.market(), dice.pick(("buy", "sell"), "side")
    commands = []
    for number in range(dice.pick((6, 12, 20), "count")):
        part = dice._replace(label=dice.label + PART * (number + 1))
        price = PRICE + (1 + number % 4) * (-1 if side == "buy" else 1)
        terms = {**placing.draw_place(part), "side": side, "price": price, "lots": LOTS, "market": market}
        commands.append({**terms, "tif": "gtc", "good_ms": 0, "kind": "place", "label": part.label})
    return {"market": market, "commands": commands, "wait_ms": dice.pick((0, 1_000), "wait")}


def placed_in(arguments: Mapping[str, Any]) -> list[int]:
    """Labels of the orders that it places."""
    return [each["label"] for each in arguments["commands"] if "lots" in each]


def batch(client: Client, step: Step) -> None:
    """One request, and one more for each command in it: that is what has a result."""
    asked = step.arguments
    steps = [Step(each["label"], step.at_ms, each["kind"], each) for each in asked["commands"]]
    steps = [each for each in steps if "of" not in each.arguments or each.arguments["of"] in client.known]
    parts = [_part(client, each) for each in steps]
    made: list[int] = []

    def work(house: Exchange) -> Any:
        made.clear()
        house.rate_limit.admit(client.user, len(steps))
        makers = [_maker(client, house, steps, i, parts[i], made) for i in range(len(steps))]
        return house.intake.batch(client.user, house.views[asked["market"]], makers, asked["wait_ms"])

    if steps:
        request = client.ask(client.request(step), work)
        _share(client, request, parts, made)


def _part(client: Client, step: Step) -> Request:
    part = client.request(step, "place" if "lots" in step.arguments else None)
    if part.kind == "place":
        part.wanted = placing.wanted(client.world, step)
    else:
        part.order_id = client.known[step.arguments["of"]]
    return part


def _maker(
    client: Client, house: Exchange, steps: Sequence[Step], number: int, part: Request, made: list[int]
) -> Callable[[Visit], Wish]:
    """`made`: the numbers of those that came to be wishes."""
    step = steps[number]

    def make(visit: Visit) -> Wish:
        wish: Wish
        if part.wanted is not None:
            wish = PlaceWish(visit, part.wanted)
        else:
            assert part.order_id is not None
            wish = _change(visit, own_order(house.orders, client.user, part.order_id), step)
        made.append(number)
        return wish

    return make


def _change(visit: Visit, order: OrderRecord, step: Step) -> Wish:
    """Raises CexError, as the route does, for an order of another market."""
    asked = step.arguments
    if order.market != visit.market.id:
        raise CexError("no such order in this market", code="order_not_found")
    if step.kind == "reduce":
        return ReduceWish(visit, order, changing.reduced(order, asked))
    if step.kind == "replace":
        return ReplaceWish(visit, order, *changing.replaced(order, asked))
    return CancelWish(visit, order)


def _share(client: Client, request: Request, parts: Sequence[Request], made: Sequence[int]) -> None:
    """Each command has its own result; what befell the whole, befell them all."""
    uuids: dict[int, str] = dict(zip(made, request.uuids, strict=False))
    for number, part in enumerate(parts):
        part.began_us, part.ended_us, part.sent = request.began_us, request.ended_us, request.sent
        part.uuids = [uuids[number]] if number in uuids else []
        outcome = request.answer[number] if request.is_answered else None
        if isinstance(outcome, CexError):
            part.code, part.detail = outcome.code, outcome.detail
        elif outcome is None:
            part.code, part.detail = request.code, request.detail
        else:
            part.answer, part.states = outcome, [outcome]
        if part.wanted is not None:
            placing.remember(client, part)
        client.history.append(part)


# --- all orders of a user ---------------------------------------------------------------------


def draw_cancel_all(dice: Dice) -> dict[str, Any]:
    side = dice.pick((None, None, "buy", "sell"), "side")
    return {"market": dice.market(), "side": side, "wait_ms": dice.pick((0, 500, 2_000), "wait")}


def cancel_all(client: Client, step: Step) -> None:
    asked = step.arguments

    def work(house: Exchange) -> Any:
        house.rate_limit.admit(client.user)
        view = house.views[asked["market"]]
        return house.cancel_alls.cancel_all(client.user, view, asked["side"], asked["wait_ms"])

    client.ask(client.request(step), work)


def draw_switch(dice: Dice) -> dict[str, Any]:
    """The dead man's switch: mostly set, and often set anew; 0 turns it off."""
    ms = dice.pick((0, 2_000, 5_000, 20_000, 60_000), "ms")
    return {"market": dice.market(), "ms": ms, "wait_ms": dice.pick((0, 500), "wait")}


def switch(client: Client, step: Step) -> None:
    asked = step.arguments

    def work(house: Exchange) -> Any:
        house.rate_limit.admit(client.user)
        view = house.views[asked["market"]]
        return house.cancel_alls.cancel_all_after(client.user, view, asked["ms"], asked["wait_ms"])

    client.ask(client.request(step), work)


def ended(request: Request) -> list[OrderId]:
    """The orders of which a cancel-all was told that they are no more."""
    return list(request.answer.ended) if request.kind == "cancel_all" and request.is_answered else []
