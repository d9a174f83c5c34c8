"""What is a dead letter about, and what would come of it if it were sent again?

What comes of it is what the matcher does with each of its commands: done once under its id, and
nothing but an end when it is late (docs/orders.md).
"""

import json
from typing import Any, NamedTuple

from chalicelib.adapters.dead_letters import DeadLetter
from chalicelib.adapters.sqs import message
from chalicelib.engine.order import LimitOrder
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.matcher.late import SURE_MS
from chalicelib.flows.reading.orders import OrderState, state_of
from chalicelib.flows.records.commands import (
    CancelAll,
    Command,
    ExpireReplace,
    ExpireUnseen,
    PlaceOrder,
    ReplaceOrder,
    SetMode,
    Unreadable,
)
from chalicelib.ids import OrderId, UserId
from chalicelib.market import Market
from chalicelib.wiring import Exchange

# A body that holds no command may be of any length.
SHOWN_MAX = 300


class Told(NamedTuple):
    """One command. `order`: whose state it is about, "" where it is about none. `late_ms`: since when the
    market takes it no more, below zero as long as it does; None: it has no time."""

    command: str
    id: str
    asks: str
    user: str
    order: str
    state: str
    late_ms: int | None
    then: str


def commands_of(letter: DeadLetter) -> tuple[Command, ...]:
    """One Unreadable for a letter that holds none."""
    return message({"messageId": letter.id, "body": letter.body}).commands


def told(house: Exchange, market: Market, letter: DeadLetter) -> list[Told]:
    """Raises StoreUnavailable, BookCorrupt."""
    return [_told(house, market, command) for command in commands_of(letter)]


def _told(house: Exchange, market: Market, command: Command) -> Told:
    user, order_id = _about(command)
    view = house.views[market.id]
    state = state_of(view, house.orders, user, order_id) if order_id else None
    with view.current() as replica:
        late_ms = _late_ms(command, replica.clock_ms(house.timer.now_ms()))
        then = _then(command, state, replica, late_ms)
    spoken = _state(state) if order_id else ""
    return Told(kind(command), command.id, _asks(market, command), user, order_id, spoken, late_ms, then)


def kind(command: Command) -> str:
    return type(command).__name__


def _about(command: Command) -> tuple[UserId, OrderId]:
    """Whose command it is, and which order it is about."""
    order: LimitOrder | None = getattr(command, "order", None)
    if order is not None:
        return order.user, order.order_id
    return UserId(getattr(command, "user", "")), OrderId(getattr(command, "order_id", ""))


def _asks(market: Market, command: Command) -> str:
    match command:
        case PlaceOrder() | ReplaceOrder():
            order = command.order
            size = f"{market.format_quantity(order.quantity)} {market.base.symbol}"
            if order.budget:
                size = "at the market"
            return f"{order.side} {size} at {market.format_price(order.price)}, {order.tif}"
        case SetMode():
            return f"{command.mode}: {command.reason}"
        case CancelAll():
            return f"{command.side or 'all'} orders of the user"
        case Unreadable():
            return command.reason[:SHOWN_MAX]
        case _:
            return ""


def _state(state: OrderState | None) -> str:
    if state is None:
        return "no such order"
    market_open = state.record.is_open
    reason = f" ({state.record.reason})" if state.record.reason else ""
    replacing = ", waits for a replace" if market_open and state.record.replacing else ""
    return f"{state.status}{reason}{replacing}"


def _late_ms(command: Command, now_ms: int) -> int | None:
    until_ms: int | None = getattr(command, "accept_until_ms", None)
    return None if until_ms is None else now_ms - until_ms


def _then(command: Command, state: OrderState | None, replica: Replica, late_ms: int | None) -> str:
    if command.id in replica.done:
        refused = replica.refused.get(command.id)
        return f"nothing: it was refused before ({refused})" if refused else "nothing: it was done before"
    if isinstance(command, PlaceOrder | ReplaceOrder | ExpireUnseen | ExpireReplace):
        late = late_ms is None or late_ms > 0
        done = _ended(command) if late else _halted(replica, "done as it was asked for")
        return done if _waits(command, state) else "nothing: nothing waits for it any more"
    if late_ms is None:
        return (
            "put aside as failed, with an alarm" if isinstance(command, Unreadable) else "what is due is done"
        )
    if late_ms >= SURE_MS:
        return "nothing: it is passed over, much too late"
    if late_ms > 0:
        return "refused as late"
    told = "done as it was asked for"
    return told if isinstance(command, SetMode) else _halted(replica, told)


def _halted(replica: Replica, otherwise: str) -> str:
    return "refused: the market is halted" if replica.book.mode == "halted" else otherwise


def _ended(command: PlaceOrder | ReplaceOrder | ExpireUnseen | ExpireReplace) -> str:
    if isinstance(command, PlaceOrder | ExpireUnseen):
        return "its order expires and the hold goes back"
    return "its replace is refused and the extra hold goes back"


def _waits(
    command: PlaceOrder | ReplaceOrder | ExpireUnseen | ExpireReplace, state: OrderState | None
) -> bool:
    """Whether the stored order is still in doubt about it."""
    if state is None:
        return False
    match command:
        case ReplaceOrder():
            return state.record.replacing == command.id
        case ExpireReplace():
            return state.record.replacing == command.replace
        case _:
            return state.status == "pending"


def run_of(letter: DeadLetter) -> dict[str, str]:
    """A scheduled run that failed: which function, and why. As Lambda or EventBridge wrote it."""
    said = letter.attributes
    if "TARGET_ARN" in said:
        return {
            "function": _name(said["TARGET_ARN"]),
            "why": said.get("ERROR_MESSAGE", said.get("ERROR_CODE", "")),
        }
    try:
        body: Any = json.loads(letter.body)
        context, answer = body["requestContext"], body.get("responsePayload") or {}
        why = answer.get("errorMessage") or context.get("condition", "")
        return {"function": _name(context["functionArn"]), "why": str(why)[:SHOWN_MAX]}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"function": "", "why": letter.body[:SHOWN_MAX]}


def _name(arn: str) -> str:
    """The function's own name; an ARN may end in a version."""
    _, _, name = arn.partition(":function:")
    return (name or arn).partition(":")[0]
