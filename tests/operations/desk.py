"""How does an operator work on the day? By the command line alone, each command a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.traders.story import Unexpected
from infra.traders.terminal import Terminal

OPERATOR = "olga"
SECONDS_MAX = 600
# Whatever else this machine does meanwhile.
PATIENCE_SECONDS = 240.0
PAUSE_SECONDS = 0.1


class Desk:
    """`environment` is the exchange's; `log` keeps what commands answer and note."""

    def __init__(self, environment: dict[str, str], log: Path, terminal: Terminal) -> None:
        self._environment = environment
        self._log = log
        self._terminal = terminal

    def ask(self, *words: str, code: int = 0) -> Any:
        """The answer for programs. Raises Unexpected for another exit code."""
        found, answer = self.asked(*words)
        if found != code:
            raise Unexpected(f"cex-ops {' '.join(words)}: exit code {found}, not {code}: {answer}")
        return answer

    def asked(self, *words: str) -> tuple[int, Any]:
        command = [sys.executable, "-m", "infra.ops", *words, "--json"]
        ran = subprocess.run(
            command,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        with self._log.open("a") as log:
            log.write(ran.stdout + ran.stderr)
        try:
            return ran.returncode, json.loads(ran.stdout)
        except ValueError:
            return ran.returncode, (ran.stdout + ran.stderr)[-1_000:]

    def act(self, reason: str, *words: str, code: int = 0) -> Any:
        """Something that changes the exchange."""
        return self.ask(*words, "--by", OPERATOR, "--reason", reason, code=code)

    def act_until_done(self, reason: str, *words: str) -> Any:
        """What may have to wait for something in flight."""
        whole = (*words, "--by", OPERATOR, "--reason", reason)
        answer: Any = None

        def is_done() -> bool:
            nonlocal answer
            code, answer = self.asked(*whole)
            if code == 2:
                raise Unexpected(f"cex-ops {' '.join(words)}: {answer}")
            return code == 0

        eventually(f"cex-ops {' '.join(words)} is done", is_done)
        return answer

    def tell(self, what: str, outcome: str = "") -> None:
        self._terminal.done("Olga", what, outcome)


def eventually(what: str, is_so: Callable[[], Any]) -> Any:
    """The first true answer. Raises Unexpected when there is no hope left."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := is_so()):
        if time.monotonic() > until:
            raise Unexpected(f"it never came true: {what}")
        time.sleep(PAUSE_SECONDS)
    return found
