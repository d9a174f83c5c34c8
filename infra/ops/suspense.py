"""How do coins get their owner that came to an address without one?"""

import argparse

from chalicelib.flows.deposits.suspense import assign_suspense
from chalicelib.flows.gate import wait_until_open
from chalicelib.ids import UserId
from chalicelib.wiring import Exchange
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, command, keeta_account
from infra.ops.money import amount


def add_commands(commands: Commands) -> None:
    parser = command(
        commands,
        "assign-suspense",
        run_assign,
        "credit coins that nobody was known to own; `cex-ops notes suspense` lists them",
        'assign-suspense 4be1...-0 keeta_aab... --reason "sender proved it" --yes',
    )
    parser.add_argument("note", help="`sk` of the note: block hash and operation")
    parser.add_argument("user", type=keeta_account, help="the Keeta address of its owner")
    add_action(parser, moves_money=True)


def run_assign(house: Exchange, options: argparse.Namespace) -> int:
    user = UserId(options.user.address)
    wait_until_open(house.store, house.timer, user)
    found = assign_suspense(house.store, options.note, user, options.by, options.reason, house.timer.now_ms())
    told = f"{amount(found.amount.asset, found.amount.units)} {found.amount.asset}"

    def assign() -> Answer:
        house.store.commit(found.plan)
        return Answer({"note": options.note, "user": user, "credited": told}, [f"{told} are {user}'s"])

    return perform(house, options, options.note, f"credit {told} to {user}", assign)
