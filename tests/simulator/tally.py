"""What happened in many runs together? Counted, so that nobody believes in a storm that never came."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.errors import CexError

from .judging.facts import Facts
from .judging.judge import differences
from .machine.network import MET
from .run import Run

_CONDITION_FALSE = ("ConditionalCheckFailedException", "TransactionCanceledException")


@dataclass
class Tally:
    """`wrong`: what was found, by seed."""

    seeds: int = 0
    commands: int = 0
    points: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, list[str]] = field(default_factory=dict)

    def add(self, run: Run, judge: Callable[[Run], list[str]] = differences) -> list[str]:
        """Judge a run and count it."""
        found = judge(run)
        self.seeds += 1
        self.points += run.cloud.faults.points
        self.faults.update(run.cloud.faults.struck.values())
        self.seen.update(f"{each.kind}: {each.code or 'answered'}" for each in run.history)
        self.seen.update(
            f"mischief: {step.kind}" for each in run.story.programs if not each.user for step in each.steps
        )
        self._listen(run)
        if found:
            self.wrong[run.story.seed] = found
        try:
            self._look(Facts(run))
        except CexError:
            self.seen["a store that can not be read"] += 1
        return found

    def _listen(self, run: Run) -> None:
        """To what the processes met."""
        self.seen["a batch was done in part"] += run.cloud.partly_done
        self.seen["a snapshot"] += len(run.cloud.pointers)
        for _, who, _, _, _, outcome in run.cloud.network.trace:
            self.seen["a fence was lost"] += "matcher" in who and outcome in _CONDITION_FALSE
            self.seen["two writers met at one item"] += outcome == MET

    def _look(self, facts: Facts) -> None:
        for market, journal in facts.journals.items():
            commands = {each.command.id: type(each.command).__name__ for each in facts.accepted[market]}
            self.commands += len(commands)
            self.seen.update(f"command: {kind}" for kind in commands.values())
            for entry in journal:
                self.seen.update(f"event: {type(event).__name__}" for event in entry.events)
                self.seen.update(f"failed: {commands.get(each)} {why}" for each, why in entry.failed)
                self.seen["a command was cut"] += entry.begun is not None
        self.seen.update(f"{order.status}: {order.reason}" for order in facts.orders.values())
        self.seen.update(
            f"{order.type} {order.tif}{' stop' * bool(order.stop)}" for order in facts.orders.values()
        )

    def __str__(self) -> str:
        faults = ", ".join(f"{count:,} {kind}" for kind, count in self.faults.most_common())
        return (
            f"{self.seeds:,} seeds, {self.commands:,} commands, {self.points:,} fault points, "
            f"{self.faults.total():,} faults ({faults}), {len(self.wrong):,} seeds with differences"
        )
