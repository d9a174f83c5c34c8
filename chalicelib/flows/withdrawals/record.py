"""What is kept of a withdrawal, and which states can it be in?

    requested ----> planned ----> signed ----> submitted ----> landed
        |              |             |             |
        |              +--> failed   +-------------+--> stuck, failed, requested
        +--> canceled, failed

The record is written when it is requested, planned and ended. While it is planned, its run tells
whether it is signed or submitted. `stuck` is for what nobody may decide before it is proven what stands in
its place, or for what only a person may.
"""

from typing import Literal, NamedTuple, cast

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.plan import AtMost, Item, OneOf, Put, Update, Value
from chalicelib.flows.runs.run import Run
from chalicelib.ids import UserId
from chalicelib.ledger.transfers import Hold

State = Literal["requested", "planned", "signed", "submitted", "landed", "failed", "canceled", "stuck"]
Status = Literal["pending", "processing", "completed", "canceled", "failed"]

# Every lawful step; a state that is not here is an end. A rescan plans into the run that it finds on chain.
STEPS: dict[State, tuple[State, ...]] = {
    "requested": ("planned", "canceled", "failed"),
    "planned": ("signed", "requested", "failed", "planned"),
    "signed": ("submitted", "landed", "failed", "stuck", "requested"),
    "submitted": ("landed", "failed", "stuck", "requested"),
    "stuck": ("landed", "failed", "requested", "planned"),
}
# Stored as planned: which of them it is, its run tells.
IN_RUN: tuple[State, ...] = ("planned", "signed", "submitted")
# What traders know of it.
STATUSES: dict[State, Status] = {
    "requested": "pending",
    "planned": "processing",
    "signed": "processing",
    "submitted": "processing",
    "stuck": "processing",
    "landed": "completed",
    "canceled": "canceled",
    "failed": "failed",
}
DAY_MS = 86_400_000
FINAL: tuple[State, ...] = ("landed", "failed", "canceled")


class Withdrawal(NamedTuple):
    """`units` of `asset` to the address `to`. `run` is 0 until it is planned; `block` is the hash of
    the one that paid it. needs: how many people must approve it; approved: who did. signature: the
    user's own, in base64, and until when it was good; "" for a request that he did not sign.
    request_id: of the HTTP request that asked for it; empty for what was stored before requests had ids."""

    id: str
    user: UserId
    asset: str
    units: int
    to: str
    state: State
    reason: str
    created_ms: int
    updated_ms: int
    client_id: str
    run: int
    block: str
    needs: int
    approved: list[str]
    signature: str = ""
    signed_until: str = ""
    request_id: str = ""

    @property
    def status(self) -> Status:
        return STATUSES[self.state]

    @property
    def hold(self) -> Hold:
        return Hold(self.user, self.asset, self.units)

    @property
    def is_open(self) -> bool:
        return self.state not in FINAL

    @property
    def content(self) -> tuple[str, int, str]:
        """What two requests with the same client id must have in common."""
        return self.asset, self.units, self.to

    @property
    def queued_id(self) -> str:
        """Its place in the queue: who asked first is paid first."""
        return f"{self.created_ms:013d}#{self.id}"

    def within(self, run: Run | None) -> "Withdrawal":
        """As it stands, going by the run that it is planned in."""
        if self.state != "planned" or run is None or run.state not in ("signed", "submitted"):
            return self
        since = run.times.get(run.state, self.updated_ms)
        return self._replace(state=run.state, reason=run.trouble, updated_ms=since)

    def to_item(self) -> Item:
        item = {name: cast(Value, value) for name, value in self._asdict().items() if name != "user"}
        return {**item, "owner": self.user}

    @classmethod
    def from_item(cls, item: Item) -> "Withdrawal":
        fields = {name: item[name] for name in cls._fields if name in item and name != "user"}
        return cls(user=UserId(str(item["owner"])), **fields)  # type: ignore[arg-type]


def step(found: Withdrawal, state: State, now_ms: int, reason: str = "", **more: Value) -> Update:
    """The write that takes it there, by a lawful step, if it still stands where it was found."""
    now: tuple[State, ...] = IN_RUN if found.state in IN_RUN else (found.state,)
    assert any(state in STEPS.get(each, ()) for each in now), f"no step from {found.state} to {state}"
    stored: tuple[State, ...] = ("planned",) if found.state in IN_RUN else (found.state,)
    return Update(
        schema.withdrawal(found.user, found.id),
        set={"state": state, "reason": reason, "updated_ms": now_ms, **more},
        require=(OneOf("state", stored),),
    )


def queued(found: Withdrawal) -> Put:
    """Its place among those that may be planned."""
    return Put(table.queued_withdrawal(found.queued_id), {"owner": found.user, "asset": found.asset})


def not_frozen(user: UserId) -> Update:
    """The write that fails while the user's withdrawals are frozen."""
    return Update(schema.payout_controls(user), add={"payments": 1}, require=(AtMost("frozen", 0),))
