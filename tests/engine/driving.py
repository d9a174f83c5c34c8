"""How are a book and its twin given the same commands?

A market here is the twin, or the engine behind `Engine`, which answers in the twin's plain
tuples. A `Day` gives either of them commands, in the order in which the matcher does.
"""

from typing import Any, Protocol

from chalicelib.engine.admission import Rules, refusal
from chalicelib.engine.book import Book
from chalicelib.engine.ends import rejected
from chalicelib.engine.events import CancelAllTimerSet, CancelReason, Event, Mode, ModeChanged, RejectReason
from chalicelib.engine.order import LimitOrder, Stop
from chalicelib.ids import CommandId, OrderId, UserId

from .commands import (
    ENOUGH,
    RULES,
    Cancel,
    Command,
    Place,
    Reduce,
    Refuse,
    Replace,
    SetTimer,
    Switch,
    Wait,
)
from .looking import Plain, plain_event


class Market(Protocol):
    unfinished: Any
    mode: Any

    def place(self, order: Plain, fills_max: int, avoid: str | None) -> list[Plain]: ...
    def open_ids(self) -> list[str]: ...
    def cancel(self, order_id: str, reason: str) -> list[Plain]: ...
    def refuse(self, order: Plain, reason: str) -> list[Plain]: ...
    def reduce(self, order_id: str, quantity: int) -> list[Plain] | str: ...
    def replace(self, order: Plain, extra: int, command: str, rules: Plain) -> list[Plain]: ...
    def arm(self, order: Plain, stop: str, stop_price: int) -> list[Plain]: ...
    def wake(self, rules: Plain) -> list[Plain]: ...
    def next_due(self, now_ms: int) -> list[Plain]: ...
    def set_timer(self, user: str, deadline_ms: int) -> list[Plain]: ...
    def set_mode(self, mode: str, reason: str, reference: int) -> list[Plain]: ...
    def refusal(
        self, order: Plain, rules: Plain, stop: str | None, stop_price: int, now_ms: int
    ) -> str | None: ...


class Engine:
    """The real book in the twin's words. `log` keeps the events as the engine made them."""

    def __init__(self, book: Book | None = None) -> None:
        self.book = book or Book()
        self.log: list[Event] = []

    @property
    def unfinished(self) -> LimitOrder | None:
        return self.book.unfinished

    @property
    def mode(self) -> Mode:
        return self.book.mode

    def place(self, order: Plain, fills_max: int, avoid: str | None) -> list[Plain]:
        return self._apply(*self.book.decide(LimitOrder(*order), fills_max, avoid and UserId(avoid)))

    def open_ids(self) -> list[str]:
        """By arrival."""
        orders = [*self.book.resting(), *self.book.stops()]
        return [order.order_id for order in sorted(orders, key=lambda order: order.arrival)]

    def cancel(self, order_id: str, reason: CancelReason = "requested") -> list[Plain]:
        return self._apply(self.book.cancellation(OrderId(order_id), reason))

    def refuse(self, order: Plain, reason: RejectReason) -> list[Plain]:
        return self._apply(rejected(LimitOrder(*order), self.book.next_seq, reason))

    def reduce(self, order_id: str, quantity: int) -> list[Plain] | str:
        answer = self.book.reduce(OrderId(order_id), quantity)
        return answer if isinstance(answer, str) else self._apply(answer)

    def replace(self, order: Plain, extra: int, command: str, rules: Rules) -> list[Plain]:
        return self._apply(self.book.replace(LimitOrder(*order), extra, CommandId(command), rules))

    def arm(self, order: Plain, stop: Stop, stop_price: int) -> list[Plain]:
        return self._apply(self.book.arm(LimitOrder(*order), stop, stop_price))

    def wake(self, rules: Rules) -> list[Plain]:
        return self._apply(self.book.triggered(rules))

    def next_due(self, now_ms: int) -> list[Plain]:
        return self._apply(self.book.next_due(now_ms))

    def set_timer(self, user: str, deadline_ms: int) -> list[Plain]:
        return self._apply(CancelAllTimerSet(self.book.next_seq, UserId(user), deadline_ms))

    def set_mode(self, mode: Mode, reason: str, reference: int) -> list[Plain]:
        return self._apply(ModeChanged(self.book.next_seq, mode, reason, reference))

    def refusal(
        self, order: Plain, rules: Rules, stop: Stop | None, stop_price: int, now_ms: int
    ) -> RejectReason | None:
        return refusal(self.book, LimitOrder(*order), rules, stop, stop_price, now_ms=now_ms)

    def _apply(self, *events: Event | None) -> list[Plain]:
        happened = [event for event in events if event is not None]
        for event in happened:
            self.book.apply(event)
        self.log += happened
        return [plain_event(event) for event in happened]


