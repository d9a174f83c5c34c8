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

from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from chalicelib.engine.events import MarketHalted
from chalicelib.engine.order import LimitOrder
from chalicelib.errors import BookCorrupt, CexError, ConditionFailed, StoreUnavailable, WriteContention
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.warm import WarmReplica
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.intake.gate import close_gate
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.matcher.take import match, reject_unseen, take
from chalicelib.flows.plan import Plan
from chalicelib.flows.ports import JournalReader, Observer, OrderReader, Timer, Writer
from chalicelib.flows.records.commands import Command, PlaceOrder
from chalicelib.ids import UserId
from chalicelib.market import Market

COMMIT_PAUSE_MS = 20
# The same command failing the same way so often is the command's fault.
POISON_TRIES_MAX = 3
# Setbacks (races lost, contention, contradictions) of one run before its messages go back.
SETBACKS_MAX = 20

# What says something about the store or the race, and nothing about the command.
_SETBACKS = (ConditionFailed, WriteContention, BookCorrupt)


class Message(NamedTuple):
    """What one queue message holds."""

    id: str
    commands: tuple[Command, ...]


class Outcome(NamedTuple):
    """The first `done` messages are finished; `fault` is why the others are not.

    `progressed`: at least one step was committed.
    """

    done: int
    fault: Exception | None
    progressed: bool


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
        self._writer = writer
        self._timer = timer
        self._observer = observer
        self._warm = WarmReplica(market, journal)
        self._unsure = False
        self._alone = False
        self._steps = 0
        self._avoid: UserId | None = None
        self._faults: Counter[tuple[str, str]] = Counter()

    def run(self, messages: list[Message], deadline_ms: int) -> Outcome:
        """Work through the messages in order. Ends early, but cleanly, after `deadline_ms`."""
        work = deque((i, command) for i, message in enumerate(messages) for command in message.commands)
        self._alone, self._avoid, self._steps = False, None, 0
        try:
            fault = self._work_off(work, deadline_ms)
        except Exception as bug:
            self._observer.alarm("matcher_failed", market=self._market.id, reason=repr(bug))
            self._warm.drop()
            fault = bug
        if fault is None:
            return Outcome(len(messages), None, self._steps > 0)
        # With nothing left but a cut sweep, the last message must come back to go on with it.
        left = work[0][0] if work else len(messages) - 1
        return Outcome(left, fault, self._steps > 0)

    def _work_off(self, work: deque[tuple[int, Command]], deadline_ms: int) -> Exception | None:
        """Why the rest of `work` is left, or None when nothing is."""
        fault: CexError | None = None
        for _ in range(SETBACKS_MAX):
            try:
                if fault is not None:
                    self._recover(fault, [command for _, command in work])
                    fault = None
                while work or self._is_sweeping():
                    if self._timer.now_ms() > deadline_ms:
                        return StoreUnavailable("out of time")
                    for _ in range(self._advance([command for _, command in work])):
                        work.popleft()
            except StoreUnavailable as down:
                self._unsure = True
                return down
            except _SETBACKS as setback:
                fault = setback
            else:
                return None
        return fault

    def _is_sweeping(self) -> bool:
        """Whether an order was cut off and can be continued now, even if nothing else waits."""
        return self._sweep() is not None

    def _sweep(self) -> LimitOrder | None:
        book = self._warm.loaded.book if self._warm.loaded else None
        return book.unfinished if book is not None and book.halted is None else None

    # --- one step ---------------------------------------------------------------------------

    def _advance(self, commands: list[Command]) -> int:
        """Decide and commit one step; how many of the commands it finished."""
        finished = 0

        def decide(step: Step) -> None:
            nonlocal finished
            finished = self._decide(step, commands)

        try:
            self._step(decide)
        except (StoreUnavailable, *_SETBACKS):
            raise
        except Exception as bug:
            self._blame(commands, bug)
            return 0
        self._avoid = None
        return finished

    def _step(self, decide: Callable[[Step], None]) -> None:
        """One step, kept in the book exactly if it was committed."""
        replica = self._current()
        now_ms = self._timer.now_ms()
        step = Step(replica, now_ms)
        replica.book.mark()
        try:
            decide(step)
            if step.is_empty:
                self._confirm()
            else:
                entry = step.entry()
                self._commit(step.plan(entry))
                replica.advance(entry)
                self._steps += 1
        except BaseException:
            replica.book.rollback()
            raise
        replica.checked_ms = now_ms

    def _decide(self, step: Step, commands: list[Command]) -> int:
        """A cut sweep first, then the commands. Alone means alone: also not behind a sweep."""
        book, sweeping, finished = step.replica.book, self._is_sweeping(), 0
        whole = book.unfinished is None or not sweeping or match(step, book.unfinished, self._avoid)
        for command in commands[: 0 if sweeping else 1] if self._alone else commands:
            if not whole or not take(step, command, self._orders, self._avoid):
                break
            finished += 1
            whole = not self._is_sweeping()  # resumed: what was cut before the halt goes first
        if step.is_empty and not finished:
            self._avoid = None  # it is tried again, and not only avoided
            raise WriteContention("the next maker's wallet is still contended", ())
        return finished

    def _confirm(self) -> None:
        """A step that writes nothing meets no fence; so look whether the book was current."""
        if self._warm.has_moved():
            raise ConditionFailed("the journal has moved on", (0,))

    def _commit(self, plan: Plan) -> None:
        try:
            commit_patiently(self._writer, self._timer, plan, COMMIT_PAUSE_MS)
        except WriteContention as fault:
            self._make_way(plan, fault)
            raise

    def _current(self) -> Replica:
        """The warm book, as long as it may be trusted. Raises StoreUnavailable."""
        try:
            replica = self._warm.current(self._timer.now_ms(), follow=self._unsure)
        except BookCorrupt as fault:
            # No command is to blame and none can repair it: they wait until a person has.
            self._observer.alarm("journal_unreadable", market=self._market.id, reason=str(fault))
            raise StoreUnavailable(str(fault)) from fault
        self._unsure = False
        return replica

    # --- when it fails ----------------------------------------------------------------------

    def _make_way(self, plan: Plan, fault: WriteContention) -> None:
        keys = [plan[position].key for position in fault.contended]
        users = [UserId(key.pk) for key in keys if key.table == schema.ACCOUNTS]
        for user in users:
            self._writer.commit((close_gate(user, self._timer.now_ms()),))
        self._avoid = users[0] if users else None

    def _recover(self, fault: CexError, commands: list[Command]) -> None:
        """After a setback: what must change before the step is decided again?"""
        if isinstance(fault, WriteContention):
            self._unsure = True
            self._timer.pause(self._timer.jitter(COMMIT_PAUSE_MS))
        elif self._warm.has_moved():
            self._unsure = True
        elif self._book_is_open():
            self._halt(str(fault))
        else:
            self._blame(commands, fault)

    def _halt(self, reason: str) -> None:
        self._observer.alarm("market_halted", market=self._market.id, reason=reason)
        self._step(lambda step: step.take(MarketHalted(step.replica.book.next_seq, reason)))

    def _blame(self, commands: list[Command], bug: Exception) -> None:
        """Find the command that can not be done: first by trying it alone, then by counting."""
        if not self._alone:
            self._alone = True
            return
        sweep = self._sweep()
        culprit = sweep.order_id if sweep else commands[0].id
        kind = (culprit, type(bug).__name__)
        self._faults[kind] += 1
        if self._faults[kind] < POISON_TRIES_MAX:
            return
        if sweep:
            self._halt(f"order {culprit} can not be continued: {bug!r}")
        else:
            self._give_up(commands[0], repr(bug))

    def _give_up(self, command: Command, reason: str) -> None:
        self._observer.alarm("poison_command", market=self._market.id, command=command.id, reason=reason)

        def release(step: Step) -> None:
            if isinstance(command, PlaceOrder):
                order = command.order
                reject_unseen(step, order.user, order.order_id, "failed", self._orders)
            step.fail(command.id, reason)

        try:
            self._step(release)
        except (StoreUnavailable, WriteContention):
            raise
        except Exception as fault:
            if isinstance(fault, _SETBACKS) and not self._is_contradicted():
                raise
            # Not even its hold can be given back; that is for a person, and the market goes on.
            self._observer.alarm("hold_stranded", market=self._market.id, reason=str(fault))
            self._step(lambda step: step.fail(command.id, reason))

    def _is_contradicted(self) -> bool:
        """Whether a setback was the store's last word: no race is lost, and the halt has been tried."""
        return not self._book_is_open() and not self._warm.has_moved()

    def _book_is_open(self) -> bool:
        return self._warm.loaded is not None and self._warm.loaded.book.halted is None
