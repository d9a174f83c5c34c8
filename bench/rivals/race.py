"""How long does one engine take for one workload, and are its fills the expected ones?

    PYTHONPATH=where the rival is python -m bench.rivals.race NAME FILE

Runs in a process of its own, so that no engine sees the garbage of another. FILE is a
pickled Heat; the answer is one line of JSON.
"""

import importlib
import json
import os
import pickle
import sys
import time
import traceback
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from bench.ours import Ours
from bench.rivals import Engine, Fill
from bench.workloads import Command
from chalicelib.adapters.system import calm_the_collector


class Heat(NamedTuple):
    """`before` fills the book untimed; the fills of `commands` should be `fills`."""

    before: list[Command]
    commands: list[Command]
    fills: list[Fill]


def main(name: str, file: str) -> None:
    heat: Heat = pickle.loads(Path(file).read_bytes())
    engine: Engine = Ours() if name == "ours" else importlib.import_module(f"bench.rivals.{name}").Engine()
    engine.run(heat.before)
    engine.forget()
    # As the exchange runs, and the same for all. The prepared commands are the bench's own anyway.
    calm_the_collector()
    start = time.process_time()
    engine.run(heat.commands)
    rate = len(heat.commands) / (time.process_time() - start)
    print(json.dumps({"rate": rate, "fills": compared(engine.fills(), heat.fills)}))


def compared(found: list[tuple[str, str, int, int]], expected: list[Fill]) -> str:
    """What there is to say of the fills."""
    fills, same = [Fill(*fill) for fill in found], "the same"
    if any(not fill.maker for fill in fills):
        fills, expected, same = without_makers(fills), without_makers(expected), "the same, makers not told"
    pairs = enumerate(zip(fills, expected, strict=False))
    first = next((i for i, (one, other) in pairs if one != other), min(len(fills), len(expected)))
    if first == len(fills) == len(expected):
        return same
    return f"differ from fill {first + 1:,} on: {len(fills):,}, ours {len(expected):,}"


def without_makers(fills: list[Fill]) -> list[Fill]:
    """One line for each taker and price, as engines tell it that do not name the makers."""
    return [
        Fill(taker, "", price, sum(fill.quantity for fill in some))
        for (taker, price), some in groupby(fills, key=lambda fill: (fill.taker, fill.price))
    ]


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception:
        traceback.print_exc()
        # Some rival has a thread that would keep this process alive.
        os._exit(1)
