"""How long does a process need that knows nothing of a market, until it holds its book?

    python -m bench.cold [--orders N...] [--rounds N]

The first load of a matcher or an API process: the newest snapshot and the journal after it.
"fresh": the snapshot stands at the journal's end. "longest tail": as many entries after it
as there can be before the next snapshot is due, each with ten orders. CPU is the time of
this process, the client library included; the store runs in another. Reads and bytes are exact.
"""

import argparse
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from bench import report
from bench.world import World, world
from chalicelib.flows.book.replica import load
from chalicelib.flows.upkeep import fold

HEADS = ("orders", "journal tail", "CPU s", "reads", "read units", "MB read", "snapshot, write units")
PRICES = (6_000, 14_000)
ORDERS_PER_ENTRY = 10


class Load(NamedTuple):
    """Of one book. `fold_units`: write units of the snapshot that it was read from, if nothing came after."""

    orders: int
    tail: int
    seconds: float
    reads: int
    read_units: float
    bytes_in: int
    fold_units: float

    def cells(self) -> list[str]:
        megabytes = f"{self.bytes_in / 1e6:.1f}"
        return [
            *(f"{self.orders:,}", f"{self.tail:,}", f"{self.seconds:.2f}", f"{self.reads:,}"),
            *(f"{self.read_units:,.0f}", megabytes, f"{self.fold_units:,.0f}" if self.fold_units else "-"),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, nargs="*", default=[1_000, 10_000, 50_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(__doc__.split("\n\n")[0] + "\n")
    loads = [found for orders in options.orders for found in loaded(orders, options.rounds)]
    report.table(HEADS, (each.cells() for each in loads))
    report.keep("cold", [each._asdict() for each in loads])


def loaded(orders: int, rounds: int) -> Iterator[Load]:
    """With the longest tail, and with a fresh snapshot."""
    tail = max(fold.TAIL_MIN, orders // fold.ORDERS_PER_ENTRY) - 1
    with world() as house:
        after = min(tail * ORDERS_PER_ENTRY, orders)
        house.deepen(orders - after, PRICES)
        fold_units(house)
        house.deepen(after, PRICES, per_entry=ORDERS_PER_ENTRY)
        yield measured(house, rounds, after // ORDERS_PER_ENTRY)
        yield measured(house, rounds, 0, fold_units(house))


def fold_units(house: World) -> float:
    """Write units of a snapshot now."""
    house.counts.take()
    house.folder.run(house.market, always=True)
    return house.counts.take().write_units


def measured(house: World, rounds: int, tail: int, fold_units: float = 0) -> Load:
    house.counts.take()
    times = [timed(house) for _ in range(rounds)]
    count = house.counts.take()
    seconds, orders = median(seconds for seconds, _ in times), times[0][1]
    reads, units, bytes_in = (each / rounds for each in (count.reads, count.read_units, count.bytes_in))
    return Load(orders, tail, seconds, round(reads), units, round(bytes_in), fold_units)


def timed(house: World) -> tuple[float, int]:
    """CPU seconds, and how many orders were loaded."""
    start = time.process_time()
    replica = load(house.market, house.journal, house.timer.now_ms())
    return time.process_time() - start, len(replica.book.orders)


if __name__ == "__main__":
    main()
