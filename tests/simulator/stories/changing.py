"""How does a client change his mind about an order that is there?"""

from collections.abc import Callable
from typing import Any

from chalicelib.flows.reading.orders import own_order
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import OrderId
from chalicelib.wiring import Exchange

from .client import Client
from .dice import Dice
from .requests import Request
from .story import Step

# Price (ticks) and quantity (lots) of a replace; None leaves it as it is.
Terms = tuple[int | None, int | None]


# --- what is asked for ------------------------------------------------------------------------


def draw_target(dice: Dice) -> dict[str, Any] | None:
    if not dice.earlier:
        return None
    return {"of": dice.pick(dice.earlier[-4:], "of"), "wait_ms": dice.pick((0, 0, 500), "wait")}


def draw_reduce(dice: Dice) -> dict[str, Any] | None:
    """To so many percent; now and then to no less than there is."""
    target = draw_target(dice)
    return target and {**target, "percent": dice.pick((10, 40, 40, 70, 70, 100, 150), "percent")}


def draw_replace(dice: Dice) -> dict[str, Any] | None:
    """`move` is by how many ticks, `percent` what becomes of the quantity; 0 and 100 are not said."""
    target = draw_target(dice)
    move, percent = dice.pick(((1, 100), (-1, 100), (3, 100), (0, 50), (0, 200), (-2, 70), (2, 150)), "terms")
    return target and {**target, "move": move, "percent": percent, "tries": dice.pick((1, 2), "tries")}


def reduced(record: OrderRecord, asked: Any) -> int:
    """Lots in all."""
    return max(1, int(record.quantity * asked["percent"] // 100))


def replaced(record: OrderRecord, asked: Any) -> Terms:
    price = record.price + asked["move"] if asked["move"] else None
    return price, reduced(record, asked) if asked["percent"] != 100 else None


# --- doing it ---------------------------------------------------------------------------------


def cancel(client: Client, step: Step) -> None:
    wait_ms = step.arguments["wait_ms"]

    def work(house: Exchange, order: OrderRecord) -> Any:
        return house.intake.cancel(order, house.views[order.market], wait_ms)

    _change(client, step, work)


def reduce(client: Client, step: Step) -> None:
    asked = step.arguments

    def work(house: Exchange, order: OrderRecord) -> Any:
        view = house.views[order.market]
        return house.intake.reduce(order, reduced(order, asked), view, asked["wait_ms"])

    _change(client, step, work)


def replace(client: Client, step: Step) -> None:
    """Who was not told asks for the same again: by then the order may be what he wanted."""
    asked, terms = step.arguments, list[Terms]()

    def work(house: Exchange, order: OrderRecord) -> Any:
        if not terms:
            terms.append(replaced(order, asked))
        return house.intake.replace(order, *terms[0], house.views[order.market], asked["wait_ms"])

    for _ in range(asked["tries"]):
        request = _change(client, step, work)
        if request is None or not request.is_unknown:
            return


def _change(client: Client, step: Step, work: Callable[[Exchange, OrderRecord], Any]) -> Request | None:
    """None: the client does not know which order that would be."""
    order_id = client.known.get(step.arguments["of"])
    if order_id is None:
        return None
    request = client.request(step)
    request.order_id = order_id
    client.ask(request, lambda house: work(house, _own(house, client, order_id)))
    request.states = [request.answer] if request.is_answered else []
    return request


def _own(house: Exchange, client: Client, order_id: OrderId) -> OrderRecord:
    house.rate_limit.admit(client.user)
    return own_order(house.orders, client.user, order_id)
