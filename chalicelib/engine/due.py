"""What does time alone cause, and when?

Two things: an order that is good till a time ends, and a dead man's switch that was not set
anew cancels all orders of its user. The engine has no clock; it is told what time it is.
"""

from bisect import bisect_left, insort
from typing import NamedTuple

from chalicelib.engine.undo import Undo
from chalicelib.ids import OrderId, UserId


class Expiry(NamedTuple):
    """When an order ends. `arrival` tells who goes first among those of one moment."""

    at_ms: int
    arrival: int
    order_id: OrderId


class Timer(NamedTuple):
    at_ms: int
    user: UserId


class Deadlines:
    """All that is due at some time. `timers`: the moment at which each user's switch goes off."""

    __slots__ = ("_expiries", "_timers", "_undo", "timers")

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.timers: dict[UserId, int] = {}
        # Soonest first.
        self._expiries: list[Expiry] = []
        self._timers: list[Timer] = []

    @property
    def next_ms(self) -> int | None:
        return min((first.at_ms for first in self._heads()), default=None)

    def next(self, now_ms: int) -> Expiry | Timer | None:
        """The first that is due. Of one moment's, orders end before switches go off."""
        first = min(self._heads(), key=lambda head: head.at_ms, default=None)
        return first if first is not None and first.at_ms <= now_ms else None

    def _heads(self) -> list[Expiry | Timer]:
        return [*self._expiries[:1], *self._timers[:1]]

    def add(self, expiry: Expiry) -> None:
        """Taken back together with its order, which drops it."""
        insort(self._expiries, expiry)

    def drop(self, expiry: Expiry) -> None:
        del self._expiries[bisect_left(self._expiries, expiry)]

    def set_timer(self, user: UserId, at_ms: int) -> None:
        """0: the user's switch never goes off."""
        before = self.timers.pop(user, 0)
        self._undo.remember(self.set_timer, user, before)
        if before:
            del self._timers[bisect_left(self._timers, Timer(before, user))]
        if at_ms:
            self.timers[user] = at_ms
            insort(self._timers, Timer(at_ms, user))
