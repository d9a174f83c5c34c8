"""What can an operator do about what the network refused after it was signed?

Set a run aside that has no leg to blame, and put a block of the owner key where a payment could still land,
so that it is given back.
"""

import argparse

from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, command

FREE_MS = 300_000
IDS_MAX = 30


def add_aside(withdrawals: Commands) -> None:
    """Below `withdrawals`."""
    line = 'withdrawals set-aside --reason "run_refused, and no leg is to blame" --yes'
    text = "end a run that the network refuses: what has landed is paid, the rest set aside"
    add_action(command(withdrawals, "set-aside", run_set_aside, text, line), moves_money=True)
    line = 'withdrawals free-place qwertyuiopasdfghjklzxcvbnm --reason "its owner wants it back" --yes'
    text = (
        "make certain that what was set aside can never land, so that it is given back; needs the owner key"
    )
    parser = command(withdrawals, "free-place", run_free_place, text, line)
    parser.add_argument("ids", nargs="+", metavar="ID", help="`withdrawals stuck` tells them")
    add_action(parser, moves_money=True)


def run_set_aside(house: Exchange, options: argparse.Namespace) -> int:
    """Raises Conflict when there is no such run, or when it could land still."""

    def act() -> Answer:
        ended = house.treasury.ending.end()
        value = {"run": ended.number, "state": ended.state, "landed": sorted(ended.landed)}
        lines = [f"run {ended.number} is over; `cex-ops withdrawals stuck` lists what was set aside"]
        return Answer(value, lines)

    would = "end the run in flight, if nobody is bound to it, and set aside what of it has not landed"
    return perform(house, options, "the run in flight", would, act)


def run_free_place(house: Exchange, options: argparse.Namespace) -> int:
    """0 when none of them can land any more, 1 when some still can. Raises NotFound, Conflict."""
    places, ids = house.treasury.places, list(dict.fromkeys(options.ids))[:IDS_MAX]
    with answer.apart():
        found = places.open(ids)
    at = ", ".join(sorted({account.address for account in found.values()})) or "no address"

    def act() -> Answer:
        landed = places.free(found, house.timer.now_ms() + FREE_MS)
        left = sorted(places.still_open(found))
        lines = [f"{landed} blocks have landed; the next visits of `payouts` give back what can not land now"]
        if left:
            lines.append(f"could land still, say it again: {', '.join(left)}")
        return Answer({"landed": landed, "left": left}, lines, answer.NOT_WELL if left else answer.DONE)

    would = f"put a block that changes nothing where {len(found)} of {len(ids)} could still land: at {at}"
    return perform(house, options, " ".join(ids), would, act)
