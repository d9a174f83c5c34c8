"""How much faster is our engine than others in pure Python that a user could install?

    python -m bench.rivals [NAME...] [--commands N] [--rounds N] [--seed N]

All engines get the same seeded commands, each in a process of its own, one after the
other, round by round. A ratio compares two runs of one round, so that a machine that gets
busier in between does not decide it; shown is the median. The fills must agree: who with
whom, price and quantity. Rivals are installed into `.bench/` when first asked for.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench import report
from bench.ours import Ours
from bench.rivals import RIVALS, Fill
from bench.rivals.install import installed
from bench.rivals.race import Heat
from bench.workloads import WORKLOADS, Workload, stream

ROOT = Path(__file__).parents[2]
OURS = "ours"
# The slowest of the usual ones needs half a minute for the deep book.
TIMEOUT_S = 120
HEADS = ("workload", "engine", "commands/s", "ours", "ours / its", "fills")


class Lap(NamedTuple):
    """One run of one engine: commands per second, and how its fills compare."""

    rate: float
    fills: str


class Row(NamedTuple):
    """Medians of one engine in one workload; `ratio` is ours to its speed, 0 if it did not get through."""

    workload: str
    engine: str
    rate: float
    ours: float
    ratio: float
    fills: str

    def cells(self) -> list[str]:
        ratio = f"{self.ratio:.2f}" if self.ratio else "-"
        return [self.workload, self.engine, f"{self.rate:,.0f}", f"{self.ours:,.0f}", ratio, self.fills]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(RIVALS))
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if unknown := set(options.names) - set(RIVALS):
        parser.error(f"no such rival: {', '.join(sorted(unknown))}")
    print(__doc__.split("\n\n")[0] + "\n")
    places = found(options.names or [name for name, rival in RIVALS.items() if not rival.slow])
    rows = [row for workload in WORKLOADS for row in race(workload, places, options)]
    report.table(HEADS, [row.cells() for row in rows])
    if not options.names:
        report.keep("rivals", [row._asdict() for row in rows])


def found(names: Iterable[str]) -> dict[str, Path]:
    """Where each rival lies; says which ones can not be had."""
    places = {}
    for name in names:
        try:
            places[name] = installed(name, RIVALS[name].requirements)
        except (RuntimeError, OSError, subprocess.SubprocessError) as fault:
            print(f"{name} can not be installed here and is left out: {fault}")
    return places


def race(workload: Workload, places: dict[str, Path], options: argparse.Namespace) -> list[Row]:
    """One row for each rival."""
    laps: dict[str, list[Lap]] = {name: [] for name in (OURS, *places)}
    with tempfile.TemporaryDirectory() as directory:
        heat = Path(directory) / "heat"
        heat.write_bytes(pickle.dumps(heat_of(workload, options)))
        for _ in range(options.rounds):
            for name, done in laps.items():
                if not done or done[-1].rate:
                    done.append(lap(name, heat, places.get(name)))
    return [row(workload.name, name, laps[name], laps[OURS]) for name in places]


def heat_of(workload: Workload, options: argparse.Namespace) -> Heat:
    before, commands = stream(workload, options.seed, options.commands)
    engine = Ours()
    engine.run(before)
    engine.forget()
    engine.run(commands)
    return Heat(before, commands, [Fill(*fill) for fill in engine.fills()])


def lap(name: str, heat: Path, place: Path | None) -> Lap:
    """One run in a process of its own."""
    path = os.pathsep.join(map(str, filter(None, (place, ROOT))))
    command = [sys.executable, "-m", "bench.rivals.race", name, str(heat)]
    environment = {**os.environ, "PYTHONPATH": path}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=TIMEOUT_S, env=environment
        )
    except subprocess.TimeoutExpired:
        return Lap(0, f"not through in {TIMEOUT_S} s")
    except subprocess.CalledProcessError as fault:
        return Lap(0, f"crashed: {fault.stderr.strip().splitlines()[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Lap(answer["rate"], answer["fills"])


def row(workload: str, name: str, laps: list[Lap], ours: list[Lap]) -> Row:
    ratios = [our.rate / its.rate for our, its in zip(ours, laps, strict=False) if its.rate]
    rate, our_rate = (median(lap.rate for lap in each) for each in (laps, ours))
    return Row(workload, name, rate, our_rate, median(ratios) if ratios else 0, laps[-1].fills)


if __name__ == "__main__":
    main()
