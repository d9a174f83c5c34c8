"""Which keys may send from our addresses? For whoever holds the owner key."""

import argparse
from collections.abc import Callable

from chalicelib.flows.runs.grant import Granted
from chalicelib.keeta.account import Account
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, Run, command, keeta_account

DRILL_MS = 600_000


def add_commands(commands: Commands) -> None:
    told: tuple[tuple[str, Run, str], ...] = (
        ("grant-operator", run_grant, "let a key send from every address of ours; needs the owner key"),
        ("revoke-operator", run_revoke, "let it send from none of them any more; needs the owner key"),
    )
    for name, run, text in told:
        parser = command(commands, name, run, text, f'{name} keeta_aab... --reason "rotation" --yes')
        parser.add_argument("key", type=keeta_account, help="its Keeta address")
        add_action(parser, moves_money=True)


def run_grant(house: Exchange, options: argparse.Namespace) -> int:
    return _change(house, options, "let {} send from every address", house.treasury.grants.give)


def run_revoke(house: Exchange, options: argparse.Namespace) -> int:
    return _change(house, options, "let {} send from no address any more", house.treasury.grants.take)


def _change(
    house: Exchange, options: argparse.Namespace, would: str, change: Callable[[Account, int], Granted]
) -> int:
    address = options.key.address
    until_ms = house.timer.now_ms() + DRILL_MS
    return perform(
        house, options, address, would.format(address), lambda: _told(change(options.key, until_ms))
    )


def _told(done: Granted) -> Answer:
    """0 when nothing is left to do."""
    lines = [f"{done.changed} addresses changed, {done.left} left"]
    return Answer(done._asdict(), lines, answer.DONE if done.left == 0 else answer.NOT_WELL)
