"""Which commands are tried? All kinds in every order, found by Hypothesis, and long seeded days."""

import random
from typing import NamedTuple

from hypothesis import strategies as st

from chalicelib.engine.events import RejectReason
from chalicelib.engine.order import Side

from .commands import ENOUGH, Cancel, Command, Place, Reduce, Refuse, Replace, SetTimer, Switch, Wait

# Few users and prices that lie close, so that orders meet: their own, others', and each other's levels.
USERS = ("ann", "ben", "cid", "dee")
REFUSALS: tuple[RejectReason, ...] = ("late", "unseen", "failed")

limits = st.builds(
    Place,
    user=st.sampled_from(USERS),
    side=st.sampled_from(("buy", "sell")),
    price=st.integers(1, 8),
    quantity=st.integers(1, 12),
    tif=st.sampled_from(("gtc", "gtc", "gtc", "gtt", "ioc", "fok", "postonly")),
    self_trade=st.sampled_from(("cn", "co", "cb", "dc")),
    lives_ms=st.sampled_from((0, 1_000, 2_000, 4_000, 9_000, 9_000)),
    budget=st.just(0),
    stop=st.none(),
    stop_price=st.just(0),
    fills_max=st.sampled_from((0, 1, 2, ENOUGH, ENOUGH)),
    avoid=st.sampled_from((None, None, None, *USERS)),
)
stops = st.tuples(limits, st.sampled_from(("loss", "entry")), st.integers(1, 8)).map(
    lambda drawn: drawn[0]._replace(stop=drawn[1], stop_price=drawn[2])
)
budgets = st.tuples(limits, st.sampled_from(("ioc", "ioc", "fok")), st.integers(1, 90)).map(
    lambda drawn: drawn[0]._replace(side="buy", tif=drawn[1], budget=drawn[2])
)
nths = st.integers(0, 20)
amounts = st.integers(1, 14)
amendments = st.one_of(
    st.builds(Cancel, nths, st.sampled_from(("requested", "requested", "cancel_all"))),
    st.builds(Reduce, nths, amounts),
    st.builds(Replace, nths, st.integers(1, 8), amounts, st.sampled_from((0, 0, 3, 20, 90))),
)
others = st.one_of(
    st.builds(Refuse, st.sampled_from(REFUSALS)),
    st.builds(
        Switch,
        st.sampled_from(("open", "open", "post_only", "cancel_only", "halted")),
        st.sampled_from((0, 0, 5)),
    ),
    st.builds(SetTimer, st.sampled_from(USERS), st.sampled_from((0, 1_000, 3_000))),
    st.builds(Wait, st.sampled_from((500, 1_000, 3_000))),
)
open_again = st.just(Switch("open"))
KINDS = (limits,) * 10 + (stops, stops, budgets) + (amendments,) * 5 + (others, open_again)
commands = st.sampled_from(range(len(KINDS))).flatmap(KINDS.__getitem__)

# The length is drawn first: left to itself a list is five commands long on average, in which little happens.
command_lists = st.integers(0, 60).flatmap(lambda n: st.lists(commands, min_size=n, max_size=n))


class Habits(NamedTuple):
    """How a seeded day looks: who trades, around which price, and how much at once."""

    users: tuple[str, ...]
    middle: int
    lean: int  # how far from the middle bids and asks lie on average
    spread: int
    quantity_max: int
    cancels: float
    others: float


NARROW = Habits(USERS, middle=5, lean=1, spread=2, quantity_max=12, cancels=0.08, others=0.1)
CROWD = tuple(f"user-{number}" for number in range(20))
WIDE = Habits(CROWD, middle=100, lean=3, spread=6, quantity_max=50, cancels=0.1, others=0.02)


def seeded_day(seed: int, count: int, habits: Habits = WIDE) -> list[Command]:
    """A longer list than Hypothesis makes, for books that grow deep."""
    drawer = Drawer(random.Random(seed), habits)
    return [drawer.command() for _ in range(count)]


class Drawer:
    def __init__(self, rng: random.Random, habits: Habits) -> None:
        self.rng = rng
        self.habits = habits

    def command(self) -> Command:
        chance = self.rng.random()
        if chance < self.habits.cancels:
            return Cancel(self.rng.randrange(1_000), self.rng.choice(("requested", "cancel_all")))
        if chance < self.habits.cancels + 0.1:
            return self.amendment()
        if chance < self.habits.cancels + 0.1 + self.habits.others:
            return self.other()
        return self.place()

    def price(self, side: Side) -> int:
        lean = -self.habits.lean if side == "buy" else self.habits.lean
        return max(1, self.habits.middle + round(self.rng.gauss(lean, self.habits.spread)))

    def amendment(self) -> Command:
        nth, quantity = self.rng.randrange(1_000), self.rng.randint(1, self.habits.quantity_max)
        price, side = self.habits.middle, self.rng.choice(("buy", "sell"))
        extra = self.rng.choice((0, quantity, price * quantity))
        return self.rng.choice((Reduce(nth, quantity), Replace(nth, self.price(side), quantity, extra)))

    def other(self) -> Command:
        mode = self.rng.choice(("post_only", "cancel_only", "halted"))
        timer = SetTimer(self.rng.choice(self.habits.users), self.rng.choice((0, 500, 3_000)))
        refuse = Refuse(self.rng.choice(REFUSALS))
        wait = Wait(self.rng.randint(1, 1_500))
        reopen = Switch("open", self.rng.choice((0, 0, self.habits.middle)))
        return self.rng.choice((Switch(mode), timer, refuse, wait, wait, *[reopen] * 6))

    def place(self) -> Place:
        side: Side = self.rng.choice(("buy", "sell"))
        place = Place(
            self.rng.choice(self.habits.users),
            side,
            self.price(side),
            self.rng.randint(1, self.habits.quantity_max),
            self.rng.choice(("gtc", "gtc", "gtc", "gtc", "gtt", "ioc", "fok", "postonly")),
            self.rng.choice(("cn", "co", "cb", "dc")),
            lives_ms=self.rng.choice((0, 500, 2_000, 9_000)),
            fills_max=self.rng.choice((ENOUGH, ENOUGH, ENOUGH, 1, 3)),
        )
        kind = self.rng.random()
        if kind < 0.1:
            stop, trigger = self.rng.choice(("loss", "entry")), self.price(self.rng.choice(("buy", "sell")))
            return place._replace(stop=stop, stop_price=trigger)
        if kind < 0.2:
            budget = self.rng.randint(1, self.habits.middle * self.habits.quantity_max)
            return place._replace(side="buy", tif=self.rng.choice(("ioc", "fok")), budget=budget)
        return place
