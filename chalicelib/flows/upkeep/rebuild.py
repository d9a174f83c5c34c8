"""What must wallets, orders and ledger entries be, by the journals and the intake records alone?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chalicelib.engine.events import OrderCanceled, OrderFilled, OrderRejected
from chalicelib.flows.records.entries import CreditEntry, Entry, FillEntry
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord, Status, end_status, hold_for
from chalicelib.flows.records.trades import fill_entries
from chalicelib.flows.runs.run import Run
from chalicelib.flows.upkeep.audit_money import PostedCredit
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import OrderId, UserId
from chalicelib.ledger.audit import add_transfers
from chalicelib.ledger.transfers import (
    Account,
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
    """What the journal says of one order. `ends` has one member, or none while it is open."""

    filled: int = 0
    quote: int = 0
    fee: int = 0
    reason: str = ""
    ends: list[Status] = field(default_factory=list)

    @property
    def status(self) -> Status:
        if self.ends:
            return self.ends[-1]
        return "partially_filled" if self.filled else "pending"


@dataclass
class Rebuilt:
    """Balances per account, orders by id, and the fills of each user."""

    balances: dict[Account, dict[str, int]] = field(default_factory=dict)
    orders: dict[OrderId, RebuiltOrder] = field(default_factory=dict)
    fills: list[tuple[UserId, FillEntry]] = field(default_factory=list)
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
            self.orders[order.id] = RebuiltOrder()
            hold = hold_for(market, order.user, order.side, order.price, order.quantity)
            add_transfers(self.balances, hold_transfers(hold))

    def add_journal(self, market: Market, journal: Iterable[JournalEntry]) -> None:
        for entry in journal:
            trades = iter(entry.trades)
            for event in entry.events:
                if isinstance(event, OrderFilled):
                    self._fill(market, event, next(trades), entry.time_ms)
                elif isinstance(event, OrderCanceled | OrderRejected):
                    self._end(market, event)

    def _fill(self, market: Market, event: OrderFilled, trade: Trade, time_ms: int) -> None:
        self.trades += 1
        add_transfers(self.balances, trade_transfers(trade))
        maker, taker = fill_entries(market, event, trade, time_ms)
        sides = ((event.maker, maker, event.maker_remaining), (event.taker, taker, event.taker_remaining))
        for user, entry, remaining in sides:
            self.fills.append((user, entry))
            order = self.orders.setdefault(entry.order_id, RebuiltOrder())
            order.filled += entry.quantity
            order.quote += entry.quote
            order.fee += entry.fee
            if remaining == 0:
                order.ends.append("filled")

    def _end(self, market: Market, event: OrderCanceled | OrderRejected) -> None:
        order = self.orders.setdefault(event.order_id, RebuiltOrder())
        order.ends.append(end_status(event))
        order.reason = event.reason
        hold = hold_for(market, event.user, event.side, event.price, event.remaining)
        add_transfers(self.balances, release_transfers(hold))


def open_orders(orders: Iterable[OrderRecord]) -> Iterator[OrderRecord]:
    return (order for order in orders if order.is_open)
