"""What becomes of a command that can not be done, and of those that stand behind it?

First each command is tried alone, to find the one. What then fails the same way three times
is given up: recorded as failed, its hold released, an alarm raised. A cut sweep, a stop that
has woken and what is due can not be given up, since half of it is done or nobody asked for
it; so the market halts.
"""

from collections import Counter

from chalicelib.errors import (
    BookCorrupt,
    ConditionFailed,
    StoreUnavailable,
    WriteContention,
)
from chalicelib.flows.matcher.amend import refuse_stored
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.matcher.steps import Steps
from chalicelib.flows.matcher.unseen import reject_unseen
from chalicelib.flows.ports import Observer, OrderReader
from chalicelib.flows.records.commands import Command, PlaceOrder, ReplaceOrder
from chalicelib.market import Market

# The same command failing the same way so often is the command's fault.
POISON_TRIES_MAX = 3

# What says something about the store or the race, and nothing about the command.
SETBACKS = (ConditionFailed, WriteContention, BookCorrupt)


class Poison:
    """`alone`: whether commands are tried one by one. Counts over all runs of a process."""

    def __init__(self, market: Market, steps: Steps, orders: OrderReader, observer: Observer) -> None:
        self.alone = False
        self._market = market
        self._steps = steps
        self._orders = orders
        self._observer = observer
        self._faults: Counter[tuple[str, str]] = Counter()

    def blame(self, culprit: Command | str | None, bug: Exception) -> None:
        """It failed: a command, or an order (or user) whose turn comes before any command."""
        if not self.alone:
            self.alone = True
            return
        name = culprit if isinstance(culprit, str | None) else culprit.id
        kind = (str(name), type(bug).__name__)
        self._faults[kind] += 1
        if self._faults[kind] < POISON_TRIES_MAX:
            return
        if isinstance(culprit, str | None):
            self._steps.halt(f"what was begun or is due for {culprit} can not be done: {bug!r}")
        else:
            self._give_up(culprit, repr(bug))

    def _give_up(self, command: Command, reason: str) -> None:
        self._observer.alarm("poison_command", market=self._market.id, command=command.id, reason=reason)

        def release(step: Step) -> None:
            if step.book.unfinished is not None and step.book.halted is None:
                # Another matcher has cut a sweep since: that goes on first.
                raise WriteContention("a sweep that was cut goes first", ())
            self._release(step, command)
            step.fail(command.id, "failed", reason)

        try:
            self._steps.take(release)
        except (StoreUnavailable, WriteContention):
            raise
        except Exception as fault:
            if isinstance(fault, SETBACKS) and not self._is_contradicted():
                raise
            # Not even its hold can be given back; that is for a person, and the market goes on.
            self._observer.alarm("hold_stranded", market=self._market.id, reason=str(fault))
            self._steps.take(lambda step: step.fail(command.id, "failed", reason))

    def _release(self, step: Step, command: Command) -> None:
        """What was held for the command goes back, unless that was done before."""
        if isinstance(command, PlaceOrder):
            order = command.order
            reject_unseen(step, order.user, order.order_id, "failed", self._orders)
        elif isinstance(command, ReplaceOrder):
            order = command.order
            refuse_stored(step, order.user, order.order_id, command.id, "failed", self._orders)

    def _is_contradicted(self) -> bool:
        """Whether a setback was the store's last word: no race is lost, and the halt has been tried."""
        return not self._steps.is_open and not self._steps.warm.has_moved()
