"""Could one matcher, doing one command after the other, have brought this about?

The journal says in which order its commands were done. In that order they are given to the
slow twin of the engine, each whole and once, with what is due and what wakes between them;
event for event, the journal must say what the twin says. A sweep that was cut over many
entries is whole to the twin: the rest of its events is looked for in the next entries. What
the matcher turned away must have deserved it: see `turned_away`.

Everything that knows the twin's language stands in this file.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.engine.admission import Rules
from chalicelib.engine.events import OrderArmed, OrderCanceled, OrderContinues, OrderRejected, ReplaceRefused
from chalicelib.flows.matcher.step import rules_of
from chalicelib.flows.records.commands import (
    CancelAll,
    CancelOrder,
    Command,
    ExpireReplace,
    PlaceOrder,
    ReduceOrder,
    ReplaceOrder,
    SetCancelAllTimer,
    SetMode,
    Tick,
)
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.ids import CommandId, MarketId, OrderId, place_command
from tests.engine.looking import plain_event
from tests.engine.twin import Twin

from .facts import Facts
from .turned_away import TurnedAway

# A name, the number of the event, and what happened.
Plain = tuple[Any, ...]

ENOUGH = 1_000_000
_PLACE_PREFIX = place_command(OrderId(""))
_CONTINUES = "continues"


class Mismatch(Exception):
    """The journal and the twin say different things; from here on nothing can be compared."""


class Sequential:
    """The twin of one market, led through its journal. `complaints` is what does not fit.

    `order`: the commands as they were done, but for those that were refused. `trades`: the
    twin's, without event numbers.
    """

    def __init__(self, facts: Facts, market: MarketId) -> None:
        self.twin = Twin()
        self.complaints: list[str] = []
        self.order: list[CommandId] = []
        self.trades: list[Plain] = []
        self._facts = facts
        self._market = market
        self._rules: Rules = rules_of(facts.run.cloud.markets[market])
        self._commands = facts.first_accepted(market)
        self._turned_away = TurnedAway(facts, market)
        self._done: set[CommandId] = set()
        self._pending: deque[Plain] = deque()
        self._actual: deque[Plain] = deque()
        self._entry: JournalEntry
        self._time_ms = 0

    def follow(self, journal: list[JournalEntry]) -> None:
        try:
            for entry in journal:
                self._follow(entry)
        except Mismatch as mismatch:
            self._complain(str(mismatch))
        else:
            self.complaints += [f"{self._market}: {each} never happened" for each in self._pending]

    # --- one entry ----------------------------------------------------------------------------

    def _follow(self, entry: JournalEntry) -> None:
        if entry.time_ms < self._time_ms:
            self._complain(f"entry {entry.seq} is older than the one before")
        self._entry, self._time_ms = entry, entry.time_ms
        self._actual = deque(plain_event(event) for event in entry.events)
        failed = dict(entry.failed)
        self._find()
        for command in entry.done:
            if command not in self._done:
                self._settle()
                self._do(command, failed.get(command))
                self._find()
        if entry.begun is not None and entry.begun not in self._done:
            self._settle()
            self._do(entry.begun, None)
            self._find()
        while self._actual and self._settle_once():
            self._find()
        if self._actual:
            raise Mismatch(f"entry {entry.seq} has {self._actual[0]}, which nothing explains")

    def _settle(self) -> None:
        """What is due, and what wakes, goes before any command."""
        while self._settle_once():
            self._find()
        if self._pending:
            raise Mismatch(f"entry {self._entry.seq}: a command was done before {self._pending[0]}")

    def _settle_once(self) -> bool:
        if self._pending or self.twin.mode == "halted":
            return False
        events = self.twin.next_due(self._time_ms) or self.twin.wake(self._rules)
        if self.twin.unfinished is not None:
            events += self.twin.place(self.twin.unfinished, ENOUGH, None)
        self._expect(events)
        return bool(events)

    def _expect(self, events: list[Plain]) -> None:
        self._pending += events
        self.trades += [event[2:] for event in events if event[0] == "filled"]

    def _find(self) -> None:
        """Of what the twin expects, as much as the entry holds. The rest of a cut sweep comes later."""
        while self._pending and self._actual:
            if self._actual[0][0] == _CONTINUES:
                self._actual.popleft()  # in the next entry, or in this one if there was room after all
                continue
            found, wanted = self._actual.popleft(), self._pending.popleft()
            if (found[0], found[2:]) != (wanted[0], wanted[2:]):
                raise Mismatch(f"entry {self._entry.seq} has {found}, expected {wanted}")

    # --- commands -----------------------------------------------------------------------------

    def _do(self, command_id: CommandId, failed: str | None) -> None:
        self._done.add(command_id)
        self.order += [] if failed else [command_id]
        known = self._commands.get(command_id)
        if command_id.startswith(_PLACE_PREFIX):
            self._place(OrderId(command_id.removeprefix(_PLACE_PREFIX)), known and known.command)
        elif failed == "unseen":
            self._expect(self._unseen_replace(command_id))
        elif known is None:
            self._complain(f"{command_id} was done, but the queue never had it")
        elif failed is not None:
            self._refused(known.command, failed)
        else:
            _DO[type(known.command)](self, known.command)

    def _place(self, order_id: OrderId, command: Command | None) -> None:
        """Matched; or turned away, which must have been deserved; or canceled before it was seen."""
        first = next((event for event in self._entry.events if _about(event) == order_id), None)
        if isinstance(first, OrderRejected) and first.reason in _UNSEEN_REASONS:
            self._complain_of(self._turned_away.order(first, self._time_ms))
            self._expect(self.twin.refuse(self._stored(order_id), first.reason))
        elif isinstance(first, OrderCanceled) and first.reason == "requested":
            self._expect(self._canceled_unseen(order_id))
        elif isinstance(command, PlaceOrder):
            self._complain_of(self._turned_away.in_time(order_id, self._time_ms))
            self._match(command)
        else:
            self._complain(f"{order_id} was placed, but the queue never had it")

    def _match(self, command: PlaceOrder) -> None:
        order = tuple(command.order)
        reason = self.twin.refusal(order, self._rules, command.stop, command.stop_price, self._time_ms)
        if reason is not None:
            self._expect(self.twin.refuse(order, reason))
        elif command.stop is not None:
            self._expect(self.twin.arm(order, command.stop, command.stop_price))
        else:
            self._expect(self.twin.place(order, ENOUGH, None))

    def _cancel(self, command: CancelOrder) -> None:
        self._expect(self.twin.cancel(command.order_id))

    def _cancel_all(self, command: CancelAll) -> None:
        mine = [each for each in self.twin.open if each["user"] == command.user]
        for order in [each for each in mine if command.side in (None, each["side"])]:
            self._expect(self.twin.cancel(order["order_id"], "cancel_all"))

    def _reduce(self, command: ReduceOrder) -> None:
        events = self.twin.reduce(command.order_id, command.quantity)
        if isinstance(events, str):
            self._complain(f"{command} was done, expected {events}")
        else:
            self._expect(events)

    def _replace(self, command: ReplaceOrder) -> None:
        order = tuple(command.order)
        events = self.twin.replace(order, command.extra, command.id, self._rules)
        if events[0][0] == "replaced":
            events += self.twin.place((*order[:5], events[0][-2], *order[6:]), ENOUGH, None)
        self._expect(events)

    def _set_timer(self, command: SetCancelAllTimer) -> None:
        if command.deadline_ms or command.user in self.twin.timers:
            self._expect(self.twin.set_timer(command.user, command.deadline_ms))

    def _set_mode(self, command: SetMode) -> None:
        if self.twin.mode != command.mode or command.reference:
            self._expect(self.twin.set_mode(command.mode, command.reason, command.reference))

    def _nothing(self, command: Command) -> None:
        """It was done under another name, or there was nothing to do."""

    # --- refusals -----------------------------------------------------------------------------

    def _refused(self, command: Command, reason: str) -> None:
        if reason == "late":
            self._complain_of(self._turned_away.late(command, self._time_ms))
        if isinstance(command, ReplaceOrder):
            self._expect(self._refused_replace(command, reason))
        elif isinstance(command, ReduceOrder) and reason != "late":
            answer = self.twin.reduce(command.order_id, command.quantity)
            if answer != reason:
                self._complain(f"{command} failed: {reason}, expected {answer}")
        elif reason != "late" and (reason != "market_halted" or self.twin.mode != "halted"):
            self._complain(f"{command} failed: {reason}, in a market that is {self.twin.mode}")

    def _refused_replace(self, command: ReplaceOrder, reason: str) -> list[Plain]:
        if reason == "late":
            return self._unanswered(command.id, reason)
        return self.twin.replace(tuple(command.order), command.extra, command.id, self._rules)

    def _unseen_replace(self, command_id: CommandId) -> list[Plain]:
        """The sweeper asked for its end, and the queue had not brought it by then."""
        self._complain_of(self._turned_away.replace(command_id))
        return self._unanswered(command_id, "unseen")

    def _unanswered(self, command_id: CommandId, reason: str) -> list[Plain]:
        """Without a look at the book: what was held for it goes back."""
        amendment = self._facts.amendments[command_id]
        side = self._facts.orders[amendment.order_id].side
        extra = amendment.extra // self._facts.run.cloud.markets[self._market].hold_units(side, 1)
        parts = (amendment.order_id, amendment.user, side, command_id, extra, reason)
        return [("replace_refused", 0, *parts)]

    def _canceled_unseen(self, order_id: OrderId) -> list[Plain]:
        """The twin gives an order up that it never took in, and calls it canceled."""
        ((_, seq, *parts, _),) = self.twin.refuse(self._stored(order_id), "requested")
        return [("canceled", seq, *parts, "requested")]

    def _stored(self, order_id: OrderId) -> Plain:
        return tuple(self._facts.orders[order_id].as_limit_order())

    def _complain_of(self, found: Iterator[str]) -> None:
        for text in found:
            self._complain(text)

    def _complain(self, text: str) -> None:
        self.complaints.append(f"{self._market}: {text}")


# What an order is turned away for without the book's being asked.
_UNSEEN_REASONS = ("late", "unseen", "failed")

_DO: dict[type[Command], Callable[[Sequential, Any], None]] = {
    CancelOrder: Sequential._cancel,
    CancelAll: Sequential._cancel_all,
    ReduceOrder: Sequential._reduce,
    ReplaceOrder: Sequential._replace,
    SetCancelAllTimer: Sequential._set_timer,
    SetMode: Sequential._set_mode,
    ExpireReplace: Sequential._nothing,
    Tick: Sequential._nothing,
}


def _about(event: Any) -> Any:
    """The order that acts in an event."""
    if isinstance(event, OrderArmed | OrderContinues):
        return event.order.order_id
    if isinstance(event, ReplaceRefused):
        return None  # it stays as it is
    return getattr(event, "taker_id", None) or getattr(event, "order_id", None)
