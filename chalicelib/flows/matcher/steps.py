"""How is one step decided, committed, and kept in the book exactly if it was committed?

A step lands only as the journal's next entry: that is the fence, and what makes it safe that
nobody knows how many matchers run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.errors import BookCorrupt, CexError, ConditionFailed, StoreUnavailable, WriteContention
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.warm import WarmReplica
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.gate import make_way
from chalicelib.flows.matcher.mode import switch
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.plan import Plan
from chalicelib.flows.ports import JournalReader, Observer, Timer, Writer
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.ids import UserId
from chalicelib.market import Market

COMMIT_PAUSE_MS = 20


@dataclass
class Tally:
    """What came of the steps of one run: entries that landed, items written, and what set it back."""

    landed: list[JournalEntry] = field(default_factory=list)
    items: int = 0
    retries: int = 0
    fences_lost: int = 0

    def set_back(self, fault: CexError) -> None:
        self.retries += 1
        # The fence stands first in every plan.
        self.fences_lost += isinstance(fault, ConditionFailed) and 0 in fault.failed


class Steps:
    """One market's warm book, and the way from there into the store.

    `avoid`: the user whose wallet is contended, for the step that comes next. `unsure`: the book
    must follow its journal before it is used again.
    """

    def __init__(
        self, market: Market, journal: JournalReader, writer: Writer, timer: Timer, observer: Observer
    ) -> None:
        self.warm = WarmReplica(market, journal)
        self.avoid: UserId | None = None
        self.tally = Tally()
        self.unsure = False
        self._market = market
        self._writer = writer
        self._timer = timer
        self._observer = observer

    @property
    def is_open(self) -> bool:
        """Whether the book is loaded and the market not halted."""
        return self.warm.loaded is not None and self.warm.loaded.book.halted is None

    def take(self, decide: Callable[[Step], None]) -> None:
        """One step. Raises what deciding and committing raise; then nothing of it is kept."""
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
                plan = step.plan(entry)
                self._commit(plan)
                replica.advance(entry)
                self.tally.landed.append(entry)
                self.tally.items += len(plan)
        except BaseException:
            replica.book.rollback()
            raise
        replica.checked_ms = now_ms

    def halt(self, reason: str) -> None:
        self._observer.alarm("market_halted", market=self._market.id, reason=reason)
        self.take(lambda step: switch(step, "halted", reason))

    def _confirm(self) -> None:
        """A step that writes nothing meets no fence; so look whether the book was current."""
        if self.warm.has_moved():
            raise ConditionFailed("the journal has moved on", (0,))

    def _commit(self, plan: Plan) -> None:
        try:
            commit_patiently(self._writer, self._timer, plan, COMMIT_PAUSE_MS)
        except WriteContention as fault:
            users = make_way(self._writer, self._timer, plan, fault)
            self.avoid = users[0] if users else None
            raise

    def _current(self) -> Replica:
        """The warm book, as long as it may be trusted. Raises StoreUnavailable."""
        try:
            replica = self.warm.current(self._timer.now_ms(), follow=self.unsure)
        except BookCorrupt as fault:
            # No command is to blame and none can repair it: they wait until a person has.
            self._observer.alarm("journal_unreadable", market=self._market.id, reason=str(fault))
            raise StoreUnavailable(str(fault)) from fault
        self.unsure = False
        return replica
