"""What must wallets, orders and ledger entries be, by the journals and the intake records alone?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.engine.events import (
    Event,
    OrderArmed,
    OrderCanceled,
    OrderFilled,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    OrderRested,
    ReplaceRefused,
    TradePrevented,
)
from chalicelib.engine.order import Side
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.entries import CreditEntry, Entry, StepEntry
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord, Status, end_status, hold_of
from chalicelib.flows.records.trades import fill_entries, prevented_entry
from chalicelib.flows.runs.run import Run
from chalicelib.flows.upkeep.audit_money import PostedCredit
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import CommandId, OrderId, UserId
from chalicelib.ledger.audit import add_transfers
from chalicelib.ledger.transfers import (
    Account,
    Hold,
    Trade,
    credit_transfers,
    hold_transfers,
    payment_transfers,
    release_transfers,
    trade_transfers,
)
from chalicelib.market import Market
from chalicelib.money import Amount


@dataclass
class RebuiltOrder:
    """What the journal says of one order. `ends` has one member, or none while it is open.

    `price`, `quantity`: the last that the journal names, None where it names none. `budget`:
    ticks x lots. `replaces`: promised, and not done in any journal; each with its extra units.
    """

    budget: int = 0
    price: int | None = None
    quantity: int | None = None
    filled: int = 0
    quote: int = 0
    fee: int = 0
    reason: str = ""
    ends: list[Status] = field(default_factory=list)
    replaces: list[tuple[CommandId, int]] = field(default_factory=list)

    @property
    def status(self) -> Status:
        if self.ends:
            return self.ends[-1]
        return "partially_filled" if self.filled else "pending"


@dataclass
class Rebuilt:
    """Balances per account, orders by id, and what stands in each user's ledger.

    `amended`: orders that have become others than they were.
    """

    balances: dict[Account, dict[str, int]] = field(default_factory=dict)
    orders: dict[OrderId, RebuiltOrder] = field(default_factory=dict)
    entries: list[tuple[UserId, StepEntry]] = field(default_factory=list)
    amended: set[OrderId] = field(default_factory=set)
    trades: int = 0

    def add_credits(self, entries: Iterable[tuple[UserId, Entry]]) -> None:
        for user, entry in entries:
            if isinstance(entry, CreditEntry):
                amount = Amount(entry.asset, entry.units)
                source = Account(entry.source, "house")
                add_transfers(self.balances, credit_transfers(user, amount, source))

    def add_money(
        self, credits: Iterable[PostedCredit], runs: Iterable[Run], withdrawals: Iterable[Withdrawal]
    ) -> None:
        """What came in, what left custody in landed runs, and what became of each request."""
        for credit in credits:
            add_transfers(self.balances, credit.transfers)
        for run in runs:
            add_transfers(self.balances, run.posted)
        for withdrawal in withdrawals:
            add_transfers(self.balances, hold_transfers(withdrawal.hold))
            if withdrawal.state == "landed":
                add_transfers(self.balances, payment_transfers(withdrawal.hold))
            elif not withdrawal.is_open:
                add_transfers(self.balances, release_transfers(withdrawal.hold))

    def add_intake(self, market: Market, orders: Iterable[OrderRecord]) -> None:
        """Every order took its whole hold when it was promised."""
        for order in orders:
            asset = market.held(order.side).symbol
            self._hold(Hold(order.user, asset, order.hold))
            # A budget shrinks by events only, so what was held says what it was.
            budget = order.hold // market.hold_units(order.side, 1) if order.budget else 0
            self.orders[order.id] = RebuiltOrder(budget)

    def add_amendments(
        self, market: Market, orders: Iterable[OrderRecord], amendments: Iterable[Amendment]
    ) -> None:
        """So did every replace; which of them are done, the journal will say."""
        sides = {order.id: order.side for order in orders}
        for amendment in amendments:
            asset = market.held(sides[amendment.order_id]).symbol
            self._hold(Hold(amendment.user, asset, amendment.extra))
            self.orders[amendment.order_id].replaces.append((amendment.command, amendment.extra))

    def add_journal(self, market: Market, journal: Iterable[JournalEntry]) -> None:
        done: set[CommandId] = set()
        for entry in journal:
            trades = iter(entry.trades)
            for event in entry.events:
                if isinstance(event, OrderFilled):
                    self._fill(market, event, next(trades), entry.time_ms)
                elif isinstance(event, TradePrevented):
                    self.entries.append((event.user, prevented_entry(market, event, entry.time_ms)))
                elif type(event) in _EFFECTS:
                    _EFFECTS[type(event)](self, market, event)
            done.update(entry.done)
        for order in self.orders.values():
            order.replaces = [each for each in order.replaces if each[0] not in done]

    def _fill(self, market: Market, event: OrderFilled, trade: Trade, time_ms: int) -> None:
        self.trades += 1
        add_transfers(self.balances, trade_transfers(trade))
        maker, taker = fill_entries(market, event, trade, time_ms)
        sides = ((event.maker, maker, event.maker_remaining), (event.taker, taker, event.taker_remaining))
        for user, entry, remaining in sides:
            self.entries.append((user, entry))
            order = self._order(entry.order_id)
            order.filled += entry.quantity
            order.quote += entry.quote
            order.fee += entry.fee
            if remaining == 0:
                order.ends.append("filled")

    def _end(self, market: Market, event: OrderCanceled | OrderRejected) -> None:
        order = self._order(event.order_id)
        order.ends.append(end_status(event))
        order.reason = event.reason
        self._release(market, event.user, event.side, event.held)

    def _rest(self, _: Market, event: OrderRested) -> None:
        order = self._order(event.order_id)
        order.price, order.quantity = event.price, event.quantity

    def _arm(self, _: Market, event: OrderArmed) -> None:
        order = self._order(event.order.order_id)
        order.price, order.quantity = event.order.price, event.order.quantity

    def _reduce(self, market: Market, event: OrderReduced) -> None:
        order = self._order(event.order_id)
        if order.budget:
            order.budget -= event.released
        else:
            order.quantity = event.quantity
        self.amended.add(event.order_id)
        self._release(market, event.user, event.side, event.released)

    def _replace(self, market: Market, event: OrderReplaced) -> None:
        order = self._order(event.order_id)
        order.price, order.quantity = event.price, event.quantity
        self.amended.add(event.order_id)
        self._release(market, event.user, event.side, event.released)

    def _refuse(self, market: Market, event: ReplaceRefused) -> None:
        self._release(market, event.user, event.side, event.extra)

    def _order(self, order_id: OrderId) -> RebuiltOrder:
        return self.orders.setdefault(order_id, RebuiltOrder())

    def _hold(self, hold: Hold) -> None:
        add_transfers(self.balances, hold_transfers(hold))

    def _release(self, market: Market, user: UserId, side: Side, count: int) -> None:
        add_transfers(self.balances, release_transfers(hold_of(market, user, side, count)))


_EFFECTS: dict[type[Event], Callable[[Rebuilt, Market, Any], None]] = {
    OrderCanceled: Rebuilt._end,
    OrderRejected: Rebuilt._end,
    OrderRested: Rebuilt._rest,
    OrderArmed: Rebuilt._arm,
    OrderReduced: Rebuilt._reduce,
    OrderReplaced: Rebuilt._replace,
    ReplaceRefused: Rebuilt._refuse,
}
