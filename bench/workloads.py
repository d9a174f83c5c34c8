"""Which seeded streams of commands do the engine benchmarks run?

The same lists go to our engine and to the rivals. Buyers and sellers are different users,
since no rival knows what a self-trade is; some cancels come too late, as they do in life.
"""

import random
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from bench.ours import Ours
from chalicelib.engine.order import Side


class Place(NamedTuple):
    """A limit order, good till canceled. Price and quantity are whole numbers."""

    id: str
    user: str
    side: Side
    price: int
    quantity: int


class Cancel(NamedTuple):
    id: str


Command: TypeAlias = Place | Cancel


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

BUYERS = [f"keeta_buyer{number:053d}" for number in range(100)]
SELLERS = [f"keeta_seller{number:052d}" for number in range(100)]


class Stream(NamedTuple):
    """`before` fills the book, `commands` are what is timed."""

    before: list[Command]
    commands: list[Command]


def stream(workload: Workload, seed: int, count: int) -> Stream:
    flow = _Flow(workload, seed)
    return Stream(flow.take(workload.resting, flow.passive), flow.take(count, flow.next))


class _Flow:
    """Looks at the book that it feeds, so that cancels find orders."""

    def __init__(self, workload: Workload, seed: int) -> None:
        self.workload = workload
        self.random = random.Random(seed)
        self.engine = Ours()
        self.middle = 100_000.0
        self.placed: list[str] = []
        self.count = 0

    def take(self, count: int, draw: Callable[[], Command]) -> list[Command]:
        commands = []
        for _ in range(count):
            commands.append(draw())
            self.engine.run(commands[-1:])
        return commands

    def next(self) -> Command:
        self.middle += self.random.uniform(-self.workload.move, self.workload.move)
        if self.random.randrange(100) < self.workload.marketable:
            return self.marketable()
        if self.workload.grows or self.engine.resting < self.workload.resting:
            return self.passive()
        return self.cancel()

    def passive(self) -> Place:
        side: Side = self.random.choice(("buy", "sell"))
        away = 1 + int(self.random.expovariate(1 / self.workload.spread))
        return self.place(side, int(self.middle) + (away if side == "sell" else -away))

    def marketable(self) -> Place:
        side: Side = self.random.choice(("buy", "sell"))
        reach = 2 * self.workload.spread
        return self.place(side, int(self.middle) + (reach if side == "buy" else -reach))

    def place(self, side: Side, price: int) -> Place:
        self.count += 1
        order_id = f"{self.count:026d}"
        user = self.random.choice(BUYERS if side == "buy" else SELLERS)
        self.placed.append(order_id)
        return Place(order_id, user, side, max(1, price), self.random.randint(1, 1_000))

    def cancel(self) -> Cancel:
        """Of an order that rests; every tenth time of any order, so that some come too late."""
        too_late = self.random.random() < 0.1
        while self.placed:
            order_id = self.take_out(len(self.placed) - 1 if self.workload.hasty else None)
            if too_late or self.engine.rests(order_id):
                return Cancel(order_id)
        return Cancel("nobody")

    def take_out(self, at: int | None) -> str:
        if at is None:
            at = self.random.randrange(len(self.placed))
        self.placed[at], self.placed[-1] = self.placed[-1], self.placed[at]
        return self.placed.pop()
