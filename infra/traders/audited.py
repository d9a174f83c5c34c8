"""Does everything add up, in the books and on the chain? Asks the operator's commands."""

import json
import subprocess
import sys
from typing import Any

from infra.traders.terminal import Terminal

OPS = [sys.executable, "-m", "infra.ops"]
COMMAND = [*OPS, "audit", "--json"]
SECONDS_MAX = 600
DIFFERENCES_SHOWN = 10


def audit(terminal: Terminal) -> bool:
    """Whether every invariant of the whole store holds. In the environment of the stack."""
    # It runs apart: a script that imported the exchange would share its mistakes.
    ran = subprocess.run(COMMAND, stdout=subprocess.PIPE, text=True, timeout=SECONDS_MAX, check=False)
    try:
        report = json.loads(ran.stdout)
        ok, differences, counts = report["ok"], report["differences"], report["counts"]
    except (ValueError, KeyError, TypeError):
        terminal.bad(f"The audit did not answer (exit code {ran.returncode}).")
        return False
    terminal.say("read: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))
    for difference in differences[:DIFFERENCES_SHOWN]:
        terminal.bad(" ".join(f"{name}: {value}" for name, value in difference.items()))
    if ok and not differences and ran.returncode == 0:
        terminal.good("Every invariant holds.")
        return True
    terminal.bad(f"{len(differences)} differences (exit code {ran.returncode}).")
    return False


def reconcile(terminal: Terminal) -> bool:
    """Whether the books agree with the chain, and the house has what it owes."""
    round_, agrees = _asked("reconcile")
    found, solvent = _asked("solvency")
    if round_ is None or found is None:
        terminal.bad("The reconciliation did not answer.")
        return False
    terminal.table(
        ["token ", "owed", "on Keeta", "own funds"],
        [
            [each[name] for name in ("token", "liabilities", "custody", "difference")]
            for each in found["tokens"]
        ],
    )
    told = f"{round_['looked']} addresses compared with the chain, {round_['busy']} of them busy"
    if agrees and solvent:
        terminal.good(f"{told}: nothing is missing, nothing is left over.")
        return True
    terminal.bad(f"{told}: surplus {round_['surplus']}, shortfall {round_['shortfall']}.")
    return False


def _asked(command: str) -> tuple[Any, bool]:
    words = [*OPS, command, "--json"]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    if ran.returncode != 0:
        sys.stderr.write(ran.stderr)  # what it noted is of interest only then
    try:
        return json.loads(ran.stdout), ran.returncode == 0
    except ValueError:
        return None, False
