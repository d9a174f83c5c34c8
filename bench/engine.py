"""How many commands a second does the engine decide and apply, with all its events?

    python -m bench.engine [--commands N] [--rounds N] [--seed N]

Nothing but the engine is timed: no store, no queue, no ledger. The command lists are
seeded and made beforehand. Seconds are seconds of this process on a CPU; each row is the
median of its rounds. "with undo" is the same run with a mark before every ten commands,
as the matcher sets one before every batch.
"""

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

from chalicelib.engine.book import Book
from chalicelib.engine.order import LimitOrder, Side
from chalicelib.ids import OrderId, UserId

FILLS_MAX = 20
BATCH = 10
USERS = [UserId(f"keeta_{number:058d}") for number in range(200)]


class Workload(NamedTuple):
    """`marketable` of 100 commands cross the book; the others are passive orders and cancels.

    resting: orders in the book before the clock starts; kept there by cancels, unless the book
    grows. spread: ticks between the middle and a passive order, on average. move: ticks that
    the middle may move per command. hasty: cancels follow right after the order.
    """

    name: str
    marketable: int
    resting: int
    spread: int = 30
    move: float = 0.1
    grows: bool = False
    hasty: bool = False


WORKLOADS = [
    Workload("normal mix", 10, 1_000),
    Workload("passive", 5, 1_000, grows=True),
    Workload("cancel-heavy", 1, 1_000, hasty=True),
    Workload("marketable", 50, 1_000),
    Workload("deep book", 10, 60_000, spread=1_000, move=0.0),
    Workload("fast price", 10, 1_000, spread=100, move=10.0),
]

Command = LimitOrder | OrderId


class Flow:
    """A seeded stream of commands that looks at the book it feeds, so that cancels find orders."""

    def __init__(self, workload: Workload, seed: int) -> None:
        self.workload = workload
        self.random = random.Random(seed)
        self.book = Book()
        self.middle = 100_000.0
        self.placed: list[OrderId] = []
        self.count = 0

    def passive(self) -> LimitOrder:
        side: Side = self.random.choice(("buy", "sell"))
        away = 1 + int(self.random.expovariate(1 / self.workload.spread))
        return self.order(side, int(self.middle) + (away if side == "sell" else -away))

    def marketable(self) -> LimitOrder:
        side: Side = self.random.choice(("buy", "sell"))
        reach = 2 * self.workload.spread
        return self.order(side, int(self.middle) + (reach if side == "buy" else -reach))

    def order(self, side: Side, price: int) -> LimitOrder:
        self.count += 1
        order_id = OrderId(f"{self.count:026d}")
        quantity = self.random.randint(1, 1_000)
        self.placed.append(order_id)
        return LimitOrder(order_id, self.random.choice(USERS), side, max(1, price), quantity, quantity, "gtc")

    def cancel(self) -> OrderId:
        """Of an order that rests; every tenth time of any order, so that some come too late."""
        too_late = self.random.random() < 0.1
        while self.placed:
            order_id = self.take_out(len(self.placed) - 1 if self.workload.hasty else None)
            if too_late or order_id in self.book.orders:
                return order_id
        return OrderId("nobody")

    def take_out(self, at: int | None) -> OrderId:
        if at is None:
            at = self.random.randrange(len(self.placed))
        self.placed[at], self.placed[-1] = self.placed[-1], self.placed[at]
        return self.placed.pop()

    def next(self) -> Command:
        self.middle += self.random.uniform(-self.workload.move, self.workload.move)
        if self.random.randrange(100) < self.workload.marketable:
            return self.marketable()
        if self.workload.grows or len(self.book.orders) < self.workload.resting:
            return self.passive()
        return self.cancel()

    def take(self, count: int, draw: Callable[[], Command]) -> list[Command]:
        commands = []
        for _ in range(count):
            commands.append(draw())
            run(self.book, commands[-1:])
        return commands


def run(book: Book, commands: list[Command]) -> int:
    """Decides and applies every command; the number of events."""
    first = book.next_seq
    for command in commands:
        if isinstance(command, str):
            canceled = book.cancel(command, "requested")
            if canceled is not None:
                book.apply(canceled)
        else:
            for event in book.decide(command, FILLS_MAX):
                book.apply(event)
            while book.unfinished is not None:
                for event in book.decide(book.unfinished, FILLS_MAX):
                    book.apply(event)
    return book.next_seq - first


def run_marked(book: Book, commands: list[Command]) -> int:
    events = 0
    for start in range(0, len(commands), BATCH):
        book.mark()
        events += run(book, commands[start : start + BATCH])
    return events


def timed(
    before: list[Command], commands: list[Command], runner: Callable[[Book, list[Command]], int]
) -> float:
    """CPU seconds for `commands` in a book that has had `before`."""
    book = Book()
    run(book, before)
    # The prepared commands are the bench's own; the collector need not look at them.
    gc.collect()
    gc.freeze()
    start = time.process_time()
    runner(book, commands)
    seconds = time.process_time() - start
    gc.unfreeze()
    return seconds


def row(workload: Workload, seed: int, count: int, rounds: int) -> str:
    flow = Flow(workload, seed)
    before = flow.take(workload.resting, flow.passive)
    seq, trades = flow.book.next_seq, flow.book.next_trade_id
    commands = flow.take(count, flow.next)
    events, fills = flow.book.next_seq - seq, flow.book.next_trade_id - trades
    cancels = sum(isinstance(command, str) for command in commands)
    plain = statistics.median(timed(before, commands, run) for _ in range(rounds))
    undo = statistics.median(timed(before, commands, run_marked) for _ in range(rounds))
    return (
        f"{workload.name:<13}{count - cancels:>9,}{cancels:>9,}{fills:>9,}{events:>9,}"
        f"{len(flow.book.orders):>9,}{count / plain:>12,.0f}{events / plain:>12,.0f}{count / undo:>12,.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    heads = ("orders", "cancels", "fills", "events", "resting", "commands/s", "events/s", "with undo")
    print(f"{'workload':<13}" + "".join(f"{head:>{9 if i < 5 else 12}}" for i, head in enumerate(heads)))
    for workload in WORKLOADS:
        print(row(workload, wanted.seed, wanted.commands, wanted.rounds), flush=True)


if __name__ == "__main__":
    main()
