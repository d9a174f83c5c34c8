"""Which plots stand in `docs/plots`, and what do they show? Drawn from each benchmark's newest run.

python -m bench.plots
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from bench import report
from bench.svg import Bar, Line, bars, lines

HOME = Path(__file__).parents[1] / "docs" / "plots"

# What is shown of the costs: the others lie close to one of these.
LINES = {
    "order that rests, ten at once": "an order that rests",
    "cancel, ten at once": "a cancel",
    "replace with a dearer one, ten at once": "a replace",
    "order that fills one maker, ten at once": "an order that fills another",
}


def main() -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    for name, draw in PLOTS.items():
        found = report.kept(name)
        if found:
            file = HOME / f"{name}.svg"
            file.write_text(draw(found))
            print(f"docs/plots/{file.name}")


def rivals(rows: Sequence[dict[str, Any]]) -> str:
    groups = []
    for workload, some in groupby(rows, key=lambda row: row["workload"]):
        engines = list(some)
        ours = Bar("Keeta CEX", [(engines[0]["ours"], "main")], f"{engines[0]['ours']:,.0f}")
        groups.append((workload, [ours, *map(_rival, engines)]))
    note = "the same seeded commands for all; ours with all its events; medians; more is better"
    return bars("Commands per second, engines in pure Python", note, groups)


def _rival(row: dict[str, Any]) -> Bar:
    text = f"{row['rate']:,.0f}" if row["rate"] else row["fills"].partition(":")[0]
    return Bar(row["engine"], [(row["rate"], "other")], text)


def costs(found: dict[str, Any]) -> str:
    by_name = {cost["name"]: cost["write_units"] for cost in found["costs"]}
    depths = [f"{depth:,}" for depth in found["depths"]]
    series = [Line(label, by_name[name]) for name, label in LINES.items()]
    note = "by the number of orders that rest in the book; ten commands a batch; less is better"
    return lines("DynamoDB write units of one command, intake and matcher", note, depths, series)


def cold(loads: Sequence[dict[str, Any]]) -> str:
    rows = []
    for load in loads:
        after = f"{load['tail']:,} entries after it" if load["tail"] else "fresh snapshot"
        rows.append(
            Bar(
                f"{load['orders']:,} orders, {after}", [(load["seconds"], "main")], f"{load['seconds']:.2f} s"
            )
        )
    note = "CPU of a process that knew nothing; less is better"
    return bars("Loading a book: snapshot, and journal entries after it", note, [("", rows)])


def step(found: dict[str, Sequence[float]]) -> str:
    rows = [
        Bar(name, [(call, "other"), (whole - call, "main")], f"{whole * 1e3:.1f} ms, {ratio:.2f} x the call")
        for name, (whole, call, ratio) in found.items()
    ]
    return bars("CPU of a matcher step", "gray: its own DynamoDB call; blue: everything else", [("", rows)])


def ceilings(found: dict[str, Any]) -> str:
    groups = []
    for heading, walls in (("one market", found["market"]), ("one account", found["account"])):
        groups.append((heading, [_wall(*wall) for wall in walls]))
    return bars("Orders per second that a limit allows", "one order a request, ten a batch; resting", groups)


def _wall(name: str, rest: float, *_: float) -> Bar:
    return Bar(name, [(rest, "main")], f"{rest:,.0f}")


PLOTS: dict[str, Callable[[Any], str]] = {
    "rivals": rivals,
    "costs": costs,
    "cold": cold,
    "step": step,
    "ceilings": ceilings,
}


if __name__ == "__main__":
    main()
