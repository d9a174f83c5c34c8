"""How does a market's matcher get through its commands, whatever fails on the way?

One step at a time: decide on the warm book, commit, keep. A step that is not committed is
taken back from the book, so the book is never ahead of its journal. What makes this safe
is the fence (a step lands only as the journal's next entry), not that one matcher runs:
the loser of a race follows the journal and skips what is done.

    fence lost             follow the journal, decide again
    contention             commit again a few times; then close the gate of the contended
                           users for a moment, and cut the step before them
    book contradicted      if the journal has moved, follow it; if not, halt the market
    refused, or a bug      the command alone; three times the same, then give it up
    store down             leave the rest of the messages on the queue
"""

from collections import deque
from typing import NamedTuple

from chalicelib.errors import CexError, StoreUnavailable, WriteContention
from chalicelib.flows.matcher.due import catch_up, first_of
from chalicelib.flows.matcher.poison import SETBACKS, Poison
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.matcher.steps import COMMIT_PAUSE_MS, Steps, Tally
from chalicelib.flows.matcher.take import take
from chalicelib.flows.ports import JournalReader, Observer, OrderReader, Timer, Writer
from chalicelib.flows.records.commands import Command
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.market import Market

# Setbacks (races lost, contention, contradictions) of one run before its messages go back.
SETBACKS_MAX = 20


class Message(NamedTuple):
    """What one queue message holds. `request_id`: of the request that it came from, if one did."""

    id: str
    commands: tuple[Command, ...]
    request_id: str = ""


class Outcome(NamedTuple):
    """The first `done` messages are finished; `fault` is why the others are not.

    `progressed`: at least one step was committed. landed: the entries of those steps; items: what they
    wrote in all. retries: steps decided again; fences_lost: those that met somebody else's entry.
    """

    done: int
    fault: Exception | None
    progressed: bool
    landed: tuple[JournalEntry, ...] = ()
    items: int = 0
    retries: int = 0
    fences_lost: int = 0


class Matcher:
    """The writer of a market's book. Warm between runs; a new one starts from the store."""

    def __init__(
        self,
        market: Market,
        journal: JournalReader,
        orders: OrderReader,
        writer: Writer,
        timer: Timer,
        observer: Observer,
    ) -> None:
        self._market = market
        self._orders = orders
        self._timer = timer
        self._observer = observer
        self._steps = Steps(market, journal, writer, timer, observer)
        self._poison = Poison(market, self._steps, orders, observer)

    def run(self, messages: list[Message], deadline_ms: int) -> Outcome:
        """Work through the messages in order. Ends early, but cleanly, after `deadline_ms`."""
        work = deque((i, command) for i, message in enumerate(messages) for command in message.commands)
        self._poison.alone, self._steps.avoid, self._steps.tally = False, None, Tally()
        try:
            fault = self._work_off(work, deadline_ms)
        except Exception as bug:
            self._observer.alarm("matcher_failed", market=self._market.id, reason=repr(bug))
            self._steps.warm.drop()
            fault = bug
        # With nothing left but what was begun, the last message must come back to go on with it.
        done = len(messages) if fault is None else work[0][0] if work else len(messages) - 1
        tally = self._steps.tally
        landed = tuple(tally.landed)
        return Outcome(done, fault, bool(landed), landed, tally.items, tally.retries, tally.fences_lost)

    def _work_off(self, work: deque[tuple[int, Command]], deadline_ms: int) -> Exception | None:
        """Why the rest of `work` is left, or None when nothing is."""
        fault: CexError | None = None
        for _ in range(SETBACKS_MAX):
            try:
                if fault is not None:
                    self._steps.tally.set_back(fault)
                    self._recover(fault, [command for _, command in work])
                    fault = None
                while work or self._first():
                    if self._timer.now_ms() > deadline_ms:
                        return StoreUnavailable("out of time")
                    for _ in range(self._advance([command for _, command in work])):
                        work.popleft()
            except StoreUnavailable as down:
                self._steps.unsure = True
                return down
            except SETBACKS as setback:
                fault = setback
            else:
                return None
        return fault

    def _first(self) -> str | None:
        """What goes before any command, even if none waits."""
        replica = self._steps.warm.loaded
        return first_of(replica, self._timer.now_ms()) if replica is not None else None

    def _advance(self, commands: list[Command]) -> int:
        """Decide and commit one step; how many of the commands it finished."""
        finished = 0

        def decide(step: Step) -> None:
            nonlocal finished
            finished = self._decide(step, commands)

        try:
            self._steps.take(decide)
        except (StoreUnavailable, *SETBACKS):
            raise
        except Exception as bug:
            self._blame(commands, bug)
            return 0
        self._steps.avoid = None
        return finished

    def _decide(self, step: Step, commands: list[Command]) -> int:
        """What goes first, then the commands, each with what comes of it.

        Alone means alone: not behind what goes first, and without the stops that it wakes.
        """
        avoid, alone, finished = self._steps.avoid, self._poison.alone, 0
        if alone:
            commands = [] if first_of(step.replica, step.now_ms) else commands[:1]
        whole = catch_up(step, avoid)
        for command in commands:
            if not whole or not take(step, command, self._orders, avoid):
                break
            finished += 1
            whole = not alone and catch_up(step, avoid)
        if step.is_empty and not finished:
            self._steps.avoid = None  # it is tried again, and not only avoided
            raise WriteContention("the next maker's wallet is still contended", ())
        return finished

    def _recover(self, fault: CexError, commands: list[Command]) -> None:
        """After a setback: what must change before the step is decided again?"""
        if isinstance(fault, WriteContention):
            self._steps.unsure = True
            self._timer.pause(self._timer.jitter(COMMIT_PAUSE_MS))
        elif self._steps.warm.has_moved():
            self._steps.unsure = True
        elif self._steps.is_open:
            self._steps.halt(str(fault))
        else:
            self._blame(commands, fault)

    def _blame(self, commands: list[Command], bug: Exception) -> None:
        first = self._first()
        self._poison.blame(first if first is not None or not commands else commands[0], bug)
