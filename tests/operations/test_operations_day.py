"""Does the exchange come through a bad day, with nothing in an operator's hands but `cex-ops`?

The whole exchange runs as it does on a developer's machine, and is looked at from outside. To read the
story: `make day`.
"""

import os
import time
from collections.abc import Iterator
from decimal import localcontext
from pathlib import Path

import pytest

from infra.local import parts
from infra.local.ports import any_free
from infra.local.state import State
from infra.local.supervisor import Stack
from infra.traders.api import Api
from infra.traders.story import equal
from infra.traders.terminal import Terminal
from infra.watch.lines import seen_metrics
from tests.cloud.test_dashboards import custom
from tests.operations.day import Day
from tests.traders.conftest import paying

DIGITS = 60
# Where the lines of the day's processes are to be kept, if not only for this test.
KEPT = "CEX_DAY_LINES"

pytestmark = pytest.mark.skipif(
    not (parts.has_keeta() and parts.has_dynoxide()),
    reason="no Keeta network here, or no database of its own",
)


class Machine:
    """The exchange, which can be killed and started again, with what it keeps and where it listens."""

    def __init__(self, directory: Path) -> None:
        self._state = State(directory)
        self._ports = any_free()
        self.stack = self._started()

    def restart(self) -> Stack:
        self.stack.kill_all()
        self.stop()
        self.stack = self._started()
        return self.stack

    def stop(self) -> None:
        self.stack.__exit__(None, None, None)

    def _started(self) -> Stack:
        return Stack(State(self._state.root), lambda: self._ports).__enter__()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    # Votes are free here, but as in production they might cost something: so what pays is measured.
    monkeypatch.setenv("CEX_VOTE_FEE_MAX", "1000")
    made = Machine(tmp_path / "state")
    try:
        yield made
    finally:
        made.stop()


def test_an_operations_day(machine: Machine, tmp_path: Path) -> None:
    began = time.monotonic()
    terminal = Terminal()
    with paying(machine.stack), localcontext(prec=DIGITS), Api(machine.stack.url) as api:
        day = Day(machine.stack, api, terminal)
        day.live(machine.restart)
    kept = Path(os.environ.get(KEPT) or tmp_path / "lines.jsonl")
    lines = day.lines.save(kept)
    emitted = {
        (name, frozenset(key for key, _ in dimensions))
        for name, found in seen_metrics(kept.read_text().splitlines()).items()
        for dimensions in found
    }
    equal("shown or watched, and not emitted on this day", custom() - emitted, set())
    equal("emitted on this day, and neither shown nor watched", emitted - custom(), set())
    terminal.good(f"{len(emitted)} metrics, each on a dashboard or behind an alarm")
    terminal.title(f"The day went as it must: {time.monotonic() - began:.0f} s, {lines} lines of log.")
