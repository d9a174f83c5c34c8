"""Is anything paid twice, lost or stranded when the process dies at any call of its way?"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.keeta.process import LocalNetwork, Options, install
from infra.local.state import ROOT
from tests.treasury.crash import chosen
from tests.treasury.stories import STORIES

# CEX_FAULTS=1/1 tries all calls of each story, which takes some minutes a story; "2/3" every third from the
# second on; "changes" one for each state in which a death can leave the world; "~2" two.
WHICH = os.environ.get("CEX_FAULTS", "~2")
# Fewer would mean that a story has lost its point.
CALLS_MIN = 100


@pytest.fixture(scope="module")
def zygote(
    dynoxide_endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[str]]:
    install()
    state: Path = tmp_path_factory.mktemp("keeta")
    with LocalNetwork.start(Options(state=state, representatives=4, controls=True)):
        words = ["-m", "tests.treasury.crash", dynoxide_endpoint, str(state / "network.json"), WHICH]
        pipe = subprocess.PIPE
        with subprocess.Popen([sys.executable, *words], cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as made:
            yield made
            assert made.stdin is not None
            made.stdin.close()


def told(zygote: "subprocess.Popen[str]", name: str) -> Any:
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    print(name, file=zygote.stdin, flush=True)
    return json.loads(zygote.stdout.readline())


@pytest.mark.parametrize("name", STORIES)
def test_a_kill_at_any_call_pays_everybody_once_and_leaves_the_books_right(
    zygote: "subprocess.Popen[str]", name: str
) -> None:
    report = told(zygote, name)
    clean, runs = report["clean"], report["runs"]
    assert clean["differences"] == []
    calls = clean["calls"]
    assert len(calls) >= CALLS_MIN
    broken = {run["kill_at"]: run["differences"] for run in runs if run["differences"]}
    assert not broken, {f"{kill_at} {calls[kill_at - 1]}": found for kill_at, found in broken.items()}
    killed = sum(run["killed"] for run in runs)
    assert len(runs) == len(report["kills"])
    # Threads make a few calls more or less from run to run: one of the last may not be reached.
    assert killed >= len(runs) - 1 - len(runs) // 20
    print(f"\n{name}: killed at {killed} of {len(calls)} calls: {dict(Counter(calls))}")


def test_a_kill_after_each_call_that_changes_something_finds_every_state_there_is() -> None:
    calls = ["GetItem", "PutItem", "GET node", "Query", "POST vote", "TransactWriteItems", "Scan"]
    assert chosen(calls, "changes") == [1, 3, 6, 7]
    assert chosen(calls, "2/3") == [2, 5]
    assert chosen(calls, "~2") == [3, 7]
