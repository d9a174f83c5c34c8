"""Where is the money? What is owed and what is there, the books against the chain, and notes for people."""

import argparse
import json

from chalicelib import listing
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT, stops_of
from chalicelib.flows.proof.solvency import statements
from chalicelib.money import format_units
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, command

NOTES = (
    *("foreign", "gap", "suspense", "unlisted", "unreadable", "stop", "freeze", "low"),
    *("aside", "given-up", "left-out", "leg"),
)
NOTES_MAX = 100
VISIT_MS = 60_000


def add_commands(commands: Commands) -> None:
    text = "what is owed and what is there, per token, at one cut"
    command(commands, "solvency", run_solvency, text, "solvency", "solvency --json")
    text = "hold the books against the chain, now; a whole round"
    add_action(
        command(commands, "reconcile", run_reconcile, text, "reconcile", "reconcile --json"),
        reason="asked for",
    )
    notes = command(
        commands, "notes", run_notes, "what a person must look at", "notes foreign", "notes gap --json"
    )
    notes.add_argument("kind", choices=NOTES)


def run_solvency(house: Exchange, options: argparse.Namespace) -> int:
    """0 when the house has what it owes, 1 when not."""
    found = statements(house.store, house.treasury.tokens)
    told = [
        {
            "token": each.asset,
            "liabilities": amount(each.asset, each.liabilities),
            "custody": amount(each.asset, each.custody),
            "difference": amount(each.asset, each.difference),
        }
        for each in found
    ]
    solvent = all(each.is_solvent for each in found)
    value = {"time_ms": house.timer.now_ms(), "tokens": told}
    lines = [*answer.table(told), "the house has what it owes" if solvent else "SOMETHING IS MISSING"]
    return answer.show(options, Answer(value, lines, answer.DONE if solvent else answer.NOT_WELL))


def run_reconcile(house: Exchange, options: argparse.Namespace) -> int:
    """0 when books and chain agree, 1 when not, or when the round did not come to its end.

    It is an action: a token that is missing for the second time is stopped.
    """
    would = "hold the books against the chain"
    return perform(house, options, "chain", would, lambda: _reconciled(house), looks=True)


def _reconciled(house: Exchange) -> Answer:
    now_ms, stopped_before = house.timer.now_ms(), set(stopped(house))
    found = house.treasury.reconciler.visit(now_ms + VISIT_MS)
    if found.over and found.started_ms < now_ms:
        # That round had begun before; another one sees everything from now on.
        found = house.treasury.reconciler.visit(house.timer.now_ms() + VISIT_MS)
    agree = bool(found.over and found.clean)
    told = "books and chain agree" if agree else "books and chain DIFFER: see `cex-ops notes gap`"
    lines = [f"{found.looked} addresses, {found.busy} of them busy", told if found.over else "not over yet"]
    by_this = sorted(set(stopped(house)) - stopped_before)
    lines += [f"payments are stopped now: {', '.join(by_this)}"] if by_this else []
    value = {**found._asdict(), "stopped": by_this}
    return Answer(value, lines, answer.DONE if agree else answer.NOT_WELL)


def stopped(house: Exchange) -> list[str]:
    """Tokens, or ALL, of which nothing is signed."""
    return sorted(stops_of(house.store.get(table.lease(SETTLEMENT))))


def run_notes(house: Exchange, options: argparse.Namespace) -> int:
    page = house.store.page(table.note(options.kind, " "), "~", NOTES_MAX)
    lines = [json.dumps(item) for item in page.items] or ["nothing is noted"]
    lines += [f"only the first {NOTES_MAX}; there are more"] if page.next is not None else []
    return answer.show(options, Answer({"notes": page.items, "more": page.next is not None}, lines))


def amount(asset: str, units: int) -> str:
    return format_units(units, listing.ASSETS[asset].decimals)
