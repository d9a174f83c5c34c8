"""What can go wrong between a process and its store or queue, and how does a test ask for it?

A fault waits for calls that it applies to, strikes a number of times and is gone. One that
has `landed` strikes after the call was carried out: the work is done, the answer lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import StoreUnavailable, WriteContention, WriteRefused
from chalicelib.flows.plan import Plan
from chalicelib.flows.schema import JOURNAL_PREFIX, MARKETS, ORDER_PREFIX, Key

ALWAYS = 10**9

Applies = Callable[[Any], bool]


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing in the house may catch it."""


def anything(_: object) -> bool:
    return True


def touches(*keys: Key) -> Applies:
    """Plans that write one of these items."""
    return lambda plan: any(write.key in keys for write in plan)


def is_step(plan: Plan) -> bool:
    """Plans of a matcher."""
    return plan[0].key.table == MARKETS and plan[0].key.sk.startswith(JOURNAL_PREFIX)


def is_promise(plan: Plan) -> bool:
    """Plans of intake that take an order in."""
    return len(plan) == 2 and plan[1].key.sk.startswith(ORDER_PREFIX)


def nth(number: int, applies: Applies = anything) -> Applies:
    """Only the `number`-th of such calls, counted from 1."""
    seen = 0

    def is_nth(call: object) -> bool:
        nonlocal seen
        seen += applies(call)
        return applies(call) and seen == number

    return is_nth


@dataclass
class Fault:
    applies: Applies
    strike: Callable[[Any], None]
    times: int
    landed: bool = False


@dataclass
class Faults:
    """Those that wait. The first that applies strikes; the others wait on."""

    waiting: list[Fault] = field(default_factory=list)
    struck: int = 0

    def add(
        self, strike: Callable[[Any], None], when: Applies = anything, times: int = 1, landed: bool = False
    ) -> None:
        self.waiting.append(Fault(when, strike, times, landed))

    def fail(
        self,
        error: Callable[[], BaseException] = lambda: StoreUnavailable("no answer"),
        when: Applies = anything,
        times: int = 1,
        landed: bool = False,
    ) -> None:
        """The call is not carried out; with `landed` it is, and nobody is told."""

        def strike(_: object) -> None:
            raise error()

        self.add(strike, when, times, landed)

    def crash(self, when: Applies = anything, landed: bool = False) -> None:
        self.fail(Crash, when, landed=landed)

    def refuse(self, when: Applies = anything, times: int = ALWAYS) -> None:
        self.fail(lambda: WriteRefused("not a lawful plan"), when, times)

    def contend(self, *keys: Key, times: int = 1, when: Applies = anything) -> None:
        """Another writer is at these items, so often."""

        def strike(plan: Plan) -> None:
            positions = tuple(i for i, write in enumerate(plan) if write.key in keys)
            raise WriteContention("another writer", positions)

        self.add(strike, lambda plan: touches(*keys)(plan) and when(plan), times)

    def before(self, act: Callable[[], object], when: Applies = anything, times: int = 1) -> None:
        """Something happens just before the call is carried out; but not amid itself."""
        acting = False

        def strike(_: object) -> None:
            nonlocal acting
            acting = True
            try:
                act()
            finally:
                acting = False

        self.add(strike, lambda call: not acting and when(call), times)

    def clear(self) -> None:
        self.waiting.clear()

    def strike(self, call: object, carry_out: Callable[[], None]) -> None:
        """Carry the call out, with whatever befalls it."""
        fault = next((fault for fault in self.waiting if fault.times > 0 and fault.applies(call)), None)
        if fault is None:
            carry_out()
            return
        fault.times -= 1
        self.struck += 1
        if fault.landed:
            carry_out()
            fault.strike(call)
        else:
            fault.strike(call)
            carry_out()
