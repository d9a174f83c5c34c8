"""How does an open order get another price or quantity?

The money comes first: what the changed order may need beyond what the order holds is held
in one transaction with an amendment, and the order is marked. The matcher then uses the
extra hold or gives it back, and removes the mark; there is one replace of an order at a time.
"""

from contextlib import suppress

from chalicelib.engine.order import LimitOrder, Side, StopOrder, hold_count
from chalicelib.errors import (
    CexError,
    InsufficientFunds,
    OrderNotOpen,
    OutcomeUnknown,
    StoreUnavailable,
)
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.intake.place_order import ACCEPT_MS
from chalicelib.flows.intake.reduce_order import require_open_order
from chalicelib.flows.intake.refusals import refused
from chalicelib.flows.intake.visit import Visit
from chalicelib.flows.intake.wish import PromisedWish
from chalicelib.flows.plan import Absent, Equals, OneOf, Put, Update, Write
from chalicelib.flows.ports import AmendmentKey
from chalicelib.flows.reading.orders import OrderState, Seen, known_state, own_order, seen_in
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.commands import ReplaceOrder
from chalicelib.flows.records.orders import OPEN, OrderRecord, hold_of
from chalicelib.ids import replace_command


class ReplaceWish(PromisedWish):
    """`price` in ticks and `quantity` in lots, in all; None leaves it as it is."""

    def __init__(self, visit: Visit, record: OrderRecord, price: int | None, quantity: int | None) -> None:
        super().__init__(visit)
        self._record = record
        self._price, self._quantity = price, quantity
        self._id = replace_command(record.id, visit.tools.ids.uuid())
        self._refused: str | None = None
        self._seen: Seen | None = None

    def prepare(self) -> None:
        """Raises OrderNotOpen, InvalidInput, CommandRefused, MarketClosed, RateLimited."""
        record = self._record
        self.hold, self.writes, self.command = None, (), None
        require_open_order(record)
        order = self._replaced()
        self.visit.market.require_size(order.price, order.quantity)
        if record.replacing:
            self._join(order)
        elif (order.price, order.quantity) != (record.price, record.quantity):
            self._draft(order)

    def contradicted(self) -> None:
        """The order has changed since it was read. Raises as `prepare` does."""
        self._read_again()
        self.prepare()

    def not_enough(self) -> CexError:
        field = "price" if self._quantity is None else "quantity"
        return InsufficientFunds(
            f"not enough {self.visit.market.held(self._record.side).symbol}", field=field
        )

    def look_for_promise(self) -> None:
        """An order without the mark proves nothing: what was sent may still be on its way."""
        with suppress(StoreUnavailable):
            self._read_again()
            if self._record.replacing == self._id:
                return
        raise OutcomeUnknown("the replace may have been taken; look at the order", self._record.id)

    def look(self, replica: Replica) -> None:
        self.is_done = self._id in replica.done
        self._refused = replica.refused.get(self._id)
        self._seen = seen_in(replica, self._record.id)

    def outcome(self) -> OrderState:
        """Raises what the book refused."""
        if self._refused is not None:
            raise refused(self._refused, "id")
        return known_state(self.visit.view, self.visit.tools.orders, self._record, self._seen)

    def _replaced(self) -> LimitOrder:
        """The order as it shall be. How much of it remains, the book knows."""
        order = self._record.as_limit_order()
        price = order.price if self._price is None else self._price
        quantity = order.quantity if self._quantity is None else self._quantity
        return order._replace(price=price, quantity=quantity, remaining=quantity)

    def _draft(self, order: LimitOrder) -> None:
        """What would be written and told for the order as it shall be, if it may be."""
        record, visit = self._record, self.visit
        if order.quantity <= record.filled:
            raise refused("quantity_already_filled")
        visit.require_not_halted("id")
        self._require_awake()
        if order.price != record.price or order.quantity > record.quantity:
            visit.require_admission(order, "id", is_new=False)
        count = extra_count(record, order.price, order.quantity)
        if count:
            visit.require_open_gate()
            self.hold = hold_of(visit.market, record.user, record.side, count)
        units = self.hold.units if self.hold else 0
        amendment = Amendment(
            self._id, record.user, record.market, record.id, order.price, order.quantity, units, visit.now_ms
        )
        self.writes = (
            Put(schema.amendment(record.user, self._id), amendment.to_item(), require=(Absent(),)),
            _mark(record, amendment),
        )
        self._address(order, amendment)

    def _join(self, order: LimitOrder) -> None:
        """The same again is the same replace; its message may have been lost."""
        assert self._record.replacing
        keys = [AmendmentKey(self._record.user, self._record.replacing)]
        (amendment,) = self.visit.tools.orders.amendments(keys)
        if (amendment.price, amendment.quantity) != (order.price, order.quantity):
            raise refused("replace_outstanding")
        self._id = amendment.command
        self._address(order, amendment)

    def _require_awake(self) -> None:
        """Raises OrderNotOpen: a stop that sleeps is not replaced, nor one that never will wait."""
        record = self._record
        if not record.stop:
            return
        with self.visit.view.current() as replica:
            asleep = isinstance(replica.book.find(record.id), StopOrder)
        if asleep or record.tif in ("ioc", "fok"):
            raise refused(OrderNotOpen.code)

    def _address(self, order: LimitOrder, amendment: Amendment) -> None:
        """The command, as long as the matcher would not find it late."""
        count = amendment.extra // self.visit.market.hold_units(order.side, 1)
        accept_until_ms = amendment.created_ms + ACCEPT_MS[order.tif]
        if self.visit.now_ms <= accept_until_ms:
            self.command = ReplaceOrder(amendment.command, order, count, accept_until_ms)

    def _read_again(self) -> None:
        self._record = own_order(self.visit.tools.orders, self._record.user, self._record.id)


def extra_count(record: OrderRecord, price: int, quantity: int) -> int:
    """What must be held beside the order's own hold, so that it suffices whatever is filled meanwhile.

    Counts what a hold counts. What is lacking changes by the same amount with every lot that
    is filled, so the larger of its two ends is enough: as much as is filled now, or all that
    the smaller of the two quantities allows.
    """
    most = min(quantity, record.quantity)
    return max(0, *(_lacking(record, price, quantity, filled) for filled in (record.filled, most)))


def _lacking(record: OrderRecord, price: int, quantity: int, filled: int) -> int:
    side: Side = record.side
    return hold_count(side, price, quantity - filled) - hold_count(
        side, record.price, record.quantity - filled
    )


def _mark(record: OrderRecord, amendment: Amendment) -> Write:
    """On the condition that the order is as it was when the extra hold was reckoned."""
    return Update(
        schema.order(record.user, record.id),
        set={
            "replacing": amendment.command,
            "last_replace": amendment.command,
            "extra": amendment.extra,
            # With the hold it says how the order came in, should the journal ever lose that.
            "first_price": record.first_price or record.price,
        },
        require=(
            OneOf("status", OPEN),
            Equals("replacing", ""),
            Equals("price", record.price),
            Equals("quantity", record.quantity),
        ),
    )
