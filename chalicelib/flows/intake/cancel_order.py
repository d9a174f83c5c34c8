"""How does an order end because its owner wants it to?

A cancel is a request to the matcher and promises nothing by itself; so where it may have
been lost the answer says so, and sending it again is harmless.
"""

from chalicelib.errors import OrderNotOpen, OutcomeUnknown
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.intake.refusals import refused
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.intake.wish import Wish
from chalicelib.flows.reading.orders import OrderState, Seen, known_state, seen_in
from chalicelib.flows.records.commands import CancelOrder
from chalicelib.flows.records.orders import FINAL, OrderRecord
from chalicelib.ids import cancel_command, place_command

# A cancel must outlive a backlog. What comes after it is late while its id is still remembered,
# so that the answer it once got stays true.
CANCEL_ACCEPT_MS = 7 * 60_000


class CancelWish(Wish):
    """Canceling a canceled order again is fine."""

    def __init__(self, visit: Visit, record: OrderRecord) -> None:
        super().__init__(visit)
        self._record = record
        self._id = cancel_command(record.id, visit.tools.ids.uuid())
        self._was_there = False
        self._seen: Seen | None = None
        self._refused: str | None = None

    def prepare(self) -> None:
        """Raises MarketClosed."""
        if self._record.is_open:
            self.visit.require_not_halted("id")
            with self.visit.view.recent() as replica:
                self._was_there = replica.book.knows(self._record.id)
                self._seen = seen_in(replica, self._record.id)
            until_ms = self.visit.now_ms + CANCEL_ACCEPT_MS
            self.command = CancelOrder(self._id, self._record.id, self._record.user, until_ms)

    def lost(self) -> OutcomeUnknown:
        return OutcomeUnknown("the cancel may have been lost; send it again", self._record.id)

    def look(self, replica: Replica) -> None:
        order_id = self._record.id
        self._seen = seen_in(replica, order_id)
        self._refused = replica.refused.get(self._id)
        was_there = self._was_there or place_command(order_id) in replica.done
        ended = was_there and not replica.book.knows(order_id)
        self.is_done = self._id in replica.done or ended

    def outcome(self) -> OrderState:
        """Raises OrderNotOpen for any other end, and what the book refused."""
        found = known_state(self.visit.view, self.visit.tools.orders, self._record, self._seen)
        if found.status in FINAL and found.status != "canceled":
            raise OrderNotOpen(f"the order is {found.status}", field="id")
        if self._refused is not None and found.status not in FINAL:
            raise refused(self._refused, "id")
        return found
