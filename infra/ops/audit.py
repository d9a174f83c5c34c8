"""Does everything add up? The check of every invariant over the whole store."""

import argparse

from chalicelib.flows.upkeep.audit import AuditReport, audit
from chalicelib.ledger.audit import Difference
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.answer import Answer
from infra.ops.command import Commands, command

# A difference counts when it is seen in every look: the store is not read at one moment.
LOOKS_MAX = 3
PAUSE_MS = 2_000


def add_commands(commands: Commands) -> None:
    command(
        commands, "audit", run_audit, "check every invariant over the whole store", "audit", "audit --json"
    )


def run_audit(house: Exchange, options: argparse.Namespace) -> int:
    """0 when everything adds up, 1 when not."""
    report = _audit(house)
    ok = not report.differences
    differences = [difference._asdict() for difference in report.differences]
    value = {"ok": ok, "differences": differences, "counts": report.counts}
    lines = [f"{name:>24}  {count}" for name, count in report.counts.items()]
    for difference in report.differences:
        lines.append(f"DIFFERENCE  {difference.check}: {difference.subject}")
        lines.append(f"            expected {difference.expected}, found {difference.found}")
    lines.append("every invariant holds" if ok else f"{len(report.differences)} differences")
    return answer.show(options, Answer(value, lines, answer.DONE if ok else answer.NOT_WELL))


def _audit(house: Exchange) -> AuditReport:
    report = audit(house.store, house.journal, house.every_market, house.timer.now_ms())
    for _ in range(1, LOOKS_MAX):
        if not report.differences:
            break
        house.timer.pause(PAUSE_MS)
        again = audit(house.store, house.journal, house.every_market, house.timer.now_ms())
        seen = set(map(_gap, report.differences))
        lasting = [difference for difference in again.differences if _gap(difference) in seen]
        report = again._replace(differences=lasting)
    return report


def _gap(difference: Difference) -> tuple[str, str, int | None]:
    """What stays the same of a difference while the wallet that has it goes on trading."""
    try:
        gap = int(difference.found) - int(difference.expected)
    except ValueError:
        gap = None
    return difference.check, difference.subject, gap
