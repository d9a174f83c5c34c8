"""What does a step make of one stored order, and what does it expect to find there?"""

from dataclasses import dataclass

from chalicelib.flows import schema
from chalicelib.flows.plan import Condition, Equals, OneOf, Update, Value
from chalicelib.flows.records.entries import FillEntry
from chalicelib.flows.records.orders import OPEN, Status
from chalicelib.ids import CommandId, OrderId, UserId


@dataclass
class OrderChange:
    """`filled_before` is what the book believes is stored.

    `ended`: how it ended, if it did. `price`, `quantity`: from now on, if they change.
    `budget_cut`: ticks x lots that a market buy may no longer spend. `settled`: the replace
    that was outstanding and no longer is.
    """

    user: UserId
    filled_before: int
    filled: int
    ended: Status | None = None
    reason: str = ""
    quote: int = 0
    fee: int = 0
    price: int | None = None
    quantity: int | None = None
    budget_cut: int = 0
    settled: CommandId | None = None

    def fill(self, entry: FillEntry, remaining: int) -> None:
        self.filled += entry.quantity
        self.quote += entry.quote
        self.fee += entry.fee
        if remaining == 0:
            self.ended = "filled"

    def write(self, order_id: OrderId, now_ms: int) -> Update:
        fields: dict[str, Value] = {"updated_ms": now_ms}
        sums: dict[str, int] = {}
        require: tuple[Condition, ...] = ()
        if self._is_of_the_order_itself:
            fields |= self._fields()
            sums = self._sums()
            require = (Equals("filled", self.filled_before), OneOf("status", OPEN))
        if self.settled is not None:
            fields |= {"replacing": "", "extra": 0}
            require += (Equals("replacing", self.settled),)
        return Update(schema.order(self.user, order_id), set=fields, add=sums, require=require)

    @property
    def _is_of_the_order_itself(self) -> bool:
        """A replace that is refused leaves its order alone, which may have ended long ago."""
        changed = self.ended, self.price, self.quantity
        return (
            self.filled != self.filled_before
            or any(each is not None for each in changed)
            or bool(self.budget_cut)
        )

    def _fields(self) -> dict[str, Value]:
        status = self.ended or ("partially_filled" if self.filled else "pending")
        given = {"price": self.price, "quantity": self.quantity, "reason": self.reason or None}
        changed = {name: value for name, value in given.items() if value is not None}
        return {"filled": self.filled, "status": status, **changed}

    def _sums(self) -> dict[str, int]:
        sums = {"quote": self.quote, "fee": self.fee, "budget": -self.budget_cut}
        return {name: units for name, units in sums.items() if units}
