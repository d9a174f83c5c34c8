"""What is there to watch on this machine, and what did its functions write?"""

from collections.abc import Iterator
from pathlib import Path

from chalicelib import listing
from chalicelib.flows import schema
from infra.local.state import State
from infra.watch.charts import ANY, Dashboard, Widget
from infra.watch.dashboards import Parts, dashboards

# Where the API's lines and those of matchers and schedules are: one process each.
PARTS = ("api", "pump")


class Follower:
    """New lines of a log, each time it is asked. A log that was begun anew is read from its start."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._at = 0

    def lines(self) -> Iterator[str]:
        if not self._file.exists():
            return
        with self._file.open(errors="replace") as log:
            log.seek(0, 2)
            self._at = 0 if log.tell() < self._at else self._at
            log.seek(self._at)
            while (line := log.readline()).endswith("\n"):
                self._at = log.tell()
                yield line


def followers(state: State) -> list[Follower]:
    return [Follower(state.log(part)) for part in PARTS]


def local_dashboards() -> list[Dashboard]:
    """The same as in the cloud, without what only AWS measures."""
    markets = list(listing.markets(local=True).values())
    functions = [(schema.matcher_name(market), schema.matcher_name(market)) for market in markets]
    parts = Parts("cex", markets, sorted(listing.tokens("dev")), [ANY], functions)
    return [Dashboard(each.name, tuple(_ours(each))) for each in dashboards(parts)]


def _ours(dashboard: Dashboard) -> Iterator[Widget]:
    for widget in dashboard.widgets:
        lines = tuple(line for line in widget.lines if line.is_ours)
        if lines:
            yield Widget(widget.title, lines)
