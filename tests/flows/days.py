"""What may happen on a day at the exchange? Everything that users, the queue, the store and
the machines can do, in any order; and how does the day come to rest?
"""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from chalicelib.engine.events import Mode
from chalicelib.engine.order import Side, TimeInForce
from chalicelib.errors import CexError
from chalicelib.flows import schema
from chalicelib.flows.records.commands import SetMode
from chalicelib.flows.records.orders import FINAL
from chalicelib.flows.upkeep.sweep import GRACE_MINUTES
from chalicelib.ids import CommandId, OrderId, UserId
from chalicelib.market import Market

from .faults import Crash, is_promise, is_step, nth
from .queue import Record
from .world import KTA, USDX, House, World

USERS = (UserId("ann"), UserId("ben"), UserId("cid"))
MARKETS = (KTA, USDX)
# Enough for some orders, so that now and then there is not enough.
PURSE = {"KTA": 20 * 10**18, "USDX": 20 * 10**6, "USDT": 30 * 10**6}
PRICE = 10_000
SLOW_CLOCK_MS = -2_000
ROUNDS_MAX = 10

Action = tuple[str, tuple[Any, ...]]


class Day:
    """Two processes serve it, one with a slow clock. `seen` counts what happened."""

    def __init__(self, seen: Counter[str]) -> None:
        self.world = World()
        self.seen = seen
        self.houses = [self.world.house, self.world.new_process(SLOW_CLOCK_MS)]
        self.accepted: list[OrderId] = []
        self.named: list[tuple[Any, ...]] = []
        self.handed_over: list[tuple[Market, list[Record]]] = []
        self.world.fund(*USERS, **PURSE)
        for market in MARKETS:
            self.world.sweep(market)  # as its schedule has done every minute

    def do(self, action: Action) -> None:
        name, arguments = action
        try:
            getattr(self, name)(*arguments)
        except Crash:
            self.seen["a process died"] += 1
            self.restart(0)
            self.restart(1)

    # --- users --------------------------------------------------------------------------------

    def place(
        self, user: str, side: Side, price: int, lots: int, tif: TimeInForce, market: int, client_id: str
    ) -> None:
        """An `own` client id is new, the `shared` one is every user's only one."""
        if client_id == "own":
            client_id = f"own-{len(self.named)}"
        try:
            state = self.world.placed(
                user, side, lots * 100, PRICE + price, tif, client_id, MARKETS[market], wait_ms=0
            )
        except CexError as refusal:
            self.seen[f"intake: {refusal.code}"] += 1
            return
        self.seen["intake: the same request again"] += state.record.id in self.accepted
        self.accepted.append(state.record.id)
        if client_id:
            self.named.append((user, side, price, lots, tif, market, client_id))

    def place_again(self, back: int) -> None:
        """The same request, word by word."""
        if self.named:
            self.place(*self.named[-1 - back % len(self.named)])

    def cancel(self, back: int) -> None:
        if not self.accepted:
            return
        record = self.world.record(self.accepted[-1 - back % len(self.accepted)])
        try:
            self.world.cancel(record.user, record.id)
        except CexError as refusal:
            self.seen[f"cancel: {refusal.code}"] += 1

    # --- the queue ----------------------------------------------------------------------------

    def deliver(self, market: int, most: int, house: int) -> None:
        records = self.world.queue.receive(MARKETS[market].id, most)
        if records:
            self._hand_over(MARKETS[market], records, self.houses[house])

    def race(self, market: int, most: int) -> None:
        """A third matcher gets the same batch, and commits just before the first one does."""
        records = self.world.queue.receive(MARKETS[market].id, most)
        if records:
            other = self.world.new_process()
            self.world.store.faults.before(
                lambda: self.world.hand_over(records, MARKETS[market], other), is_step
            )
            self._hand_over(MARKETS[market], records, self.houses[0])
            self.seen["two matchers at once"] += 1

    def deliver_again(self, back: int, house: int) -> None:
        if self.handed_over:
            market, records = self.handed_over[-1 - back % len(self.handed_over)]
            self.world.hand_over(records, market, self.houses[house])
            self.seen["delivered again"] += 1

    def _hand_over(self, market: Market, records: list[Record], house: House) -> None:
        self.handed_over.append((market, records))
        failed = self.world.hand_over(records, market, house)
        self.world.queue.delete(market.id, [each for each in records if each["messageId"] not in failed])
        self.seen["part of a batch failed" if 0 < len(failed) < len(records) else "a batch"] += 1

    def lose_message(self, landed: bool) -> None:
        self.world.queue.lose(landed=landed)
        self.seen["a message unknown to have arrived" if landed else "a message lost"] += 1

    # --- the store and the machines -----------------------------------------------------------

    def fail_step(self, landed: bool, number: int) -> None:
        """Not the next step perhaps, but one of the steps that follow."""
        self.world.store.faults.fail(when=nth(number, is_step), landed=landed)
        self.seen["a step's answer lost" if landed else "a step failed"] += 1

    def fail_promise(self, landed: bool) -> None:
        self.world.store.faults.fail(when=is_promise, landed=landed)

    def crash(self, landed: bool) -> None:
        self.world.store.faults.crash(landed=landed)

    def contend(self, user: str, times: int) -> None:
        self.world.store.faults.contend(schema.wallet(user), times=times)
        self.seen["contention"] += 1

    def restart(self, house: int) -> None:
        self.houses[house] = self.world.new_process(SLOW_CLOCK_MS if house else 0)
        self.world.house = self.houses[0]
        self.seen["a process started"] += 1

    def pass_time(self, ms: int) -> None:
        self.world.timer.advance(ms)

    def sweep(self, market: int) -> None:
        try:
            self.seen["swept to its end"] += self.world.sweep(MARKETS[market]).expired
        except CexError:
            self.seen["a schedule failed"] += 1

    def fold(self, market: int) -> None:
        try:
            self.seen["a snapshot"] += self.world.fold(MARKETS[market])
        except CexError:
            self.seen["a schedule failed"] += 1

    # --- operators ----------------------------------------------------------------------------

    def switch(self, market: int, mode: Mode) -> None:
        command = SetMode(CommandId(f"switch-{self.world.ids.uuid()}"), mode, "a test", self._soon())
        self.world.queue.faults.clear()
        self.world.queue.send(MARKETS[market], [command])

    def _soon(self) -> int:
        return self.world.timer.now_ms() + 60_000

    # --- the evening --------------------------------------------------------------------------

    def settle(self) -> None:
        """Nothing fails any more, and everything that was begun comes to its end."""
        self.world.store.faults.clear()
        self.world.queue.faults.clear()
        self.world.settle(*MARKETS)
        for market in range(len(MARKETS)):
            self.switch(market, "open")
        for _ in range(ROUNDS_MAX):
            self.world.settle(*MARKETS)
            self.world.timer.advance((GRACE_MINUTES + 1) * 60_000)
            if sum(self.world.sweep(market).expired for market in MARKETS) == 0:
                return
        raise AssertionError("the day does not come to rest")

    def open_statuses(self) -> dict[str, str]:
        """Of orders that have not reached an end."""
        return {
            record.id: self.world.status(record.id)
            for record in self.world.records()
            if record.status not in FINAL
        }


