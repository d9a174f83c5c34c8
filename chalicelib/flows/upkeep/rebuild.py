"""What must wallets, orders and ledger entries be, by the journals and the intake records alone?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

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
from chalicelib.flows import schema
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.entries import CreditEntry, Entry, StepEntry
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord, Status, end_status, hold_of
from chalicelib.flows.records.trades import fill_entries, prevented_entry
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.custodied import Custodied
from chalicelib.flows.upkeep.stored import Stored
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import CommandId, MarketId, OrderId, UserId
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

Releasing: TypeAlias = OrderCanceled | OrderRejected | OrderReduced | OrderReplaced | ReplaceRefused


@dataclass
class RebuiltOrder:
    """What the journal says of one order. `ends` has one member, or none while it is open.

    `price`, `quantity`: the last that the journal names, None where it names none. `budget`:
    ticks x lots. `replaces`: promised, and not done in any journal; each with its extra units.
    `promised`: units that were held for it in all; `gone`: of these, what it paid or gave back.
    `touched_ms`: of the newest journal entry that speaks of it, 0 if none does.
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
    promised: int = 0
    gone: int = 0
    touched_ms: int = 0

    @property
    def status(self) -> Status:
        if self.ends:
            return self.ends[-1]
        return "partially_filled" if self.filled else "pending"


@dataclass
class Rebuilt:
    """Balances per account, orders by id, and what steps wrote into each user's ledger.

    `written`: the same entries, by their keys. `amended`: orders that have become others than they were.
    """

    balances: dict[Account, dict[str, int]] = field(default_factory=dict)
    orders: dict[OrderId, RebuiltOrder] = field(default_factory=dict)
    entries: list[tuple[UserId, StepEntry]] = field(default_factory=list)
    written: dict[Key, StepEntry] = field(default_factory=dict)
    amended: set[OrderId] = field(default_factory=set)
    trades: int = 0
    _entry: JournalEntry | None = None
    _position: int = 0

    def add_credits(self, entries: Iterable[tuple[UserId, Entry]]) -> None:
        for user, entry in entries:
            if isinstance(entry, CreditEntry):
                amount = Amount(entry.asset, entry.units)
                source = Account(entry.source, "house")
                add_transfers(self.balances, credit_transfers(user, amount, source))

    def add_money(self, custody: Custodied, withdrawals: Iterable[Withdrawal]) -> None:
        """What came in, what left custody in landed runs, what became of each request, and adjustments."""
        for credit in custody.credits:
            add_transfers(self.balances, credit.transfers)
        for run in custody.runs:
            add_transfers(self.balances, run.posted)
        for adjustment in custody.adjustments:
            if adjustment.state == "posted":
                add_transfers(self.balances, adjustment.transfers)
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
            spends = order.budget or not order.quantity
            budget = order.hold // market.hold_units(order.side, 1) if spends else 0
            self.orders[order.id] = RebuiltOrder(budget, promised=order.hold)

    def add_amendments(
        self, market: Market, orders: Iterable[OrderRecord], amendments: Iterable[Amendment]
    ) -> None:
        """So did every replace; which of them are done, the journal will say. One without its order is void:
        its hold went the way of the order's."""
        sides = {order.id: order.side for order in orders}
        for amendment in amendments:
            if amendment.order_id not in sides:
                continue
            asset = market.held(sides[amendment.order_id]).symbol
            self._hold(Hold(amendment.user, asset, amendment.extra))
            order = self.orders[amendment.order_id]
            order.replaces.append((amendment.command, amendment.extra))
            order.promised += amendment.extra

    def add_journal(self, market: Market, journal: Iterable[JournalEntry]) -> None:
        done: set[CommandId] = set()
        for entry in journal:
            trades = iter(entry.trades)
            self._entry, self._position = entry, 0
            for event in entry.events:
                if isinstance(event, OrderFilled):
                    self._fill(market, event, next(trades), entry.time_ms)
                elif isinstance(event, TradePrevented):
                    self._write_down(event.user, prevented_entry(market, event, entry.time_ms))
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
            self._write_down(user, entry)
            order = self._order(entry.order_id)
            order.filled += entry.quantity
            order.quote += entry.quote
            order.fee += entry.fee
            if entry.side == "sell":
                order.gone += entry.base
            else:
                order.gone += entry.quote + (trade.released if entry.role == "taker" else 0)
            if remaining == 0:
                order.ends.append("filled")

    def _write_down(self, user: UserId, entry: StepEntry) -> None:
        """In the order in which a step writes them."""
        step = self._entry
        assert step is not None
        key = schema.fill_entry(user, step.time_ms, step.market, step.seq, self._position)
        self._position += 1
        self.entries.append((user, entry))
        self.written[key] = entry

    def _end(self, market: Market, event: OrderCanceled | OrderRejected) -> None:
        order = self._order(event.order_id)
        order.ends.append(end_status(event))
        order.reason = event.reason
        self._release(market, event, event.held)

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
        self._release(market, event, event.released)

    def _replace(self, market: Market, event: OrderReplaced) -> None:
        order = self._order(event.order_id)
        order.price, order.quantity = event.price, event.quantity
        self.amended.add(event.order_id)
        self._release(market, event, event.released)

    def _refuse(self, market: Market, event: ReplaceRefused) -> None:
        self._release(market, event, event.extra)

    def _order(self, order_id: OrderId) -> RebuiltOrder:
        order = self.orders.setdefault(order_id, RebuiltOrder())
        order.touched_ms = self._entry.time_ms if self._entry else 0
        return order

    def _hold(self, hold: Hold) -> None:
        add_transfers(self.balances, hold_transfers(hold))

    def _release(self, market: Market, event: Releasing, count: int) -> None:
        hold = hold_of(market, event.user, event.side, count)
        self._order(event.order_id).gone += hold.units
        add_transfers(self.balances, release_transfers(hold))


_EFFECTS: dict[type[Event], Callable[[Rebuilt, Market, Any], None]] = {
    OrderCanceled: Rebuilt._end,
    OrderRejected: Rebuilt._end,
    OrderRested: Rebuilt._rest,
    OrderArmed: Rebuilt._arm,
    OrderReduced: Rebuilt._reduce,
    OrderReplaced: Rebuilt._replace,
    ReplaceRefused: Rebuilt._refuse,
}


def rebuild(stored: Stored, markets: Mapping[MarketId, Market]) -> Rebuilt:
    """Everything that follows from what is stored of deposits, runs, withdrawals, intake and journals."""
    rebuilt = Rebuilt()
    rebuilt.add_credits(stored.entries)
    rebuilt.add_money(stored.custody, stored.withdrawals)
    for market_id, market in markets.items():
        orders = [order for order in stored.orders if order.market == market_id]
        rebuilt.add_intake(market, orders)
        amendments = (each for each in stored.amendments if each.market == market_id)
        rebuilt.add_amendments(market, orders, amendments)
        rebuilt.add_journal(market, stored.journals[market_id])
    return rebuilt
