"""Does everything add up? Asks the operator's command, and tells what it says."""

import json
import subprocess
import sys

from infra.traders.terminal import Terminal

COMMAND = [sys.executable, "-m", "infra.ops", "audit", "--json"]
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
