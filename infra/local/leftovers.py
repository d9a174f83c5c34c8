"""What if a stack was killed, and parts of it are still there?

They end by themselves, and may have something to save before. What hangs is killed.
"""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from infra.local.state import State

GRACE_SECONDS = 4.0
KILLED_SECONDS = 2.0


def end(state: State) -> None:
    """Only for the holder of the state: nobody else's parts run then."""
    described = state.described() or {}
    pids = list(described.get("pids", {}).values())
    _wait(state, pids, GRACE_SECONDS)
    for pid in _alive(state, pids):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _wait(state, pids, KILLED_SECONDS)


def _wait(state: State, pids: list[int], seconds: float) -> None:
    until = time.monotonic() + seconds
    while _alive(state, pids) and time.monotonic() < until:
        time.sleep(0.05)


def _alive(state: State, pids: list[int]) -> list[int]:
    """A number may belong to something else by now; every part names the state in its command."""
    return [pid for pid in pids if str(state.root) in command_line(pid)]


def command_line(pid: int) -> str:
    """Empty when there is no such process."""
    process = Path("/proc") / str(pid) / "cmdline"
    with suppress(OSError):
        return process.read_bytes().decode(errors="replace")
    if Path("/proc/self").exists():
        return ""
    asked = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(asked, check=False, capture_output=True, text=True).stdout
