"""How does an order end because its owner wants it to?

A cancel is a request to the matcher and promises nothing by itself; so where it may have
been lost the answer says so, and sending it again is harmless.
"""

from chalicelib.errors import OrderNotOpen, OutcomeUnknown
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.intake.refusals import refused
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.intake.wish import Wish
from chalicelib.flows.reading.orders import OrderState, known_state
from chalicelib.flows.records.commands import CancelOrder
from chalicelib.flows.records.orders import FINAL, OrderRecord
from chalicelib.ids import cancel_command, place_command


class CancelWish(Wish):
    """Canceling a canceled order again is fine."""

    def __init__(self, visit: Visit, record: OrderRecord) -> None:
        super().__init__(visit)
        self._record = record
        self._id = cancel_command(record.id, visit.tools.ids.uuid())
        self._rested = self._halted = False

    def prepare(self) -> None:
        """Raises MarketClosed."""
        if self._record.is_open:
            self.visit.require_not_halted("id")
            with self.visit.view.recent() as replica:
                self._rested = replica.book.knows(self._record.id)
            self.command = CancelOrder(self._id, self._record.id, self._record.user)

    def lost(self) -> OutcomeUnknown:
        return OutcomeUnknown("the cancel may have been lost; send it again", self._record.id)

    def look(self, replica: Replica) -> None:
        order_id = self._record.id
        self._halted = replica.book.mode == "halted"
        was_there = self._rested or place_command(order_id) in replica.done
        ended = was_there and not replica.book.knows(order_id)
        self.is_done = self._id in replica.done or ended

    def outcome(self) -> OrderState:
        """Raises OrderNotOpen for any other end, and MarketClosed."""
        found = known_state(self.visit.view, self.visit.tools.orders, self._record)
        if found.status in FINAL and found.status != "canceled":
            raise OrderNotOpen(f"the order is {found.status}", field="id")
        if self._halted and found.status not in FINAL:
            raise refused("market_halted", "id")
        return found
