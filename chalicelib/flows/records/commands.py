"""What travels through a market's queue, and how is it written there?

A message is a JSON list of commands. Each has an id of its own, by which it is done once.
"""

import json
from typing import Any, NamedTuple, TypeAlias, get_args

from chalicelib.engine.events import Mode
from chalicelib.engine.order import LimitOrder, SelfTrade, Side, Stop, TimeInForce
from chalicelib.errors import InvalidInput
from chalicelib.ids import CommandId, OrderId, UserId


class PlaceOrder(NamedTuple):
    """Held and recorded already. Dead after `accept_until_ms`: then the hold goes back.

    With a `stop` the order sleeps until the last price reaches `stop_price` (ticks).
    """

    id: CommandId
    order: LimitOrder
    accept_until_ms: int
    stop: Stop | None = None
    stop_price: int = 0


class CancelOrder(NamedTuple):
    """Dead after `accept_until_ms` like all others, but that is long: it must outlive a backlog."""

    id: CommandId
    order_id: OrderId
    user: UserId
    accept_until_ms: int


class ReduceOrder(NamedTuple):
    """`quantity` lots in all from now on; what is filled counts."""

    id: CommandId
    order_id: OrderId
    user: UserId
    quantity: int
    accept_until_ms: int


class ReplaceOrder(NamedTuple):
    """`order` as it shall be: new price, new quantity in all. `extra` is held for it already.

    `extra` is a hold count: lots for a sell, ticks x lots for a buy. Dead after
    `accept_until_ms`: then the extra hold goes back.
    """

    id: CommandId
    order: LimitOrder
    extra: int
    accept_until_ms: int


class CancelAll(NamedTuple):
    """All open orders of the user in this market, or those of one side."""

    id: CommandId
    user: UserId
    side: Side | None
    accept_until_ms: int


class SetCancelAllTimer(NamedTuple):
    """All orders of the user are canceled at `deadline_ms` unless it is set anew; 0: never."""

    id: CommandId
    user: UserId
    deadline_ms: int
    accept_until_ms: int


class Tick(NamedTuple):
    """Time has passed, and something in the book waits for nothing else."""

    id: CommandId


class ExpireUnseen(NamedTuple):
    """From the sweeper: an order that no book has seen, long after it was accepted."""

    id: CommandId
    order_id: OrderId
    user: UserId


class ExpireReplace(NamedTuple):
    """From the sweeper: `replace` is a command that no matcher has done, long after its hold was taken."""

    id: CommandId
    order_id: OrderId
    user: UserId
    replace: CommandId


class SetMode(NamedTuple):
    """By a person. Dead after `accept_until_ms`, so that an old message changes nothing.

    `reference` (ticks): around which price the band lies from now on; 0: it stays where it is.
    """

    id: CommandId
    mode: Mode
    reason: str
    accept_until_ms: int
    reference: int = 0


class Unreadable(NamedTuple):
    """A message that holds no command; it is recorded and put aside, never retried."""

    id: CommandId
    reason: str


Command: TypeAlias = (
    PlaceOrder
    | CancelOrder
    | ReduceOrder
    | ReplaceOrder
    | CancelAll
    | SetCancelAllTimer
    | Tick
    | ExpireUnseen
    | ExpireReplace
    | SetMode
    | Unreadable
)

_NAMES: dict[type, str] = {
    PlaceOrder: "place",
    CancelOrder: "cancel",
    ReduceOrder: "reduce",
    ReplaceOrder: "replace",
    CancelAll: "cancel_all",
    SetCancelAllTimer: "timer",
    Tick: "tick",
    ExpireUnseen: "expire",
    ExpireReplace: "expire_replace",
    SetMode: "mode",
}
_KINDS: dict[str, Any] = {name: kind for kind, name in _NAMES.items()}

# What each field must be: a type, one of some words, or an order.
_ORDER = (str, str, get_args(Side), int, int, int, get_args(TimeInForce), get_args(SelfTrade), *[int] * 4)
_SHAPES: dict[str, tuple[Any, ...]] = {
    "place": (str, _ORDER, int, (*get_args(Stop), None), int),
    "cancel": (str, str, str, int),
    "reduce": (str, str, str, int, int),
    "replace": (str, _ORDER, int, int),
    "cancel_all": (str, str, (*get_args(Side), None), int),
    "timer": (str, str, int, int),
    "tick": (str,),
    "expire": (str, str, str),
    "expire_replace": (str, str, str, str),
    "mode": (str, get_args(Mode), str, int, int),
}


def encode(commands: list[Command]) -> str:
    return json.dumps([[_NAMES[type(command)], *command] for command in commands], separators=(",", ":"))


def decode(body: str) -> list[Command]:
    """Raises InvalidInput for anything that `encode` of this version did not write."""
    try:
        commands = [_decode_one(*row) for row in json.loads(body)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidInput(f"not a command: {error!r}", code="invalid_command") from error
    if not commands:
        raise InvalidInput("a message without a command", code="invalid_command")
    return commands


def _decode_one(name: str, *fields: Any) -> Command:
    shape = _SHAPES[name]
    _check(fields, shape)
    command: Command = _KINDS[name](
        *(
            LimitOrder(*field) if wanted is _ORDER else field
            for field, wanted in zip(fields, shape, strict=True)
        )
    )
    return command


def _check(fields: Any, shape: tuple[Any, ...]) -> None:
    """A field of another kind would be journaled, and then no book could be loaded again."""
    if not isinstance(fields, tuple | list) or len(fields) != len(shape):
        raise TypeError(f"{fields!r} are not {len(shape)} fields")
    for field, wanted in zip(fields, shape, strict=True):
        if wanted is _ORDER:
            _check(field, wanted)
        elif isinstance(wanted, tuple):
            if not isinstance(field, str | None) or field not in wanted:
                raise TypeError(f"{field!r} is none of {wanted}")
        elif type(field) is not wanted:
            raise TypeError(f"{field!r} is no {wanted.__name__}")
