"""How much CPU does a whole matcher step take, next to its own bare DynamoDB call?

    python -m bench.step [--steps N]

Both are measured in one run of the same steps: the CPU of this thread in the matcher's handler, from the
queue's messages to the lines that it writes, and the part of it that was spent inside boto3. Their
ratio is what the exchange adds.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench import report
from bench.world import World, user, world

USERS = [user(number) for number in range(40)]
WARM_UP = 20
HEADS = ("step", "step ms", "call ms", "ratio")


class TimedClient:
    """Passes every call on, and sums the CPU seconds that boto3 takes for it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.seconds = 0.0
        self.meta = client.meta

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def timed(**arguments: Any) -> Any:
            started = time.thread_time()
            try:
                return method(**arguments)
            finally:
                self.seconds += time.thread_time() - started

        return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    print(__doc__.split("\n\n")[0] + "\n")
    with world() as house:
        house.fund(USERS)
        client = TimedClient(house.client)
        house.store._client = client
        found = {name: times(house, client, prepare, options.steps) for name, prepare in STEPS.items()}
    report.table(
        HEADS,
        (
            [name, f"{step * 1e3:.2f}", f"{call * 1e3:.2f}", f"{ratio:.2f}"]
            for name, (step, call, ratio) in found.items()
        ),
    )
    report.keep("step", found)


def times(
    house: World, client: TimedClient, prepare: Callable[[World, int], None], steps: int
) -> tuple[float, float, float]:
    """Medians: CPU seconds of a step, of the call within it, and the ratio of the two."""
    runs = []
    for number in range(WARM_UP + steps):
        prepare(house, number)
        client.seconds, started = 0.0, time.thread_time()
        house.match(batch=10)
        runs.append((time.thread_time() - started, client.seconds))
        # Nobody may have more than so many open orders.
        if number % 20 == 19:
            clear(house)
    steady = runs[WARM_UP:]
    ratio = median(step / call for step, call in steady)
    return median(step for step, _ in steady), median(call for _, call in steady), ratio


def clear(house: World) -> None:
    for owner in USERS:
        house.cancel_all(owner)
    house.match(batch=10)


def rest(house: World, number: int) -> None:
    for each in range(10):
        house.place(USERS[each], "buy", 9_000 + number % 500)


def fill(house: World, number: int) -> None:
    for each in range(10):
        house.place(USERS[each], "sell", 12_000 + number % 500)
    house.match(batch=10)
    for each in range(10):
        house.place(USERS[20 + each], "buy", 12_000 + number % 500)


def rest_together(house: World, number: int) -> None:
    for owner in USERS[:10]:
        house.place_many(owner, "buy", [9_000 + number % 500] * 20)


def cancel(house: World, number: int) -> None:
    placed = [(owner, house.place(owner, "buy", 9_000 + number % 500)) for owner in USERS[:10]]
    house.match(batch=10)
    for owner, order_id in placed:
        house.cancel(owner, order_id)


STEPS = {
    "ten orders that rest": rest,
    "ten orders that fill ten makers": fill,
    "ten cancels": cancel,
    "ten requests of 20 orders that rest": rest_together,
}


if __name__ == "__main__":
    main()
