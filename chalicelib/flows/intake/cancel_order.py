"""How does an order end because its owner wants it to?

A cancel is a request to the matcher and promises nothing by itself; so where it may have
been lost the answer says so, and sending it again is harmless.
"""

from collections.abc import Mapping
from contextlib import suppress

from chalicelib.errors import (
    BookCorrupt,
    NotFound,
    OrderNotOpen,
    OutcomeUnknown,
    QueueUnavailable,
    StoreError,
)
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.intake.gate import market_halted
from chalicelib.flows.ports import CommandQueue, Identifiers, OrderReader
from chalicelib.flows.reading.orders import OrderState, known_state
from chalicelib.flows.records.commands import CancelOrder
from chalicelib.flows.records.orders import FINAL, OrderRecord
from chalicelib.ids import MarketId, OrderId, UserId, cancel_command, place_command


class OrderCancels:
    """Passes cancels on, for users who have been authenticated."""

    def __init__(
        self,
        orders: OrderReader,
        queue: CommandQueue,
        ids: Identifiers,
        views: Mapping[MarketId, MarketView],
    ) -> None:
        self._orders = orders
        self._queue = queue
        self._ids = ids
        self._views = views

    def cancel(self, user: UserId, order_id: OrderId, wait_ms: int) -> OrderState:
        """The order once it was canceled, or as it stands when `wait_ms` was too short.

        Canceling a canceled order again is fine. Raises NotFound, OrderNotOpen for any other
        end, MarketClosed, and OutcomeUnknown when the request may not have been passed on.
        """
        record = self._orders.get(user, order_id)
        if record is None:
            raise NotFound("no such order", code="order_not_found", field="id")
        view = self._views[record.market]
        halted = self._pass_on(record, view, wait_ms) if record.is_open else False
        found = known_state(view, self._orders, record)
        if found.status in FINAL and found.status != "canceled":
            raise OrderNotOpen(f"the order is {found.status}", field="id")
        if halted and found.status not in FINAL:
            raise market_halted("id")
        return found

    def _pass_on(self, record: OrderRecord, view: MarketView, wait_ms: int) -> bool:
        """Send the cancel and wait for it. Whether the market turned out to be halted."""
        order_id, command = record.id, cancel_command(record.id, self._ids.uuid())
        with view.recent() as replica:
            halted, rested = replica.book.halted is not None, order_id in replica.book.orders
        if halted:
            raise market_halted("id")
        try:
            self._queue.send(view.market, CancelOrder(command, order_id, record.user))
        except QueueUnavailable:
            raise OutcomeUnknown("the cancel may have been lost; send it again", order_id) from None

        def ended(replica: Replica) -> bool:
            nonlocal halted
            halted = replica.book.halted is not None
            known = rested or place_command(order_id) in replica.done
            return command in replica.done or (known and order_id not in replica.book.orders)

        # It is on its way: what can not be read now does not call it back.
        with suppress(StoreError, BookCorrupt):
            view.wait_until(ended, wait_ms)
        return halted
