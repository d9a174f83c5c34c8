"""Is the exchange well? Every market and the money at a glance, and what is not as it should be."""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

from chalicelib.errors import CexError
from chalicelib.keeta.moment import iso
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.answer import Answer
from infra.ops.command import Commands, command
from infra.ops.status.markets import market_part, schedules_part
from infra.ops.status.money import money_part
from infra.ops.status.operators import operators_part
from infra.ops.status.part import Part


def add_commands(commands: Commands) -> None:
    text = "every market and the money at a glance; exit code 1 when something is not well"
    command(commands, "status", run_status, text, "status", "status --json")


def run_status(house: Exchange, options: argparse.Namespace) -> int:
    """0 when all is well. What can not be read is told, and hides nothing else."""
    with answer.apart():
        markets = [_guarded(each.id, partial(market_part, house, each)) for each in house.markets.values()]
        others = [
            _guarded("money", partial(money_part, house)),
            _guarded("schedules", partial(schedules_part, house)),
            _guarded("operators", partial(operators_part, house)),
        ]
    complaints = [f"{part.name}: {each}" for part in (*markets, *others) for each in part.complaints]
    value = {
        "time": iso(house.timer.now_ms()),
        "well": not complaints,
        "markets": [part.facts for part in markets],
        **{part.name: part.facts for part in others},
        "complaints": complaints,
    }
    code = answer.NOT_WELL if complaints else answer.DONE
    return answer.show(options, Answer(value, _lines(markets, others, complaints), code))


def _guarded(name: str, look: Callable[[], Part]) -> Part:
    try:
        return look()
    except CexError as error:
        return Part(name, {"market": name}, [f"can not be read: {error.code}: {error.detail}"])


def _lines(markets: list[Part], others: list[Part], complaints: list[str]) -> list[str]:
    rows: list[dict[str, Any]] = sorted((part.facts for part in markets), key=len, reverse=True)
    lines = answer.table(rows)
    for part in others:
        lines += ["", part.name, *(f"  {line}" for line in answer.facts(part.facts))]
    told = [f"NOT WELL  {each}" for each in complaints] or ["all is well"]
    return [*lines, "", *told]
