"""What travels through a market's queue, and how is it written there?

A message is a JSON list of commands. Each has an id of its own, by which it is done once.
"""

import json
from typing import Any, NamedTuple, TypeAlias

from chalicelib.engine.order import LimitOrder
from chalicelib.errors import InvalidInput
from chalicelib.ids import CommandId, OrderId, UserId


class PlaceOrder(NamedTuple):
    """Held and recorded already. Dead after `accept_until_ms`: then the hold goes back."""

    id: CommandId
    order: LimitOrder
    accept_until_ms: int


class CancelOrder(NamedTuple):
    id: CommandId
    order_id: OrderId
    user: UserId


class ExpireUnseen(NamedTuple):
    """From the sweeper: an order that no book has seen, long after it was accepted."""

    id: CommandId
    order_id: OrderId
    user: UserId


class HaltMarket(NamedTuple):
    """By a person. Dead after `accept_until_ms`, so that an old message halts nothing."""

    id: CommandId
    reason: str
    accept_until_ms: int


class ResumeMarket(NamedTuple):
    id: CommandId
    reason: str
    accept_until_ms: int


class Unreadable(NamedTuple):
    """A message that holds no command; it is recorded and put aside, never retried."""

    id: CommandId
    reason: str


Command: TypeAlias = PlaceOrder | CancelOrder | ExpireUnseen | HaltMarket | ResumeMarket | Unreadable

_NAMES: dict[type, str] = {
    PlaceOrder: "place",
    CancelOrder: "cancel",
    ExpireUnseen: "expire",
    HaltMarket: "halt",
    ResumeMarket: "resume",
}
_SHAPES: dict[str, tuple[type, ...]] = {
    "place": (str, list, int),
    "cancel": (str, str, str),
    "expire": (str, str, str),
    "halt": (str, str, int),
    "resume": (str, str, int),
}
_ORDER_SHAPE = (str, str, str, int, int, int, str)
_KINDS: dict[str, Any] = {name: kind for kind, name in _NAMES.items()}


def encode(commands: list[Command]) -> str:
    return json.dumps([[_NAMES[type(command)], *command] for command in commands], separators=(",", ":"))


def decode(body: str) -> list[Command]:
    """Raises InvalidInput for anything that `encode` of this or an older version did not write."""
    try:
        commands = [_decode_one(*row) for row in json.loads(body)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidInput(f"not a command: {error!r}", code="invalid_command") from error
    if not commands:
        raise InvalidInput("a message without a command", code="invalid_command")
    return commands


def _decode_one(name: str, *fields: Any) -> Command:
    _check(fields, _SHAPES[name])
    if name == "place":
        command_id, order, accept_until_ms = fields
        _check(order, _ORDER_SHAPE)
        return PlaceOrder(command_id, LimitOrder(*order), accept_until_ms)
    command: Command = _KINDS[name](*fields)
    return command


def _check(fields: Any, shape: tuple[type, ...]) -> None:
    """A field of another type would be journaled, and then no book could be loaded again."""
    if tuple(map(type, fields)) != shape:
        raise TypeError(f"fields {fields!r} are not {shape}")
