"""What is a whole exchange in a test? Its real parts over a store, a queue and a clock in memory.

Any number of processes may run at once over the same store; a `House` is one of them, with
whatever it keeps warm. Tests enter by `wiring`'s own door.
"""

from collections.abc import Mapping
from typing import Any
from unittest import mock

from chalicelib import handlers
from chalicelib.engine.events import OrderFilled
from chalicelib.engine.order import LimitOrder, Side, TimeInForce
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica, load
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.intake.cancel_all import CancelAllReport, SwitchReport
from chalicelib.flows.intake.cancel_order import CANCEL_ACCEPT_MS
from chalicelib.flows.intake.desk import Maker
from chalicelib.flows.intake.desk import Outcome as Wished
from chalicelib.flows.intake.place_order import OrderRequest, place_of
from chalicelib.flows.matcher.match import Matcher, Message, Outcome
from chalicelib.flows.plan import Item
from chalicelib.flows.reading.orders import OrderState, own_order, state_of
from chalicelib.flows.records.commands import CancelOrder, Command, PlaceOrder, SetMode
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.records.wallets import Balance, balances
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.audit import AuditReport, audit
from chalicelib.flows.upkeep.sweep import SweepReport
from chalicelib.ids import CommandId, MarketId, OrderId, UserId, cancel_command
from chalicelib.listing import MARKETS
from chalicelib.market import Market
from chalicelib.money import Amount
from chalicelib.wiring import Exchange
from infra.resources import MATCHER_SECONDS

from .clock import CountedIds, Figures, ManualTimer, Notebook, SkewedTimer
from .memory import MemoryStore
from .queue import MemoryQueue, Record

KTA = MARKETS[MarketId("KTA/USDT")]
USDX = MARKETS[MarketId("USDX/USDT")]

# What everybody starts with, in units: a million of each token.
RICH = {"KTA": 10**24, "USDT": 10**12, "USDX": 10**12}
MATCHER_MS = 1_000 * MATCHER_SECONDS
SCHEDULED_MS = 60_000
DELIVERIES_MAX = 200

_ENVIRONMENT = {"CEX_STAGE": "test", "CEX_PREFIX": "test", "CEX_DOMAIN": "test", "CEX_NETWORK": "test"}


class House(Exchange):
    """One process of the exchange."""

    def __init__(self, parts: Mapping[str, object], environment: Mapping[str, str] = _ENVIRONMENT) -> None:
        super().__init__(environment)
        vars(self).update(parts)


class Context:
    """The second argument of a handler."""

    def get_remaining_time_in_millis(self) -> int:
        return MATCHER_MS


