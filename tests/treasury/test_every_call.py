"""Is anything paid twice, lost or stranded when the process dies at any call of its way?"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from infra.local.keeta.process import LocalNetwork, Options
from infra.local.state import ROOT

# All of them take some minutes: CEX_FAULTS=1/1. "2/3" is every third from the second on.
FIRST, STRIDE = map(int, os.environ.get("CEX_FAULTS", "7/23").split("/"))
CALLS_MIN = 80


def test_a_kill_at_any_call_pays_everybody_once_and_leaves_the_books_right(
    dynoxide_endpoint: str, network: LocalNetwork, tmp_path: Path
) -> None:
    with LocalNetwork.start(Options(state=tmp_path / "keeta", representatives=4, controls=True)) as kept:
        path = tmp_path / "keeta" / "network.json"
        assert json.loads(path.read_text()) == kept.description
        command = [
            sys.executable,
            "-m",
            "tests.treasury.crash",
            dynoxide_endpoint,
            str(path),
            str(FIRST),
            str(STRIDE),
        ]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3000, check=False)
    assert told.returncode == 0, told.stderr[-3000:]
    report = json.loads(told.stdout.splitlines()[-1])
    clean, runs = report["clean"], report["runs"]
    assert clean["differences"] == []
    calls = clean["calls"]
    assert len(calls) >= CALLS_MIN
    assert len(runs) == report["tried"] == len(range(FIRST, len(calls) + 1, STRIDE))
    broken = {run["kill_at"]: run["differences"] for run in runs if run["differences"]}
    assert not broken, {f"{kill_at} {calls[kill_at - 1]}": found for kill_at, found in broken.items()}
    killed = sum(run["killed"] for run in runs)
    # Threads make a few calls more or less from run to run: one of the last may not be reached.
    assert killed >= len(runs) - 1 - len(runs) // 20
    print(f"\nkilled at {killed} of {len(calls)} calls: {dict(Counter(calls))}")
