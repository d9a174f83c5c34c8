"""What can a client ask of the exchange? Each kind of request: how it is drawn, how it is done.

    Kind(weight, draw, do)   `draw` makes the arguments of a step from named dice, `do` lives it

A new kind of command is one more line in `KINDS` and its two functions.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .changing import cancel, draw_reduce, draw_replace, draw_target, reduce, replace
from .client import Client
from .dice import Dice
from .looking import draw_market as draw_look
from .looking import get, list_orders, trades
from .placing import draw_market, draw_place, draw_stop, draw_sweep, place, place_again
from .story import Step
from .together import (
    batch,
    cancel_all,
    draw_batch,
    draw_cancel_all,
    draw_ladder,
    draw_switch,
    placed_in,
    switch,
)


class Kind(NamedTuple):
    weight: int
    draw: Callable[[Dice], dict[str, Any] | None]
    do: Callable[[Client, Step], None]


KINDS: dict[str, Kind] = {
    "place": Kind(46, draw_place, place),
    "again": Kind(3, draw_target, place_again),
    "sweep": Kind(5, draw_sweep, place),
    "market": Kind(5, draw_market, place),
    "stop": Kind(7, draw_stop, place),
    "cancel": Kind(10, draw_target, cancel),
    "reduce": Kind(7, draw_reduce, reduce),
    "replace": Kind(9, draw_replace, replace),
    "batch": Kind(5, draw_batch, batch),
    "ladder": Kind(2, draw_ladder, batch),
    "cancel_all": Kind(2, draw_cancel_all, cancel_all),
    "switch": Kind(3, draw_switch, switch),
    "get": Kind(4, draw_target, get),
    "list": Kind(2, draw_look, list_orders),
    "trades": Kind(1, draw_look, trades),
}


def placed(label: int, arguments: Mapping[str, Any]) -> list[int]:
    """Labels of the orders that such a step places."""
    if "commands" in arguments:
        return placed_in(arguments)
    return [label] if "lots" in arguments else []
