"""How is one part of the stack started, watched and ended?"""

import os
import signal
import subprocess
import time
from pathlib import Path

from infra.local import leash
from infra.local.parts import Part

# It ends as soon as the part answers; only a crowded machine needs so long.
START_SECONDS = 180.0
STOP_SECONDS = 8.0
POLL_SECONDS = 0.02
_LOG_LINES = 15
_LOG_BYTES_MAX = 20_000_000


class DidNotStart(Exception):
    """Carries the end of the part's log."""


class Leash:
    """The pipe whose end tells every child that this process is gone."""

    def __init__(self) -> None:
        self.child_end, self._own_end = os.pipe()

    def let_go(self) -> None:
        os.close(self.child_end)
        os.close(self._own_end)


class Child:
    def __init__(
        self, part: Part, log: Path, environment: dict[str, str], held: Leash, directory: Path
    ) -> None:
        self.part = part
        self._log = log
        self._environment = {**environment, leash.VARIABLE: str(held.child_end)}
        self._held = held
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self) -> None:
        if self.part.mark is not None:
            self.part.mark.unlink(missing_ok=True)
        with self._log.open("ab") as log:
            if log.tell() > _LOG_BYTES_MAX:
                log.truncate(0)
            self._process = subprocess.Popen(
                self.part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._directory,
                env=self._environment,
                pass_fds=[self._held.child_end],
                # Ctrl-C is for the supervisor; it ends the others in order.
                start_new_session=True,
            )

    def died(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Raises DidNotStart when it ends or takes too long."""
        until = time.monotonic() + seconds
        while not self.part.ready():
            if self.died() or time.monotonic() > until:
                raise DidNotStart(f"{self.part.name} did not start:\n{self._last_lines()}")
            time.sleep(POLL_SECONDS)
        if self.died():  # somebody else answers there
            raise DidNotStart(f"{self.part.name} did not start:\n{self._last_lines()}")

    def kill(self) -> None:
        """As `kill -9` does it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def ask_to_stop(self) -> None:
        if self._process is not None and not self.died():
            self._process.send_signal(signal.SIGTERM)

    def wait_until_stopped(self) -> None:
        if self._process is not None:
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait_until_stopped()

    def _last_lines(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES:]) + f"\n(the whole log is in {self._log})"
