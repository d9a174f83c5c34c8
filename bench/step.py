"""How much CPU does a whole matcher step take, next to its own bare DynamoDB call?

    python -m bench.step [--steps N]

Both are measured in one run of the same steps: the CPU of this thread in `Matcher.run`,
and the part of it that was spent inside boto3. Their ratio is what the exchange adds.
"""

import argparse
import time
from typing import Any

from bench.world import World, user, world

USERS = [user(number) for number in range(40)]
WARM_UP = 20


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
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    print(__doc__.split("\n\n")[0])
    print(f"\n{'':28}{'step ms':>10}{'call ms':>10}{'ratio':>8}")
    with world() as house:
        house.fund(USERS)
        client = TimedClient(house.client)
        house.store._client = client
        for name, prepare in (("ten orders that rest", rest), ("ten orders that fill", fill)):
            step_s, call_s = run(house, client, prepare, options.steps)
            print(f"{name:28}{step_s * 1e3:10.2f}{call_s * 1e3:10.2f}{step_s / call_s:8.2f}")


def run(house: World, client: TimedClient, prepare: Any, steps: int) -> tuple[float, float]:
    """CPU seconds per step, and per call within it."""
    step_s = call_s = 0.0
    for number in range(-WARM_UP, steps):
        prepare(house, number + WARM_UP)
        client.seconds, started = 0.0, time.thread_time()
        house.match(batch=10)
        if number >= 0:
            step_s += time.thread_time() - started
            call_s += client.seconds
    return step_s / steps, call_s / steps


def rest(house: World, number: int) -> None:
    for each in range(10):
        house.place(USERS[each], "buy", 1_000 + number % 500)


def fill(house: World, number: int) -> None:
    for each in range(10):
        house.place(USERS[each], "sell", 20_000 + number)
    house.match(batch=10)
    for each in range(10):
        house.place(USERS[20 + each], "buy", 20_000 + number)


if __name__ == "__main__":
    main()
