"""How much can the operator's key reach, and how do coins come back from the vault?"""

import argparse

from chalicelib import listing
from chalicelib.flows.custody.reach import reaches
from chalicelib.money import Amount, parse_units
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, command
from infra.ops.money import amount

REFILL_MS = 60_000


def add_commands(commands: Commands) -> None:
    text = "how much of each token the operator's key can send, and how much it should"
    command(commands, "reach", run_reach, text, "reach", "reach --json")
    text = "bring coins from the vault to the house's account; needs the owner key"
    refill = command(commands, "refill", run_refill, text, 'refill USDT 250000 --reason "a large one" --yes')
    refill.add_argument("token", choices=sorted(listing.PAYOUTS), metavar="TOKEN")
    refill.add_argument("amount", help="in whole tokens, such as 250000 or 0.5")
    add_action(refill, moves_money=True)


def run_reach(house: Exchange, options: argparse.Namespace) -> int:
    """0 when no more is within reach than should be."""
    found = reaches(house.store, house.treasury.limits)
    rows = [
        {
            "token": each.asset,
            "reach": amount(each.asset, each.units),
            "limit": amount(each.asset, each.limit),
            "vault": amount(each.asset, each.vault),
        }
        for each in found
    ]
    code = answer.NOT_WELL if any(each.excess for each in found) else answer.DONE
    return answer.show(options, Answer({"tokens": rows}, answer.table(rows), code))


def run_refill(house: Exchange, options: argparse.Namespace) -> int:
    """0 when the coins are there. Raises InvalidInput for an amount that is none."""
    asset = options.token
    wanted = Amount(asset, parse_units(options.amount, listing.ASSETS[asset].decimals))
    token = house.treasury.tokens[asset]

    def refill() -> Answer:
        done = house.treasury.refill.bring(wanted, token, house.timer.now_ms() + REFILL_MS)
        brought = f"{amount(done.amount.asset, done.amount.units)} {done.amount.asset}"
        lines = [f"{brought} {'are there' if done.landed else 'are on their way: say it again to go on'}"]
        if done.begun_before:
            lines.append("that was begun before; say it again if more is wanted")
        value = {"brought": brought, "landed": done.landed, "begun_before": done.begun_before}
        return Answer(value, lines, answer.DONE if done.landed else answer.NOT_WELL)

    return perform(house, options, asset, f"bring {options.amount} {asset} from the vault", refill)