class World:
    """`house` serves the API and the schedules, and its matchers are those that the queue feeds."""

    def __init__(self) -> None:
        self.timer = ManualTimer()
        self.ids = CountedIds()
        self.store = MemoryStore()
        self.queue = MemoryQueue(self.timer)
        self.notebook = Notebook()
        self.figures = Figures()
        self.house = self.new_process()

    def new_process(self, clock_off_by_ms: int = 0) -> House:
        """A process that knows nothing yet."""
        parts = {
            "timer": SkewedTimer(self.timer, clock_off_by_ms) if clock_off_by_ms else self.timer,
            "ids": self.ids,
            "observer": self.notebook,
            "meter": self.figures,
            "store": self.store,
            "queue": self.queue,
        }
        return House(parts)

    def restart(self) -> None:
        """Everything warm is lost."""
        self.house = self.new_process()

    # --- what users do ------------------------------------------------------------------------

    def fund(self, *users: str, **units: int) -> None:
        for user in users:
            for asset, amount in (units or RICH).items():
                plan = credit(UserId(user), Amount(asset, amount), self.ids.uuid()[-12:], self.timer.now_ms())
                self.store.commit(plan)

    def place(
        self,
        user: str,
        side: Side,
        quantity: int,
        price: int,
        tif: TimeInForce = "gtc",
        *,
        client_id: str = "",
        market: Market = KTA,
        wait_ms: int = 0,
        **more: Any,
    ) -> OrderId:
        """Through intake, and into the queue. The order's id."""
        return self.placed(user, side, quantity, price, tif, client_id, market, wait_ms, **more).record.id

    def placed(
        self,
        user: str,
        side: Side,
        quantity: int,
        price: int,
        tif: TimeInForce = "gtc",
        client_id: str = "",
        market: Market = KTA,
        wait_ms: int = 0,
        **more: Any,
    ) -> OrderState:
        """As `place`; what intake answers. `more`: other fields of the request."""
        self.timer.advance(1)
        request = OrderRequest(market, side, price, quantity, tif, client_id, **more)
        return self.house.intake.place(UserId(user), request, self.house.views[market.id], wait_ms)

    def cancel(self, user: str, order_id: OrderId, wait_ms: int = 0) -> OrderState:
        self.timer.advance(1)
        order = self.own(user, order_id)
        return self.house.intake.cancel(order, self.house.views[order.market], wait_ms)

    def reduce(self, user: str, order_id: OrderId, quantity: int, wait_ms: int = 0) -> OrderState:
        """To so many lots in all."""
        self.timer.advance(1)
        order = self.own(user, order_id)
        return self.house.intake.reduce(order, quantity, self.house.views[order.market], wait_ms)

    def replace(
        self,
        user: str,
        order_id: OrderId,
        price: int | None = None,
        quantity: int | None = None,
        wait_ms: int = 0,
    ) -> OrderState:
        """`quantity` lots in all; None leaves it as it is."""
        self.timer.advance(1)
        order = self.own(user, order_id)
        return self.house.intake.replace(order, price, quantity, self.house.views[order.market], wait_ms)

    def cancel_all(
        self, user: str, side: Side | None = None, market: Market = KTA, wait_ms: int = 0
    ) -> CancelAllReport:
        self.timer.advance(1)
        return self.house.cancel_alls.cancel_all(UserId(user), self.house.views[market.id], side, wait_ms)

    def cancel_all_after(self, user: str, ms: int, market: Market = KTA, wait_ms: int = 0) -> SwitchReport:
        self.timer.advance(1)
        return self.house.cancel_alls.cancel_all_after(UserId(user), self.house.views[market.id], ms, wait_ms)

    def batch(self, user: str, *makers: Maker, market: Market = KTA, wait_ms: int = 0) -> list[Wished]:
        self.timer.advance(1)
        return self.house.intake.batch(UserId(user), self.house.views[market.id], makers, wait_ms)

    def own(self, user: str, order_id: OrderId) -> OrderRecord:
        """As the owner reads it. Raises NotFound."""
        return own_order(self.house.orders, UserId(user), order_id)

    # --- what the cloud does ------------------------------------------------------------------

    def hand_over(self, records: list[Record], market: Market = KTA, house: House | None = None) -> list[str]:
        """Run the matcher's handler on one batch. The ids of the messages it reports as failed."""
        event = {"Records": records}
        with mock.patch.object(handlers, "exchange", return_value=house or self.house):
            answer = handlers.match(market, event, Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def deliver(self, market: Market = KTA, most: int = 10, house: House | None = None) -> list[str]:
        """One batch from the queue; what succeeded is deleted. The ids of what failed."""
        records = self.queue.receive(market.id, most)
        failed = self.hand_over(records, market, house) if records else []
        self.queue.delete(market.id, [record for record in records if record["messageId"] not in failed])
        return failed

    def settle(self, *markets: Market, most: int = 10) -> None:
        """Deliver until nothing waits; what failed comes again when its time has come."""
        for market in markets or (KTA,):
            for _ in range(DELIVERIES_MAX):
                if not self.queue.waiting(market.id):
                    break
                self.timer.advance(self.queue.visible_in_ms(market.id))
                self.deliver(market, most)
            else:
                raise AssertionError(f"{market.id} does not come to rest")

    def sweep(self, market: Market = KTA) -> SweepReport:
        return self.house.sweeper.run(self.house.views[market.id], self.timer.now_ms() + SCHEDULED_MS)

    def tick(self, market: Market = KTA) -> bool:
        """The clock looks once, and what it sends is done. Whether it sent anything."""
        sent = self.house.clock.look(self.house.views[market.id])
        self.settle(market)
        return sent

    def open_market(self, market: Market = KTA) -> None:
        """By a person."""
        command_id = CommandId(f"open-{self.ids.uuid()}")
        self.run(SetMode(command_id, "open", "checked", self.timer.now_ms() + 60_000), market=market)

    def fold(self, market: Market = KTA) -> bool:
        return self.house.folder.run(market, always=True)

    # --- what a test looks at -----------------------------------------------------------------

    def matcher(self, market: Market = KTA) -> Matcher:
        return self.house.matcher(market)

    def run(self, *commands: Command, house: House | None = None, market: Market = KTA) -> Outcome:
        """Give commands straight to a matcher, one message each."""
        messages = [Message(f"message-{i}", (command,)) for i, command in enumerate(commands)]
        return (house or self.house).matcher(market).run(messages, self.timer.now_ms() + MATCHER_MS)

    def place_command(self, order_id: OrderId) -> PlaceOrder:
        """The command that intake sent, or would have sent."""
        return place_of(self.record(order_id))

    def cancel_command(self, order_id: OrderId, user: str) -> CancelOrder:
        """The command that intake would send now."""
        until_ms = self.timer.now_ms() + CANCEL_ACCEPT_MS
        return CancelOrder(cancel_command(order_id, "1"), order_id, UserId(user), until_ms)

    def record(self, order_id: OrderId) -> OrderRecord:
        (record,) = (each for each in self.records() if each.id == order_id)
        return record

    def records(self) -> list[OrderRecord]:
        items = self.store.scan(schema.ACCOUNTS)
        return [
            OrderRecord.from_item(item) for item in items if str(item["sk"]).startswith(schema.ORDER_PREFIX)
        ]

    def state(self, order_id: OrderId) -> OrderState:
        record = self.record(order_id)
        found = state_of(self.house.views[record.market], self.house.orders, record.user, order_id)
        assert found is not None
        return found

    def status(self, order_id: OrderId) -> str:
        return self.state(order_id).status

    def balance(self, user: str, asset: str) -> Balance:
        found = {each.asset: each for each in balances(self.store.get(schema.wallet(user)))}
        return found.get(asset, Balance(asset, 0, 0))

    def held(self, user: str) -> dict[str, int]:
        """What is held of each asset, without the zeros."""
        return {each.asset: each.held for each in balances(self.store.get(schema.wallet(user))) if each.held}

    def journal(self, market: Market = KTA) -> list[JournalEntry]:
        return list(self.house.journal.tail(market.id, 0))

    def book(self, market: Market = KTA) -> Replica:
        """As a process that starts now would load it."""
        return load(market, self.house.journal, self.timer.now_ms())

    def unfinished(self, market: Market = KTA) -> LimitOrder:
        """The order whose sweep was cut."""
        order = self.book(market).book.unfinished
        assert order is not None
        return order

    def fills(self, market: Market = KTA) -> list[OrderFilled]:
        """Every trade of the journal."""
        events = (event for entry in self.journal(market) for event in entry.events)
        return [event for event in events if isinstance(event, OrderFilled)]

    def item(self, key: Key) -> Item:
        found = self.store.get(key)
        assert found is not None
        return found

    def audit(self) -> AuditReport:
        return audit(self.store, self.house.journal, self.house.every_market, self.timer.now_ms())


def kinds(entries: list[JournalEntry]) -> list[str]:
    """The names of all events, in order."""
    return [type(event).__name__ for entry in entries for event in entry.events]
