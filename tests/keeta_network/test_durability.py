"""What survives when the network is stopped, killed, or its file is damaged?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from infra.local.keeta.process import LocalNetwork, LocalNetworkError
from tests.keeta_network.conftest import Script, Start


@pytest.mark.parametrize("representatives", [1, 4])
def test_money_history_and_promises_survive_a_kill_and_can_be_kept(
    representatives: int, start: Start, script: Script, tmp_path: Path
) -> None:
    before = start(state=tmp_path, representatives=representatives)
    made = script("promises.mjs", before)
    seen = made["seen"]
    assert seen["halfKey"] == made["half"]
    assert seen["halfKeyOnMain"] is None
    assert seen["rivals"] == [["LEDGER_SUCCESSOR_VOTE_EXISTS"]] * 2
    assert [state["permanent"] for state in seen["states"]] == [[], [False], [True], []]
    before.kill()

    after = start(state=tmp_path, representatives=representatives)
    done = script("promises.mjs", after, {"staple": made["staple"]})
    assert done["seen"] == seen
    assert done["landed"] == {"status": 200, "publish": True}


def test_a_stop_keeps_as_much_as_a_kill(start: Start, script: Script, tmp_path: Path) -> None:
    before = start(state=tmp_path)
    script("promises.mjs", before)
    checksums = checksums_of(before)
    before.stop()

    assert checksums_of(start(state=tmp_path)) == checksums


def test_a_representative_that_missed_the_last_write_takes_it_from_the_others(
    start: Start, script: Script, tmp_path: Path
) -> None:
    before = start(state=tmp_path, representatives=4)
    script("promises.mjs", before)
    checksums = checksums_of(before)
    before.kill()
    lines = journal(tmp_path).read_text().splitlines()
    last_landing = max(index for index, line in enumerate(lines) if json.loads(line).get("kind") == "add")
    del lines[last_landing]
    journal(tmp_path).write_text("\n".join(lines) + "\n")

    assert checksums_of(start(state=tmp_path, representatives=4)) == checksums
    assert len(set(checksums)) == 1


def test_a_line_cut_short_by_a_crash_is_forgotten_for_it_was_never_answered(
    start: Start, script: Script, tmp_path: Path
) -> None:
    before = start(state=tmp_path)
    script("promises.mjs", before)
    before.kill()
    whole = journal(tmp_path).read_bytes()
    journal(tmp_path).write_bytes(whole + b'{"rep":1,"kind":"add","stap')

    start(state=tmp_path).stop()
    assert journal(tmp_path).read_bytes() == whole


def test_a_damaged_line_in_the_middle_stops_the_start(
    start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    journal(tmp_path).write_bytes(b'{"format":1}\n\0\0\n{}\n')

    with pytest.raises(LocalNetworkError):
        start(state=tmp_path)
    assert "line 2 is damaged" in capfd.readouterr().err


def test_the_state_of_another_network_is_refused(
    start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    journal(tmp_path).write_text('{"format":1,"genesis":"ABCD"}\n')

    with pytest.raises(LocalNetworkError):
        start(state=tmp_path)
    assert "belongs to another network" in capfd.readouterr().err


def test_two_networks_may_not_write_to_one_folder(
    start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "owner.pid").write_text(str(os.getpid()))

    with pytest.raises(LocalNetworkError):
        start(state=tmp_path)
    assert "is in use by process" in capfd.readouterr().err


def test_without_a_folder_nothing_is_kept(start: Start, script: Script) -> None:
    before = start()
    fresh = checksums_of(before)
    script("promises.mjs", before)
    assert checksums_of(before) != fresh
    before.stop()

    assert checksums_of(start()) == fresh


def test_the_network_ends_with_the_program_that_started_it(tmp_path: Path, installed: None) -> None:
    program = (
        "import os, sys\n"
        "from infra.local.keeta.process import LocalNetwork\n"
        "print(LocalNetwork.start().pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert wait_until_gone(int(done.stdout))


def checksums_of(network: LocalNetwork) -> list[str]:
    """What each representative has settled, in one number."""
    apis = [each["api"] for each in network.description["representatives"]]
    return [httpx.get(f"{api}/node/ledger/checksum").json()["checksum"] for api in apis]


def wait_until_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def journal(state: Path) -> Path:
    return state / "journal.log"
