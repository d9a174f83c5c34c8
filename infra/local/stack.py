"""How does a developer start the exchange? `make run`, `make demo` and `make local` call this.

    python -m infra.local.stack up [-- COMMAND...]    start, run COMMAND, serve until Ctrl-C
    python -m infra.local.stack run -- COMMAND...     start, run COMMAND, stop; its exit code
    python -m infra.local.stack forget                delete the state

In COMMAND `{url}` is the address of the API. When an exchange runs on this state already,
COMMAND runs against that one.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from infra.local import environment, ports
from infra.local.provision import OldState
from infra.local.state import ROOT, State, default_state
from infra.local.supervisor import AlreadyRunning, DidNotStart, Stack

ATTACH_SECONDS = 60.0
FAILED = 1


class Interrupted:
    """Ctrl-C and SIGTERM become an event, so that everything ends in order."""

    def __init__(self) -> None:
        self.event = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.event.set()


def main() -> int:
    given = _arguments()
    state = default_state()
    if given.action == "forget":
        return _forget(state)
    try:
        return _start(Stack(state, ports.fixed_or_next, given.project), given, Interrupted().event)
    except AlreadyRunning:
        return _attach(state, given.command, Interrupted().event)
    except (DidNotStart, OldState, ports.NoFreePort) as error:
        _say(str(error))
        return FAILED


def _start(stack: Stack, given: argparse.Namespace, interrupted: threading.Event) -> int:
    began = time.monotonic()
    with stack:
        _say(f"The exchange serves {stack.url} (started in {time.monotonic() - began:.1f} s).")
        _say(_network(stack))
        if stack.ports != ports.FIXED:
            _say("Some ports were taken, so others are used; `chalice local` alone will not find this one.")
        _say(f"DynamoDB {stack.dynamodb}, SQS {stack.sqs}, state and logs in {_shown(stack.state.root)}")
        code = 0
        if given.command:
            code = _run(given.command, stack.url, stack.process_environment(), interrupted)
        if given.action == "up" and not interrupted.is_set():
            _say(f"The exchange keeps serving {stack.url} until Ctrl-C.")
            _wait(stack, interrupted)
        if stack.gave_up.is_set():
            _say(stack.failure)
            code = code or FAILED
    _say("The exchange has stopped; it keeps its state.")
    return code


def _network(stack: Stack) -> str:
    if stack.has_keeta:
        return f"Keeta network with {len(stack.keeta)} representatives at {stack.keeta[0]}"
    return "No Keeta network: its npm packages are not installed (infra/local/install.sh says why)."


def _wait(stack: Stack, interrupted: threading.Event) -> None:
    while not interrupted.wait(0.2) and not stack.gave_up.is_set():
        pass


def _attach(state: State, command: list[str], interrupted: threading.Event) -> int:
    described = _wait_for_description(state)
    if described is None:
        _say("An exchange is starting or stopping on this state; try again in a moment.")
        return FAILED
    url = described["url"]
    _say(f"The exchange serves {url} already (process {described['supervisor']}).")
    if not command:
        return FAILED
    whole = environment.process_environment(described["environment"], ROOT)
    return _run(command, url, whole, interrupted)


def _wait_for_description(state: State) -> dict[str, Any] | None:
    until = time.monotonic() + ATTACH_SECONDS
    while time.monotonic() < until:
        described = state.described()
        if described is not None and "pump" in described["pids"]:
            return described
        time.sleep(0.2)
    return None


def _run(command: list[str], url: str, whole: dict[str, str], interrupted: threading.Event) -> int:
    filled = [word.replace("{url}", url) for word in command]
    with subprocess.Popen(filled, env=whole) as process:
        while process.poll() is None:
            if interrupted.wait(0.05):
                process.terminate()
    code = process.returncode
    return code if code >= 0 else 128 - code


def _forget(state: State) -> int:
    if not state.root.exists():
        return 0
    if not state.hold():
        _say("An exchange runs on this state; stop it first (Ctrl-C).")
        return FAILED
    state.forget()
    state.release()
    return 0


def _arguments() -> argparse.Namespace:
    words = sys.argv[1:]
    command = words[words.index("--") + 1 :] if "--" in words else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("action", choices=["up", "run", "forget"])
    parser.add_argument("--project", type=Path, default=ROOT, help="where app.py is")
    given = parser.parse_args(words[: words.index("--")] if "--" in words else words)
    given.command = command
    if given.action == "run" and not command:
        parser.error("run needs a COMMAND after --")
    return given


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
