"""What does one step of a market write? Events come in, one fenced transaction comes out.

A step holds the journal entry, the orders that changed, one netted change per wallet, and
one ledger entry per owner and fill. It never holds more writes than one transaction takes.
"""

from dataclasses import dataclass, field

from chalicelib.engine.events import (
    Event,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
)
from chalicelib.engine.order import LimitOrder
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.plan import WRITES_MAX, Equals, OneOf, Plan, Put, Update, Value
from chalicelib.flows.records import journal
from chalicelib.flows.records.entries import FillEntry, put_fill
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OPEN, Status, end_status, hold_for
from chalicelib.flows.records.trades import fill_entries, trade_of
from chalicelib.flows.records.wallets import wallet_updates
from chalicelib.ids import CommandId, OrderId, UserId
from chalicelib.ledger.transfers import FEES, Trade, Transfer, net, release_transfers, trade_transfers

# One more fill can touch a maker's order and wallet, and adds two ledger entries.
WRITES_PER_FILL = 4
# What is kept of a reason for giving up; it may quote what somebody sent.
REASON_LENGTH_MAX = 300
# A command can touch the order and the wallet of the one who gave it.
WRITES_PER_COMMAND = 2


@dataclass
class OrderChange:
    """What the step makes of one order. `filled_before` is what the book believes is stored."""

    user: UserId
    filled_before: int
    filled: int
    status: Status
    quote: int = 0
    fee: int = 0
    reason: str = ""

    def fill(self, entry: FillEntry, remaining: int) -> None:
        self.filled += entry.quantity
        self.quote += entry.quote
        self.fee += entry.fee
        self.status = "partially_filled" if remaining else "filled"


@dataclass
class Step:
    """Events are applied to the replica's book as they are taken in."""

    replica: Replica
    now_ms: int
    events: list[Event] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    done: list[CommandId] = field(default_factory=list)
    failed: list[tuple[CommandId, str]] = field(default_factory=list)
    _orders: dict[OrderId, OrderChange] = field(default_factory=dict)
    _transfers: list[Transfer] = field(default_factory=list)
    _users: set[UserId] = field(default_factory=set)
    _entries: list[Put] = field(default_factory=list)

    @property
    def time_ms(self) -> int:
        """The market's clock: what has been late once stays late, whatever a machine says."""
        return max(self.now_ms, self.replica.time_ms)

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

    def has_changed(self, order_id: OrderId) -> bool:
        """Whether this step fills or ends the order, so that its record is about to change."""
        return order_id in self._orders

    def take(self, event: Event, order: LimitOrder | None = None) -> None:
        """Apply one event to the book and note what it writes. `order` is the taker's."""
        if isinstance(event, OrderFilled):
            assert order is not None
            self._take_fill(event, order)
        elif isinstance(event, OrderCanceled | OrderRejected):
            self._take_end(event)
        self.events.append(event)
        self.replica.book.apply(event)

    def complete(self, command: CommandId) -> None:
        self.done.append(command)

    def fail(self, command: CommandId, reason: str) -> None:
        if command not in self.done:
            self.done.append(command)
        self.failed.append((command, reason[:REASON_LENGTH_MAX]))

    def entry(self) -> JournalEntry:
        """What the journal will say; ask when the last event has been taken."""
        return JournalEntry(
            market=self.replica.market.id,
            seq=self.replica.seq + 1,
            time_ms=self.time_ms,
            done=tuple(self.done),
            failed=tuple(self.failed),
            events=tuple(self.events),
            trades=tuple(self.trades),
            fees=self._fees(),
            checksum=self.replica.book.checksum,
            terms=self.replica.market.terms,
        )

    def plan(self, entry: JournalEntry) -> Plan:
        """The fence stands first: `failed` position 0 of a refusal means that it was lost."""
        return (
            journal.append(entry),
            *(self._order_write(order_id, change) for order_id, change in self._orders.items()),
            *wallet_updates(self._transfers),
            *self._entries,
        )

    def _take_fill(self, event: OrderFilled, order: LimitOrder) -> None:
        market = self.replica.market
        trade = trade_of(market, event, order.price)
        self.trades.append(trade)
        self._transfers += trade_transfers(trade)
        self._users |= {event.maker, event.taker}
        maker = self._change(event.maker_id, event.maker, self._filled(event.maker_id))
        taker = self._change(
            event.taker_id, event.taker, order.quantity - event.taker_remaining - event.quantity
        )
        makers, takers = fill_entries(market, event, trade, self.time_ms)
        maker.fill(makers, event.maker_remaining)
        taker.fill(takers, event.taker_remaining)
        for user, entry in ((event.maker, makers), (event.taker, takers)):
            self._entries.append(put_fill(user, entry, self.replica.seq + 1, len(self._entries)))

    def _take_end(self, event: OrderCanceled | OrderRejected) -> None:
        change = self._change(event.order_id, event.user, self._filled(event.order_id))
        change.status, change.reason = end_status(event), event.reason
        hold = hold_for(self.replica.market, event.user, event.side, event.price, event.remaining)
        self._transfers += release_transfers(hold)
        self._users.add(event.user)

    def _filled(self, order_id: OrderId) -> int:
        """Lots of an order that the book believes filled; an order it has never seen has none."""
        book = self.replica.book
        order = book.orders.get(order_id)
        if order is not None:
            return order.quantity - order.remaining
        if book.unfinished is not None and book.unfinished.order_id == order_id:
            return book.unfinished.quantity - book.unfinished.remaining
        return 0

    def _change(self, order_id: OrderId, user: UserId, filled: int) -> OrderChange:
        if order_id not in self._orders:
            self._orders[order_id] = OrderChange(user, filled, filled, "pending")
        return self._orders[order_id]

    def _order_write(self, order_id: OrderId, change: OrderChange) -> Update:
        fields: dict[str, Value] = {
            "filled": change.filled,
            "status": change.status,
            "updated_ms": self.time_ms,
        }
        if change.reason:
            fields["reason"] = change.reason
        sums = {"quote": change.quote, "fee": change.fee} if change.quote else {}
        return Update(
            schema.order(change.user, order_id),
            set=fields,
            add=sums,
            require=(Equals("filled", change.filled_before), OneOf("status", OPEN)),
        )

    def _fees(self) -> dict[str, int]:
        fees = dict(self.replica.fees)
        for asset, units in net(self._transfers).get(FEES, {}).items():
            fees[asset] = fees.get(asset, 0) + units
        return fees
