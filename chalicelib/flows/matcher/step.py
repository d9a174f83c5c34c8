"""What does one step of a market write? Events come in, one fenced transaction comes out.

A step holds the journal entry, the orders that changed, one netted change per wallet, and
one ledger entry per owner and fill. It never holds more writes than one transaction takes.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.engine.admission import Rules
from chalicelib.engine.book import Book
from chalicelib.engine.events import (
    Event,
    OrderCanceled,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    ReplaceRefused,
    TradePrevented,
)
from chalicelib.engine.order import LimitOrder, Side
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.matcher.order_changes import OrderChange
from chalicelib.flows.plan import WRITES_MAX, Plan, Put
from chalicelib.flows.records import journal
from chalicelib.flows.records.entries import StepEntry, put_entry
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import Status, end_status, hold_of
from chalicelib.flows.records.trades import fill_entries, prevented_entry, trade_of
from chalicelib.flows.records.wallets import wallet_updates
from chalicelib.ids import CommandId, OrderId, UserId
from chalicelib.ledger.transfers import Trade, Transfer, release_transfers, trade_transfers
from chalicelib.market import Market

# One more fill can touch a maker's order and wallet, and adds two ledger entries. A trade that
# is prevented touches less.
WRITES_PER_FILL = 4
# A command can touch the order and the wallet of the one who gave it.
WRITES_PER_COMMAND = 2
# What is kept of a reason for giving up; it may quote what somebody sent.
REASON_LENGTH_MAX = 300


def rules_of(market: Market) -> Rules:
    return Rules(market.band_ppm, market.open_orders_max)


@dataclass
class Step:
    """Takes in events as they happen in the replica's book."""

    replica: Replica
    now_ms: int
    events: list[Event] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    done: dict[CommandId, None] = field(default_factory=dict)
    failed: list[tuple[CommandId, str]] = field(default_factory=list)
    begun: CommandId | None = None
    _orders: dict[OrderId, OrderChange] = field(default_factory=dict)
    _transfers: list[Transfer] = field(default_factory=list)
    _users: set[UserId] = field(default_factory=set)
    _entries: list[Put] = field(default_factory=list)

    @property
    def book(self) -> Book:
        return self.replica.book

    @property
    def rules(self) -> Rules:
        return rules_of(self.replica.market)

    @property
    def time_ms(self) -> int:
        """By the market's clock: what has been late once stays late, whatever a machine says."""
        return self.replica.clock_ms(self.now_ms)

    @property
    def is_empty(self) -> bool:
        return not (self.events or self.done)

    @property
    def room(self) -> int:
        """Writes that still fit."""
        return WRITES_MAX - 1 - len(self._orders) - len(self._users) - len(self._entries)

    @property
    def fills_max(self) -> int:
        """Fills of one more command that still fit, whoever the makers are."""
        return max(0, self.room - WRITES_PER_COMMAND) // WRITES_PER_FILL

    def end_of(self, order_id: OrderId) -> Status | None:
        """How the order ended in this step, so that its record does not know it yet."""
        change = self._orders.get(order_id)
        return change.ended if change else None

    # --- what happens -----------------------------------------------------------------------

    def take(self, event: Event, order: LimitOrder | None = None) -> None:
        """Apply one event to the book and note what it writes."""
        self.note(event, order)
        self.book.apply(event)

    def note(self, event: Event, order: LimitOrder | None = None) -> None:
        """What one event writes; to be told just before the book knows of it.

        `order` is the one that is being matched, as it was when it came to that.
        """
        note = _NOTES.get(type(event))
        if note is not None:
            note(self, event, order)
        self.events.append(event)

    def complete(self, command: CommandId) -> None:
        self.done[command] = None

    def fail(self, command: CommandId, reason: str, detail: str = "") -> None:
        """The command is done, and nothing came of it. `detail` is for people who read the journal."""
        self.done[command] = None
        told = f"{reason}: {detail}" if detail else reason
        self.failed.append((command, told[:REASON_LENGTH_MAX]))

    def begin(self, command: CommandId) -> None:
        """The command goes on in the next step, and will not be too late then."""
        self.begun = command

    def settle_replace(self, order_id: OrderId, user: UserId, command: CommandId) -> None:
        """The order waits for this replace no longer."""
        self._change(order_id, user, None).settled = command

    # --- what is written --------------------------------------------------------------------

    def entry(self) -> JournalEntry:
        """What the journal will say; ask when the last event has been taken."""
        return JournalEntry(
            market=self.replica.market.id,
            seq=self.replica.seq + 1,
            time_ms=self.time_ms,
            done=tuple(self.done),
            failed=tuple(self.failed),
            begun=self.begun,
            events=tuple(self.events),
            trades=tuple(self.trades),
            fees=self._fees(),
            checksum=self.book.checksum,
            terms=self.replica.market.terms,
        )

    def plan(self, entry: JournalEntry) -> Plan:
        """The fence stands first: `failed` position 0 of a refusal means that it was lost."""
        return (
            journal.append(entry),
            *(change.write(order_id, self.time_ms) for order_id, change in self._orders.items()),
            *wallet_updates(self._transfers),
            *self._entries,
        )

    def _fees(self) -> dict[str, int]:
        fees = Counter(self.replica.fees)
        for trade in self.trades:
            fees[trade.base.asset] += trade.buyer_fee
            fees[trade.quote.asset] += trade.seller_fee
        return {asset: units for asset, units in fees.items() if units}

    # --- event by event, before the book knows of it ----------------------------------------

    def _note_fill(self, event: OrderFilled, order: LimitOrder) -> None:
        resting = self.book.orders.get(event.maker_id)
        maker_ppm = resting.maker_ppm if resting else 0  # the book will say what is wrong
        trade = trade_of(self.replica.market, event, maker_ppm, order.taker_ppm)
        self.trades.append(trade)
        self._transfers += trade_transfers(trade)
        self._users |= {event.maker, event.taker}
        makers, takers = fill_entries(self.replica.market, event, trade, self.time_ms)
        self._change(event.maker_id, event.maker, None).fill(makers, event.maker_remaining)
        self._change(event.taker_id, event.taker, order).fill(takers, event.taker_remaining)
        self._write_down(event.maker, makers)
        self._write_down(event.taker, takers)

    def _note_prevented(self, event: TradePrevented, _: LimitOrder | None) -> None:
        self._write_down(event.user, prevented_entry(self.replica.market, event, self.time_ms))

    def _note_end(self, event: OrderCanceled | OrderRejected, order: LimitOrder | None) -> None:
        change = self._change(event.order_id, event.user, order)
        change.ended, change.reason = end_status(event), event.reason
        self._release(event.user, event.side, event.held)

    def _note_reduced(self, event: OrderReduced, order: LimitOrder | None) -> None:
        change = self._change(event.order_id, event.user, order)
        if order is not None and order.budget and order.order_id == event.order_id:
            change.budget_cut += event.released
        else:
            change.quantity = event.quantity
        self._release(event.user, event.side, event.released)

    def _note_replaced(self, event: OrderReplaced, _: LimitOrder | None) -> None:
        change = self._change(event.order_id, event.user, None)
        change.price, change.quantity = event.price, event.quantity
        self._release(event.user, event.side, event.released)

    def _note_refused(self, event: ReplaceRefused, _: LimitOrder | None) -> None:
        self.settle_replace(event.order_id, event.user, event.command)
        self._release(event.user, event.side, event.extra)

    def _write_down(self, user: UserId, entry: StepEntry) -> None:
        self._entries.append(put_entry(user, entry, self.replica.seq + 1, len(self._entries)))

    def _release(self, user: UserId, side: Side, count: int) -> None:
        if count:
            hold = hold_of(self.replica.market, user, side, count)
            self._transfers += release_transfers(hold)
            self._users.add(user)

    def _change(self, order_id: OrderId, user: UserId, order: LimitOrder | None) -> OrderChange:
        if order_id not in self._orders:
            filled = self._filled(order_id, order)
            self._orders[order_id] = OrderChange(user, filled, filled)
        return self._orders[order_id]

    def _filled(self, order_id: OrderId, order: LimitOrder | None) -> int:
        """Lots that the book believes filled; none of an order that it has never seen or that sleeps."""
        for found in (order, self.book.unfinished, self.book.orders.get(order_id)):
            if found is not None and found.order_id == order_id:
                return found.quantity - found.remaining
        return 0


_NOTES: dict[type[Event], Callable[[Step, Any, Any], None]] = {
    OrderFilled: Step._note_fill,
    TradePrevented: Step._note_prevented,
    OrderCanceled: Step._note_end,
    OrderRejected: Step._note_end,
    OrderReduced: Step._note_reduced,
    OrderReplaced: Step._note_replaced,
    ReplaceRefused: Step._note_refused,
}
