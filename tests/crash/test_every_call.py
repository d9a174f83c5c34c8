"""Is anything lost, doubled or stranded when the process dies between any two AWS calls?"""

import json
import subprocess
import sys
from collections import Counter

from infra.local.state import ROOT
from tests.crash.story import MAKERS

# Fewer would mean that the story has lost its point.
CALLS_MIN = 120


def test_a_kill_before_any_call_of_the_day_leaves_nothing_lost_or_doubled(
    dynoxide_endpoint: str, ministack_endpoint: str
) -> None:
    command = [sys.executable, "-m", "tests.crash.zygote", dynoxide_endpoint, ministack_endpoint]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1_200, check=False)
    assert told.returncode == 0, told.stderr[-3000:]
    report = json.loads(told.stdout.splitlines()[-1])
    clean, runs = report["clean"], report["runs"]

    assert clean["differences"] == []
    assert clean["trades"] == 5 + MAKERS
    assert clean["states"] == {"filled": 6 + MAKERS, "canceled": 7, "rejected": 1, "expired": 1}
    assert clean["volume"] > 0
    calls = clean["calls"]
    assert len(calls) >= CALLS_MIN
    assert [run["kill_at"] for run in runs if run["killed"]] == list(range(1, len(calls) + 1))
    broken = {run["kill_at"]: run["differences"] for run in runs if run["differences"]}
    assert not broken, {f"{kill_at} {calls[kill_at - 1]}": found for kill_at, found in broken.items()}
    print(f"\nkilled before each of {len(calls)} calls: {dict(Counter(calls))}")
