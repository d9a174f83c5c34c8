"""What does each thing that a trader does cost, and does it depend on the book's depth?

    python -m bench.costs [--deep N]

Counts are exact and the same each time: AWS calls, items written, bytes, and write units as
the store counts them by AWS's rules (sizes rounded up to 1 KB, doubled in a transaction, and
one more for each index). Processes are warm: what is read once a minute is not in them.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from bench import report
from bench.meter import Count
from bench.world import World, user, world
from chalicelib.ids import OrderId

USERS = [user(number) for number in range(40)]
SAMPLES = 20
DEPTHS = (10, 100, 1_000, 10_000, 100_000)
# The resting book lies far below and above the prices at which things are measured.
LOW, HIGH, MIDDLE = 6_000, 14_000, 10_000

Prepare = Callable[[World, int], None]
Work = Callable[[World, int], None]


class Cost(NamedTuple):
    """Of `samples` of one thing: of their intake, and of the matcher."""

    name: str
    intake: Count
    matcher: Count
    samples: int

    @property
    def write_units(self) -> float:
        """Of one."""
        return (self.intake.write_units + self.matcher.write_units) / self.samples

    @property
    def bytes_out(self) -> float:
        return (self.intake.bytes_out + self.matcher.bytes_out) / self.samples


class Case(NamedTuple):
    """`work` is measured, `prepare` comes before it; `batch` messages reach the matcher at once."""

    name: str
    work: Work
    prepare: Prepare | None = None
    batch: int = 1
    samples: int = SAMPLES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deep", type=int, default=DEPTHS[-1])
    options = parser.parse_args()
    print(__doc__.split("\n\n")[0])
    found: dict[int, list[Cost]] = {}
    for depth in (each for each in DEPTHS if each <= options.deep):
        with world() as house:
            found[depth] = measured(house, depth)
    depths = list(found)
    print(f"\n{depths[0]:,} resting orders; of one order")
    show(found[depths[0]])
    print("\nWrite units of one order, intake and matcher, by the number of resting orders\n")
    rows = list(zip(*found.values(), strict=True))
    report.table(
        ["", *(f"{depth:,}" for depth in depths)],
        ([row[0].name, *(f"{cost.write_units:.2f}" for cost in row)] for row in rows),
    )
    if depths == list(DEPTHS):
        report.keep("costs", {"depths": depths, "costs": [kept(row) for row in rows]})


def kept(row: Sequence[Cost]) -> dict[str, Any]:
    """One thing at all depths; what does not depend on the depth, as it was at the first."""
    first = row[0]
    return {
        "name": first.name,
        "write_units": [cost.write_units for cost in row],
        "market_units": (first.intake.market_units + first.matcher.market_units) / first.samples,
        "messages": first.intake.messages / first.samples,
    }


def measured(house: World, depth: int) -> list[Cost]:
    """All cases in a book of so many orders."""
    house.fund(USERS)
    house.deepen(depth, (LOW, HIGH))
    for owner in USERS:
        house.place(owner, "buy", MIDDLE - 1)
    clear(house)
    return [cost_of(house, case) for case in CASES]


def cost_of(house: World, case: Case) -> Cost:
    PLACED.clear()
    if case.prepare is not None:
        case.prepare(house, case.samples)
        house.match(batch=10)
    house.counts.take()
    case.work(house, case.samples)
    intake = house.counts.take()
    house.match(case.batch)
    matcher = house.counts.take()
    clear(house)
    return Cost(case.name, intake, matcher, case.samples)


def clear(house: World) -> None:
    """The middle of the book is empty again."""
    house.match(batch=10)
    for owner in USERS:
        house.cancel_all(owner)
    house.match(batch=10)
    house.counts.take()


# --- what is measured -----------------------------------------------------------------------

# What `prepare` placed for `work`, by owner.
PLACED: list[OrderId] = []


def rest(house: World, samples: int) -> None:
    PLACED.extend(house.place(owner, "buy", MIDDLE - 1) for owner in USERS[:samples])


def rest_together(house: World, samples: int) -> None:
    for start in range(0, samples, 20):
        house.place_many(USERS[start // 20], "buy", [MIDDLE - 1] * 20)


def sleep(house: World, samples: int) -> None:
    for owner in USERS[:samples]:
        house.place(owner, "sell", MIDDLE - 2, stop="loss", stop_price=MIDDLE - 1)


def cancel(house: World, samples: int) -> None:
    for owner, order_id in zip(USERS, PLACED[:samples], strict=False):
        house.cancel(owner, order_id)


def cancel_all(house: World, samples: int) -> None:
    for start in range(0, samples, 20):
        house.cancel_all(USERS[start // 20])


def reduce(house: World, samples: int) -> None:
    for owner, order_id in zip(USERS, PLACED[:samples], strict=False):
        house.reduce(owner, order_id, 900)


def replace(house: World, samples: int) -> None:
    for owner, order_id in zip(USERS, PLACED[:samples], strict=False):
        house.replace(owner, order_id, MIDDLE, 1_000)


def makers(house: World, samples: int) -> None:
    for number in range(samples):
        house.place(USERS[number % 20], "sell", MIDDLE)


def ten_makers_each(house: World, samples: int) -> None:
    makers(house, 10 * samples)


def fill_one(house: World, samples: int) -> None:
    for number in range(samples):
        house.place(USERS[20 + number], "buy", MIDDLE)


def fill_ten(house: World, samples: int) -> None:
    for number in range(samples):
        house.place(USERS[20 + number], "buy", MIDDLE, 10_000)


CASES = (
    Case("order that rests, alone", rest),
    Case("order that rests, ten at once", rest, batch=10),
    Case("order that rests, 20 in one request", rest_together),
    Case("stop order that sleeps, alone", sleep),
    Case("cancel, alone", cancel, rest),
    Case("cancel, ten at once", cancel, rest, batch=10),
    Case("cancel-all of 20 orders, of each", cancel_all, rest_together),
    Case("reduce, alone", reduce, rest),
    Case("reduce, ten at once", reduce, rest, batch=10),
    Case("replace with a dearer one, alone", replace, rest),
    Case("replace with a dearer one, ten at once", replace, rest, batch=10),
    Case("order that fills one maker, alone", fill_one, makers),
    Case("order that fills one maker, ten at once", fill_one, makers, batch=10),
    Case("order that fills ten makers", fill_ten, ten_makers_each, samples=2),
)


def show(costs: Iterable[Cost]) -> None:
    heads = ("", "reads", "writes", "items", "units", "reads", "writes", "items", "units", "both", "bytes")
    print("(four columns of intake, four of the matcher, then write units and request bytes of both)\n")
    rows = []
    for cost in costs:
        cells = [
            f"{each / cost.samples:.2f}"
            for count in (cost.intake, cost.matcher)
            for each in (count.reads, count.writes, count.items, count.write_units)
        ]
        rows.append([cost.name, *cells, f"{cost.write_units:.2f}", f"{cost.bytes_out:,.0f}"])
    report.table(heads, rows)


if __name__ == "__main__":
    main()
