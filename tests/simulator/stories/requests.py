"""What did a client ask for, and what was it told? The history that a run is judged by."""

from dataclasses import dataclass, field
from typing import Any

from chalicelib.flows.intake.place_order import OrderRequest
from chalicelib.flows.reading.orders import OrderState
from chalicelib.ids import OrderId, UserId

DIED = "died"
# The client can not know whether it was done.
UNKNOWN = ("outcome_unknown", DIED)


@dataclass
class Request:
    """`code` is empty when it was answered with `states`. Times are true, in microseconds.

    `sent` are the messages that went to the queue on its behalf, and whether the queue said
    that it has them. `uuids` are the ids that were drawn for it.
    """

    client: str
    user: UserId
    label: int
    kind: str
    order_id: OrderId | None = None
    wanted: OrderRequest | None = None
    began_us: int = 0
    ended_us: int = 0
    code: str = ""
    detail: str = ""
    states: list[OrderState] = field(default_factory=list)
    answer: Any = None
    uuids: list[str] = field(default_factory=list)
    sent: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def is_answered(self) -> bool:
        return self.code == ""

    @property
    def is_unknown(self) -> bool:
        return self.code in UNKNOWN

    def __str__(self) -> str:
        told = self.code or ", ".join(f"{state.status} {state.filled}" for state in self.states) or "done"
        return f"{self.client} {self.label}: {self.kind} {self.order_id or ''} -> {told}"
