"""What happens on this machine's exchange right now? `make watch`, while `make run` runs.

python -m infra.watch [DASHBOARD]           a view that follows; Ctrl-C ends it
python -m infra.watch --once                one look
python -m infra.watch --pictures DIRECTORY  all dashboards as images, of all that the logs hold
"""

import argparse
import sys
import time
from pathlib import Path

from infra.local.state import State, default_state
from infra.watch import picture, screen
from infra.watch.charts import Dashboard
from infra.watch.lines import points
from infra.watch.local import followers, local_dashboards
from infra.watch.series import Series

REFRESH_SECONDS = 1.0
_HOME_AND_CLEAR = "\x1b[H\x1b[J"


def main(arguments: list[str] | None = None) -> int:
    state = default_state()
    known = {each.name: each for each in local_dashboards()}
    given = _parser(list(known)).parse_args(arguments)
    series = Series(1000 * given.seconds)
    if given.pictures:
        _read(state, series)
        return _draw(list(known.values()), series, given.pictures)
    return _follow(state, known[given.dashboard], series, once=given.once)


def _follow(state: State, dashboard: Dashboard, series: Series, *, once: bool) -> int:
    logs = followers(state)
    while True:
        for log in logs:
            series.add(points(log.lines()))
        shown = screen.page(dashboard, series, time.time_ns() // 1_000_000)
        sys.stdout.write(shown + "\n" if once else _HOME_AND_CLEAR + shown)
        sys.stdout.flush()
        if once:
            return 0
        time.sleep(REFRESH_SECONDS)


def _read(state: State, series: Series) -> None:
    for log in followers(state):
        series.add(points(log.lines()))


def _draw(dashboards: list[Dashboard], series: Series, directory: Path) -> int:
    if series.span is None:
        print("Nothing was measured yet: `make demo` first.", file=sys.stderr)
        return 1
    directory.mkdir(parents=True, exist_ok=True)
    for each in dashboards:
        file = directory / f"{each.name}.svg"
        file.write_text(picture.svg(each, series, f"{each.name}, of a demo day on one machine"))
        print(file)
    return 0


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.watch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dashboard", nargs="?", default="exchange", choices=names)
    parser.add_argument("--seconds", type=int, default=5, help="of one column (5)")
    parser.add_argument("--once", action="store_true", help="one look, for a script")
    parser.add_argument("--pictures", type=Path, metavar="DIRECTORY", help="draw images in place of that")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
