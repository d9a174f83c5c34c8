"""What can an operator do about coins that somebody else has taken? Book that they are gone.

Then books and chain agree again, and what the house lacks is seen in `cex-ops solvency` until its owners
pay it in.
"""

import argparse
from collections import Counter

from chalicelib.errors import ConditionFailed, Conflict
from chalicelib.flows.custody import table
from chalicelib.flows.deposits.losses import Loss, losses, write_off
from chalicelib.wiring import Exchange
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, command
from infra.ops.money import amount


def add_commands(commands: Commands) -> None:
    text = "book what a block that we did not sign has taken; capital bears it"
    example = 'write-off 5F0A... --reason "operator key was out"'
    parser = command(commands, "write-off", run_write_off, text, example, f"{example} --yes")
    parser.add_argument("block", help="its hash; `cex-ops notes foreign` tells it")
    add_action(parser, moves_money=True)


def run_write_off(house: Exchange, options: argparse.Namespace) -> int:
    """Raises NotFound, and Conflict when it was done before."""
    found = losses(house.store, house.treasury.assets, options.block.lower())
    would = f"write off {_spoken(found)} that this block took, and let capital bear it"
    return perform(house, options, options.block, would, lambda: _written_off(house, found))


def _written_off(house: Exchange, found: list[Loss]) -> Answer:
    try:
        for plan in write_off(house.store, found, house.timer.now_ms()):
            house.store.commit(plan)
    except ConditionFailed as refused:
        what = "it was written off before, or the books never had so much there"
        raise Conflict(what, code="not_written_off") from refused
    # What lies at the house's own account is moved by the next netting to where it lacks.
    named = house.store.get(table.cursor("house")) or {}
    pay_in_to = str(named.get("address", ""))
    lines = [
        f"{_spoken(found)} written off; capital is paid in by sending to {pay_in_to}",
        "`cex-ops solvency` tells what is missing",
    ]
    taken = [
        {"address": loss.source, "token": loss.asset, "amount": amount(loss.asset, loss.units)}
        for loss in found
    ]
    return Answer({"written_off": taken, "pay_in_to": pay_in_to}, lines)


def _spoken(found: list[Loss]) -> str:
    """In all, by asset: a block may take as often as three thousand times."""
    taken: Counter[str] = Counter()
    for loss in found:
        taken[loss.asset] += loss.units
    return ", ".join(f"{amount(asset, units)} {asset}" for asset, units in taken.items()) or "nothing"
