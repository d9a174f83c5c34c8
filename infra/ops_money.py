"""What can an operator do about coins? Commands of `python -m infra.ops`.

Every change says who and why, and is kept.
"""

import argparse
import json
import sys
from contextlib import redirect_stdout
from typing import Any

from chalicelib import listing
from chalicelib.errors import NotFound
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, clear, stop, stops_of
from chalicelib.flows.plan import Plan
from chalicelib.flows.proof.solvency import statements
from chalicelib.flows.runs.grant import Granted
from chalicelib.flows.withdrawals import controls
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.money import format_units
from chalicelib.wiring import Exchange

NOTES = ("foreign", "gap", "suspense", "unlisted", "unreadable", "stop", "freeze")
NOTES_MAX = 100
VISIT_MS = 60_000
DRILL_MS = 600_000


def add_commands(commands: Any) -> None:
    """Below the parser of `infra.ops`."""
    solvency = commands.add_parser("solvency", help="what is owed and what is there, per token, at one cut")
    solvency.set_defaults(run=run_solvency)
    reconcile = commands.add_parser("reconcile", help="hold the books against the chain, now")
    reconcile.set_defaults(run=run_reconcile)
    notes = commands.add_parser("notes", help="what a person must look at")
    notes.add_argument("kind", choices=NOTES)
    notes.set_defaults(run=run_notes)
    _add_drills(commands)
    for name, run, text in (
        ("stop-payouts", run_stop, "sign nothing of a token (or of ALL) until it is cleared"),
        ("clear-payouts", run_clear, "sign it again"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("token", choices=[ALL, *listing.PAYOUTS])
        command.add_argument("--reason", required=True)
        command.set_defaults(run=run)
    for name, run, text in (
        ("freeze", run_freeze, "plan no withdrawal of an account"),
        ("unfreeze", run_unfreeze, "plan them again"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("user", help="its Keeta address")
        command.add_argument("--reason", required=True)
        command.set_defaults(run=run)
    for name, run, text in (
        ("approve", run_approve, "let a large withdrawal go; it takes two people"),
        ("reject", run_reject, "cancel a withdrawal that waits"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("user", help="whose it is")
        command.add_argument("id")
        command.add_argument("--by", required=True, help="who decides")
        command.add_argument("--reason", default="", required=name == "reject")
        command.set_defaults(run=run)


def _add_drills(commands: Any) -> None:
    """For whoever holds the owner key."""
    for name, run, text in (
        ("grant-operator", run_grant, "let a key send from every address of ours; needs the owner key"),
        ("revoke-operator", run_revoke, "let it send from none of them any more; needs the owner key"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("key", help="its Keeta address")
        command.set_defaults(run=run)
    resolve = commands.add_parser("resolve-run", help="give up a run that met another's block, pay anew")
    resolve.set_defaults(run=run_resolve)


def run_grant(house: Exchange, options: argparse.Namespace) -> int:
    return _told(house.treasury.grants.give(Account.from_address(options.key), _until(house)))


def run_revoke(house: Exchange, options: argparse.Namespace) -> int:
    return _told(house.treasury.grants.take(Account.from_address(options.key), _until(house)))


def run_resolve(house: Exchange, options: argparse.Namespace) -> int:  # noqa: ARG001
    done = house.treasury.resolver.resolve()
    print("resolved" if done else "not now: no broken run, or a block of it could still land")
    return 0 if done else 1


def _told(done: Granted) -> int:
    """0 when nothing is left to do."""
    print(f"{done.changed} addresses changed, {done.left} left")
    return 0 if done.left == 0 else 1


def _until(house: Exchange) -> int:
    return house.timer.now_ms() + DRILL_MS


def run_solvency(house: Exchange, options: argparse.Namespace) -> int:  # noqa: ARG001
    """0 when the house has what it owes, 1 when not."""
    found = statements(house.store, house.treasury.tokens)
    told = [
        {
            "token": each.asset,
            "liabilities": _text(each.asset, each.liabilities),
            "custody": _text(each.asset, each.custody),
            "difference": _text(each.asset, each.difference),
        }
        for each in found
    ]
    print(json.dumps({"time_ms": house.timer.now_ms(), "tokens": told}, indent=2))
    return 0 if all(each.is_solvent for each in found) else 1


def run_reconcile(house: Exchange, options: argparse.Namespace) -> int:  # noqa: ARG001
    """A whole round. 0 when books and chain agree."""
    now_ms = house.timer.now_ms()
    with redirect_stdout(sys.stderr):  # what the house notes meanwhile is no part of the answer
        found = house.treasury.reconciler.visit(now_ms + VISIT_MS)
        if found.over and found.started_ms < now_ms:
            # That round had begun before; another one sees everything from now on.
            found = house.treasury.reconciler.visit(house.timer.now_ms() + VISIT_MS)
    print(json.dumps(found._asdict(), indent=2))
    return 0 if found.over and found.clean else 1


def run_notes(house: Exchange, options: argparse.Namespace) -> int:
    for item in house.store.page(table.note(options.kind, " "), "~", NOTES_MAX).items:
        print(json.dumps(item))
    return 0


def run_stop(house: Exchange, options: argparse.Namespace) -> int:
    return _stops(house, stop(options.token, options.reason, house.timer.now_ms()))


def run_clear(house: Exchange, options: argparse.Namespace) -> int:
    return _stops(house, clear(options.token, options.reason, house.timer.now_ms()))


def run_freeze(house: Exchange, options: argparse.Namespace) -> int:
    house.store.commit(controls.freeze(UserId(options.user), options.reason, house.timer.now_ms()))
    return 0


def run_unfreeze(house: Exchange, options: argparse.Namespace) -> int:
    house.store.commit(controls.unfreeze(UserId(options.user), options.reason, house.timer.now_ms()))
    return 0


def run_approve(house: Exchange, options: argparse.Namespace) -> int:
    found = _withdrawal(house, options)
    house.store.commit(controls.approve(found, options.by, house.timer.now_ms()))
    return 0


def run_reject(house: Exchange, options: argparse.Namespace) -> int:
    found = _withdrawal(house, options)
    house.store.commit(controls.reject(found, options.by, options.reason, house.timer.now_ms()))
    return 0


def _withdrawal(house: Exchange, options: argparse.Namespace) -> Withdrawal:
    """Raises NotFound."""
    item = house.store.get(schema.withdrawal(UserId(options.user), options.id))
    if item is None:
        raise NotFound("no such withdrawal")
    return Withdrawal.from_item(item)


def _stops(house: Exchange, plan: Plan) -> int:
    house.store.commit(plan)
    stopped = sorted(stops_of(house.store.get(table.lease(SETTLEMENT))))
    print(f"stopped: {', '.join(stopped) or 'nothing'}")
    return 0


def _text(asset: str, units: int) -> str:
    return format_units(units, listing.ASSETS[asset].decimals)
