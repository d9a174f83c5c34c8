"""How do two people change what a user has, when no trade, deposit or withdrawal explains it?

    requested ----> posted
        |
        +--> rejected
        +--> expired      by time alone: nothing is written for it

One asks and says why, another approves. The approval is one transaction: the wallet, the house's account
that gives or takes, the total, a ledger entry that its user can read, and the record's own end. So a
second approval finds it posted, and posts nothing.
"""

from typing import Literal, NamedTuple, cast

from chalicelib.errors import ConditionFailed, Conflict, InsufficientFunds, InvalidInput, NotFound
from chalicelib.flows.custody import table
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.plan import Absent, AtLeast, Equals, Item, Plan, Put, Update, Value, Write
from chalicelib.flows.ports import Identifiers, Reader, Timer, Writer
from chalicelib.flows.records.entries import AdjustmentEntry, put_money
from chalicelib.ids import UserId
from chalicelib.ledger.transfers import CAPITAL, SUSPENSE, Account, Transfer, available
from chalicelib.money import UNITS_MAX, Amount

State = Literal["requested", "posted", "rejected", "expired"]
# Who gives what a user gains, and gets what he loses.
SOURCES: dict[str, Account] = {each.owner: each for each in (CAPITAL, SUSPENSE)}

# What nobody approved within this was not so wanted.
OPEN_MS = 3 * 24 * 3_600_000
REASON_LENGTH_MAX = 300
LISTED_MAX = 1_000


class Adjustment(NamedTuple):
    """`units` of `asset` that `user` gains (below zero: loses), against the house's account `source`."""

    id: str
    user: UserId
    asset: str
    units: int
    source: str
    reason: str
    state: State
    asked_by: str
    asked_ms: int
    until_ms: int
    decided_by: str = ""
    decided_ms: int = 0
    note: str = ""

    @property
    def transfers(self) -> list[Transfer]:
        owner, amount = SOURCES[self.source], Amount(self.asset, abs(self.units))
        if self.units > 0:
            return [Transfer(owner, available(self.user), amount)]
        return [Transfer(available(self.user), owner, amount)]

    @property
    def entry(self) -> AdjustmentEntry:
        """Of one that is posted."""
        return AdjustmentEntry(self.decided_ms, self.asset, self.units, self.source, self.id, self.reason)

    def at(self, now_ms: int) -> "Adjustment":
        """As it stands now: time ends what nobody decided."""
        over = self.state == "requested" and now_ms > self.until_ms
        return self._replace(state="expired") if over else self

    def to_item(self) -> Item:
        item = {
            name: cast(Value, value) for name, value in self._asdict().items() if name not in ("id", "user")
        }
        return {**item, "owner": self.user}

    @classmethod
    def from_item(cls, item: Item) -> "Adjustment":
        fields = {name: item[name] for name in _STORED}
        return cls(id=str(item["sk"]), user=UserId(str(item["owner"])), **fields)  # type: ignore[arg-type]


_STORED = tuple(name for name in Adjustment._fields if name not in ("id", "user"))


class Adjustments:
    def __init__(self, reader: Reader, writer: Writer, timer: Timer, ids: Identifiers) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer
        self._ids = ids

    def draft(self, user: UserId, amount: Amount, source: str, reason: str, by: str) -> Adjustment:
        """What would be asked for. Raises InvalidInput."""
        if not 0 < abs(amount.units) <= UNITS_MAX:
            raise InvalidInput("an adjustment of nothing, or of too much", field="amount")
        if source not in SOURCES:
            raise InvalidInput(f"against one of {', '.join(SOURCES)}", field="against")
        if not 0 < len(reason.strip()) <= REASON_LENGTH_MAX:
            raise InvalidInput(f"say why, in at most {REASON_LENGTH_MAX} characters", field="reason")
        if not by:
            raise InvalidInput("say who you are", field="by")
        now_ms = self._timer.now_ms()
        terms = (user, amount.asset, amount.units, source, reason)
        return Adjustment(self._ids.uuid(), *terms, "requested", by, now_ms, now_ms + OPEN_MS)

    def request(self, draft: Adjustment) -> Adjustment:
        """Raises ConditionFailed when its id was taken before."""
        self._writer.commit((Put(table.adjustment(draft.id), draft.to_item(), require=(Absent(),)),))
        return draft

    def get(self, id_: str) -> Adjustment:
        """Raises NotFound."""
        item = self._reader.get(table.adjustment(id_))
        if item is None:
            raise NotFound("no such adjustment", code="adjustment_not_found")
        return Adjustment.from_item(item).at(self._timer.now_ms())

    def listed(self) -> list[Adjustment]:
        """Newest first."""
        page = self._reader.page(table.adjustment("0"), "~", LISTED_MAX)
        found = [Adjustment.from_item(item).at(self._timer.now_ms()) for item in page.items]
        return sorted(found, key=lambda each: each.asked_ms, reverse=True)

    def approve(self, id_: str, by: str) -> Adjustment:
        """Also one that is posted already. Raises NotFound, Conflict, InsufficientFunds."""
        found = self.get(id_)
        require_other(found, by)
        if found.state == "posted":
            return found
        require_open(found)
        done = found._replace(state="posted", decided_by=by, decided_ms=self._timer.now_ms())
        try:
            self._writer.commit(posted(done))
        except ConditionFailed as fault:
            if 0 in fault.failed:
                return self.approve(id_, by)  # somebody decided it this moment
            raise InsufficientFunds(f"{_payer(found)} has not so much {found.asset}") from None
        return done

    def reject(self, id_: str, by: str, note: str) -> Adjustment:
        """Whoever asked for it may reject it, too. Raises NotFound, Conflict."""
        found = self.get(id_)
        if found.state == "rejected":
            return found
        require_open(found)
        done = found._replace(state="rejected", decided_by=by, decided_ms=self._timer.now_ms(), note=note)
        try:
            self._writer.commit((_decided(done),))
        except ConditionFailed:
            return self.reject(id_, by, note)
        return done


def require_other(found: Adjustment, by: str) -> None:
    """Raises Conflict unless somebody else than its asker decides it."""
    if not by or by.casefold() == found.asked_by.casefold():
        raise Conflict(f"{found.asked_by} asked for it; somebody else approves", code="same_person")


def require_open(found: Adjustment) -> None:
    """Raises Conflict."""
    if found.state != "requested":
        raise Conflict(f"the adjustment is {found.state}", code="adjustment_not_open")


def posted(done: Adjustment) -> Plan:
    """The record first; no wallet, and no suspense, falls below zero."""
    return (_decided(done), put_money(done.user, done.entry), *map(_guarded, posting(done.transfers)))


def _decided(done: Adjustment) -> Update:
    decided: Item = {
        "state": done.state,
        "decided_by": done.decided_by,
        "decided_ms": done.decided_ms,
        "note": done.note,
    }
    return Update(table.adjustment(done.id), set=decided, require=(Equals("state", "requested"),))


def _guarded(update: Update) -> Write:
    """What is owed to somebody unknown can not be given away twice."""
    taken = -update.add.get(SUSPENSE.owner, 0)
    if update.key.sk != table.TOTAL_SK or taken <= 0:
        return update
    return update._replace(require=(*update.require, AtLeast(SUSPENSE.owner, taken)))


def _payer(found: Adjustment) -> str:
    return found.user if found.units < 0 else found.source
