"""Many commands in one request."""

from collections.abc import Callable
from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import BaseModel, Field, SkipValidation, ValidationError

from chalicelib.api.amend import ReduceContent, ReplaceContent, changes
from chalicelib.api.cancel import CancelContent, order_to_cancel
from chalicelib.api.endpoint import Call, NoQuery, Request, endpoint
from chalicelib.api.order_answer import OrderAnswer, order_answer
from chalicelib.api.place import InMarket, PlaceContent, order_request
from chalicelib.api.problems import Problem, invalid, problem
from chalicelib.api.values import WAIT_MS_DEFAULT, WaitMs, market_named, order_id
from chalicelib.errors import CexError, InvalidInput, NotFound
from chalicelib.flows.intake.cancel_order import CancelWish
from chalicelib.flows.intake.desk import Outcome
from chalicelib.flows.intake.place_order import PlaceWish
from chalicelib.flows.intake.reduce_order import ReduceWish
from chalicelib.flows.intake.replace_order import ReplaceWish
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.intake.wish import Wish
from chalicelib.flows.reading.orders import own_order
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

COMMANDS_MAX = 20


class PlaceCommand(Request):
    place: PlaceContent


class CancelCommand(Request):
    cancel: CancelContent


class ReduceCommand(Request):
    reduce: ReduceContent


class ReplaceCommand(Request):
    replace: ReplaceContent


BatchCommand = PlaceCommand | CancelCommand | ReduceCommand | ReplaceCommand


class BatchRequest(InMarket):
    # Each command is read by itself: one that is wrong keeps no other from being carried out.
    commands: Annotated[list[SkipValidation[BatchCommand]], Field(min_length=1, max_length=COMMANDS_MAX)]
    wait: WaitMs = WAIT_MS_DEFAULT


class OrderResult(BaseModel):
    order: OrderAnswer


class ProblemResult(BaseModel):
    """The problem is the one that the command's own route would answer."""

    problem: Problem


class BatchAnswer(BaseModel):
    market: str
    results: list[OrderResult | ProblemResult] = Field(description="of each command, in their order")


@endpoint(
    routes,
    "POST",
    "/orders/batch",
    body=BatchRequest,
    answer=BatchAnswer,
    refuses=("unknown_market", "rate_limited"),
)
def carry_out_batch(call: Call[BatchRequest, NoQuery]) -> BatchAnswer:
    """Carry out up to twenty commands of one market, in their order; each has its own result."""
    user, market = call.session.user, market_named(call.body.market)
    exchange().rate_limit.admit(user, len(call.body.commands))
    makers = [_maker(command) for command in call.body.commands]
    view = exchange().views[market.id]
    outcomes = exchange().intake.batch(user, view, makers, call.body.wait)
    return BatchAnswer(market=market.id, results=[_result(outcome) for outcome in outcomes])


def _maker(command: Any) -> Callable[[Visit], Wish]:
    return lambda visit: _wish(visit, command)


def _wish(visit: Visit, command: Any) -> Wish:
    """Raises InvalidInput, NotFound."""
    if not isinstance(command, dict) or len(command) != 1:
        raise InvalidInput("a command is an object of one field", code="invalid_value")
    ((name, content),) = command.items()
    if name not in _WISHES:
        raise InvalidInput("there is no such command", code="unknown_field", field=name)
    model, wish = _WISHES[name]
    try:
        read = model.model_validate(content)
    except ValidationError as error:
        raise invalid(error) from None
    return wish(visit, read)


def _place(visit: Visit, body: PlaceContent) -> Wish:
    return PlaceWish(visit, order_request(body, visit.market))


def _cancel(visit: Visit, body: CancelContent) -> Wish:
    return CancelWish(visit, _here(visit, order_to_cancel(visit.user, body)))


def _reduce(visit: Visit, body: ReduceContent) -> Wish:
    return ReduceWish(visit, _named(visit, body.id), visit.market.parse_quantity(body.quantity))


def _replace(visit: Visit, body: ReplaceContent) -> Wish:
    return ReplaceWish(visit, _named(visit, body.id), *changes(body, visit.market))


_WISHES: dict[str, tuple[type[Request], Callable[[Visit, Any], Wish]]] = {
    "place": (PlaceContent, _place),
    "cancel": (CancelContent, _cancel),
    "reduce": (ReduceContent, _reduce),
    "replace": (ReplaceContent, _replace),
}


def _named(visit: Visit, text: str) -> OrderRecord:
    return _here(visit, own_order(exchange().orders, visit.user, order_id(text)))


def _here(visit: Visit, order: OrderRecord) -> OrderRecord:
    """Raises NotFound for an order of another market."""
    if order.market != visit.market.id:
        raise NotFound("no such order in this market", code="order_not_found", field="id")
    return order


def _result(outcome: Outcome) -> OrderResult | ProblemResult:
    if isinstance(outcome, CexError):
        return ProblemResult(problem=problem(outcome))
    return OrderResult(order=order_answer(outcome))
