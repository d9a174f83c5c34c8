"""How does an order become smaller and keep its place?

Like a cancel, a reduce promises nothing. It names the new quantity in all, so sending it
again is harmless: what is already so is left as it is, and who comes second is told the same.
"""

from chalicelib.errors import OrderNotOpen, OutcomeUnknown
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.intake.place_order import ACCEPT_MS
from chalicelib.flows.intake.refusals import refused
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.intake.wish import Wish
from chalicelib.flows.reading.orders import OrderState, Seen, known_state, seen_in
from chalicelib.flows.records.commands import ReduceOrder
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import reduce_command


class ReduceWish(Wish):
    """`quantity`: lots in all from now on; what is filled counts."""

    def __init__(self, visit: Visit, record: OrderRecord, quantity: int) -> None:
        super().__init__(visit)
        self._record = record
        self._quantity = quantity
        self._id = reduce_command(record.id, visit.tools.ids.uuid())
        self._refused: str | None = None
        self._seen: Seen | None = None

    def prepare(self) -> None:
        """Raises OrderNotOpen, CommandRefused, MarketClosed."""
        record, quantity = self._record, self._quantity
        require_open_order(record)
        if quantity == record.quantity:
            return
        if quantity > record.quantity:
            raise refused("not_a_reduction")
        if quantity <= record.filled:
            raise refused("quantity_already_filled")
        self.visit.require_not_halted("id")
        accept_until_ms = self.visit.now_ms + ACCEPT_MS[record.tif]
        self.command = ReduceOrder(self._id, record.id, record.user, quantity, accept_until_ms)

    def lost(self) -> OutcomeUnknown:
        return OutcomeUnknown("the reduce may have been lost; send it again", self._record.id)

    def look(self, replica: Replica) -> None:
        self.is_done = self._id in replica.done
        self._refused = replica.refused.get(self._id)
        self._seen = seen_in(replica, self._record.id)

    def outcome(self) -> OrderState:
        """Raises what the book refused."""
        found = known_state(self.visit.view, self.visit.tools.orders, self._record, self._seen)
        if self._refused == "not_a_reduction" and found.record.quantity == self._quantity:
            return found  # another request of the same came first
        if self._refused is not None:
            raise refused(self._refused, "id")
        return found


def require_open_order(record: OrderRecord) -> None:
    """Raises OrderNotOpen, also for an order that never waits in a book."""
    if not record.is_open:
        raise OrderNotOpen(f"the order is {record.status}", field="id")
    if record.tif in ("ioc", "fok") and not record.stop:
        raise refused(OrderNotOpen.code)