# Each kind of action: how often it comes, and what each of its arguments may be.
_LANDED = (False, True)
_MARKET = (0, 0, 1)
_HOUSE = (0, 0, 1)
_MOST = (1, 3, 10, 10)
_SIDES = ("buy", "sell")
_TIFS = ("gtc", "gtc", "gtc", "gtc", "ioc", "postonly")
_NAMES = ("", "", "own", "own", "own", "shared")
KINDS: dict[str, tuple[int, tuple[Sequence[Any], ...]]] = {
    "place": (60, (USERS, _SIDES, (-2, -1, 0, 0, 1, 2), (1, 2, 3, 5, 9), _TIFS, _MARKET, _NAMES)),
    "place_again": (3, (range(4),)),
    "cancel": (12, (range(8),)),
    "deliver": (25, (_MARKET, _MOST, _HOUSE)),
    "deliver_again": (3, (range(6), _HOUSE)),
    "race": (4, (_MARKET, _MOST)),
    "lose_message": (2, (_LANDED,)),
    "fail_step": (3, (_LANDED, (1, 1, 2, 3))),
    "fail_promise": (1, (_LANDED,)),
    "crash": (1, (_LANDED,)),
    "contend": (4, (USERS, (1, 3, 6, 9))),
    "restart": (2, (_HOUSE,)),
    "pass_time": (6, ((1_000,) * 4 + (3_000,) * 4 + (20_000, 17 * 60_000),)),
    "sweep": (2, (_MARKET,)),
    "fold": (2, (_MARKET,)),
    "switch": (3, (_MARKET, ("halted", "post_only", "cancel_only", *["open"] * 12))),
}


def _actions(name: str) -> st.SearchStrategy[Action]:
    return st.tuples(st.just(name), st.tuples(*map(st.sampled_from, KINDS[name][1])))


_weighted = [name for name, (weight, _) in KINDS.items() for _ in range(weight)]

# The length is drawn first: left to itself, Hypothesis keeps lists short.
days = st.integers(0, 70).flatmap(
    lambda n: st.lists(st.sampled_from(_weighted).flatmap(_actions), min_size=n, max_size=n)
)


def seeded_day(seed: int, count: int) -> list[Action]:
    """A longer day than Hypothesis makes, on which more happens."""
    rng = random.Random(seed)
    names = rng.choices(list(KINDS), [weight for weight, _ in KINDS.values()], k=count)
    return [(name, tuple(rng.choice(choices) for choices in KINDS[name][1])) for name in names]