class Day:
    """Gives a market one command after the other. `now_ms` is what its clock shows."""

    def __init__(self, market: Market, rules: Rules = RULES) -> None:
        self.market = market
        self.rules = rules
        self.now_ms = 1_000
        self.count = 0
        self.placed: dict[str, Plain] = {}
        self.fills_max, self.avoid = ENOUGH, None

    def give(self, command: Command) -> list[Plain]:
        """What the matcher does: an unfinished sweep, what is due, what wakes; then the command."""
        number = self.count
        self.count += 1
        if isinstance(command, Place):
            self.fills_max, self.avoid = command.fills_max, command.avoid
        if isinstance(command, Wait):
            self.now_ms += command.ms
        if self.market.mode == "halted":
            return self.obey(number, command) + self.settle()
        events = self.settle()
        if self.market.unfinished is None:
            events += self.obey(number, command) + self.settle()
        return events

    def give_all(self, commands: list[Command]) -> list[Plain]:
        return [event for command in commands for event in self.give(command)]

    def finish(self) -> list[Plain]:
        """Continue a cut sweep to its end, one fill a step."""
        self.fills_max, self.avoid = 1, None
        events: list[Plain] = []
        while self.market.unfinished is not None and self.market.mode != "halted":
            events += self.settle()
        return events

    def settle(self) -> list[Plain]:
        """All that comes before the next command, unless a sweep is cut."""
        market, events = self.market, []
        while market.mode != "halted":
            if market.unfinished is not None:
                more = market.place(tuple(market.unfinished), self.fills_max, self.avoid)
            else:
                more = market.next_due(self.now_ms) or market.wake(self.rules)
            events += more
            if not more or more[-1][0] == "continues":
                break
        return events

    def obey(self, number: int, command: Command) -> list[Plain]:
        market, order_id = self.market, self.name(number, command)
        events: list[Plain] = []
        match command:
            case Place():
                events = self.take_in(order_id, number, command)
            case Cancel() if market.mode != "halted":
                events = market.cancel(order_id, command.reason)
            case Reduce():
                answer = market.reduce(order_id, command.quantity)
                events = [("not reduced", answer)] if isinstance(answer, str) else answer
            case Replace() if order_id in self.placed:
                events = self.replace(order_id, number, command)
            case Refuse():
                order = (order_id, "ann", "buy", 5, 3, 3, "gtc", "cn", 0, 0, 0, 0)
                events = market.refuse(self.place_once(order), command.reason)
            case Switch():
                events = market.set_mode(command.mode, f"{command.mode} for a test", command.reference)
            case SetTimer():
                events = market.set_timer(command.user, command.in_ms and self.now_ms + command.in_ms)
        return events

    def name(self, number: int, command: Command) -> str:
        """A new order's name, or that of an open one; one time in a round, of one that is not."""
        if not isinstance(command, Cancel | Reduce | Replace):
            return f"order-{number}"
        names = [*self.market.open_ids(), "order-0"]
        return names[command.nth % len(names)]

    def place_once(self, order: Plain) -> Plain:
        self.placed[order[0]] = order
        return order

    def take_in(self, order_id: str, number: int, command: Place) -> list[Plain]:
        user, side, price, quantity, tif, self_trade, lives_ms, budget, stop, stop_price, *_ = command
        expires_ms = self.now_ms + lives_ms if tif == "gtt" else 0
        remaining = 0 if budget else quantity
        order = (order_id, user, side, price, remaining, remaining, tif, self_trade, expires_ms)
        order += (number % 3, number % 5, budget)
        self.place_once(order)
        reason = self.market.refusal(order, self.rules, stop, stop_price, self.now_ms)
        if reason is not None:
            return self.market.refuse(order, reason)
        if stop is not None:
            return self.market.arm(order, stop, stop_price)
        return self.market.place(order, self.fills_max, self.avoid)

    def replace(self, order_id: str, number: int, command: Replace) -> list[Plain]:
        old = self.placed[order_id]
        new = (*old[:3], command.price, command.quantity, command.quantity, *old[6:])
        events = self.market.replace(new, command.extra, f"replace-{number}", self.rules)
        if events[0][0] == "replaced":
            events += self.market.place((*new[:5], events[0][-2], *new[6:]), self.fills_max, self.avoid)
        return events
