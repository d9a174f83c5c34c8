"""How does somebody ask for his coins, and change his mind?

The hold and the request are one transaction, together with what is counted against the limits of
the day. From then on the request is found under its id, whatever becomes of it. It can be canceled
while it waits in the queue.
"""

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.errors import (
    ConditionFailed,
    DuplicateId,
    InsufficientFunds,
    InvalidInput,
    NotCancelable,
    NotFound,
    OutcomeUnknown,
    PayoutRefused,
    RateLimited,
    StoreUnavailable,
    WriteContention,
)
from chalicelib.flows import schema
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import ours
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, stops_of
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.plan import Absent, AtMost, Delete, Plan, Put, Update
from chalicelib.flows.ports import Identifiers, Timer, Writer
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.flows.withdrawals.book import AddressBook
from chalicelib.flows.withdrawals.record import Withdrawal, step
from chalicelib.ids import UserId, withdrawal_id_from_client, withdrawal_id_from_request
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidAddress
from chalicelib.ledger.transfers import hold_transfers, release_transfers
from chalicelib.terms import PayoutTerms

COMMIT_PAUSE_MS = 40
DAY_MS = 86_400_000
APPROVALS = 2

# Where each write stands in the plan of `promise`.
_WALLET, _RECORD, _USER_DAY, _ALL_DAY, _CONTROLS = range(5)


class PayoutRequest(NamedTuple):
    terms: PayoutTerms
    units: int
    to: str
    client_id: str
    request_id: str = ""


class Payouts:
    def __init__(
        self,
        reader: StoreReader,
        writer: Writer,
        timer: Timer,
        ids: Identifiers,
        book: AddressBook,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer
        self._ids = ids
        self._book = book

    def request(self, user: UserId, request: PayoutRequest) -> Withdrawal:
        """The withdrawal, also when the same was asked for before. Raises DuplicateId, InvalidInput,
        PayoutRefused, InsufficientFunds, RateLimited: nothing has changed; OutcomeUnknown: perhaps."""
        made = self._record(user, request)
        if found := self._repeated(made):
            return found
        self._check_destination(request.to)
        self._check_controls(made)
        try:
            commit_patiently(self._writer, self._timer, promise(made, request.terms), COMMIT_PAUSE_MS)
        except WriteContention:
            raise RateLimited("too many changes of this wallet at once", code="wallet_busy") from None
        except ConditionFailed as fault:
            if _RECORD in fault.failed and (found := self._repeated(made)):
                return found
            raise _refusal(fault, made) from None
        except StoreUnavailable:
            raise OutcomeUnknown("it may have been taken; ask for it by id", made.id) from None
        return made

    def cancel(self, user: UserId, withdrawal_id: str) -> Withdrawal:
        """Canceling again is fine. Raises NotFound, NotCancelable."""
        found = self.get(user, withdrawal_id)
        if found.state == "canceled":
            return found
        if found.state == "requested":
            try:
                self._commit(canceled(found, "requested_by_user", self._timer.now_ms()))
                return self.get(user, withdrawal_id)
            except ConditionFailed:
                found = self.get(user, withdrawal_id)
        if found.state != "canceled":
            raise NotCancelable(f"the withdrawal is {found.state}", field="id")
        return found

    def get(self, user: UserId, withdrawal_id: str) -> Withdrawal:
        """As it is stored. Raises NotFound."""
        item = self._reader.get(schema.withdrawal(user, withdrawal_id))
        if item is None:
            raise NotFound("no such withdrawal", code="withdrawal_not_found", field="id")
        return Withdrawal.from_item(item)

    def _commit(self, plan: Plan) -> None:
        commit_patiently(self._writer, self._timer, plan, COMMIT_PAUSE_MS)

    def _record(self, user: UserId, request: PayoutRequest) -> Withdrawal:
        name = request.client_id
        id_ = (
            withdrawal_id_from_client(user, name)
            if name
            else withdrawal_id_from_request(user, self._ids.uuid())
        )
        now_ms, terms = self._timer.now_ms(), request.terms
        needs = APPROVALS if request.units > terms.approval_units else 0
        return Withdrawal(
            id=id_,
            user=user,
            asset=terms.asset.symbol,
            units=request.units,
            to=request.to,
            state="requested",
            reason="awaiting_approval" if needs else "",
            created_ms=now_ms,
            updated_ms=now_ms,
            client_id=name,
            run=0,
            block="",
            needs=needs,
            approved=[],
            request_id=request.request_id,
        )

    def _repeated(self, made: Withdrawal) -> Withdrawal | None:
        """Raises DuplicateId when the id names another one."""
        item = self._reader.get(schema.withdrawal(made.user, made.id))
        found = Withdrawal.from_item(item) if item else None
        if found is not None and found.content != made.content:
            raise DuplicateId(
                "this client_id names another withdrawal", code="duplicate_client_id", field="client_id"
            )
        return found

    def _check_destination(self, to: str) -> None:
        """Raises InvalidInput."""
        account = destination(to)
        if account.address in ours(self._reader, [account.address]):
            raise InvalidInput("an address of the exchange itself", code="own_address", field="to")

    def _check_controls(self, made: Withdrawal) -> None:
        """Raises PayoutRefused. Asked again, with effect, where it is planned and signed."""
        stops = stops_of(self._reader.get(table.lease(SETTLEMENT)))
        if ALL in stops or made.asset in stops:
            raise PayoutRefused(f"no {made.asset} is paid out now", code="payouts_stopped")
        if self._reader.get(schema.deposit_address(made.user)) is None:
            raise PayoutRefused("ask for a deposit address first", code="no_deposit_address")
        self._book.require(made.user, made.to)


def destination(text: str, field: str = "to") -> Account:
    """A key, or a storage account. Raises InvalidInput.

    Whatever else can be sent to can never be sent from. (Keeta protocol: identifiers do not sign.)
    """
    try:
        account = Account.from_address(text)
    except InvalidAddress as error:
        raise InvalidInput(error.detail, code="invalid_address", field=field) from None
    if not (account.key_type.signs or account.key_type is KeyType.STORAGE):
        raise InvalidInput("coins sent there are lost", code="invalid_address", field=field)
    return account


def promise(made: Withdrawal, terms: PayoutTerms) -> Plan:
    """Take the hold, write it down, count it against the day; queue it unless people must approve it."""
    wallet, *others = posting(hold_transfers(made.hold))
    assert not others, "a hold stays within a wallet"
    day = made.created_ms // DAY_MS
    plan = (
        wallet,
        Put(schema.withdrawal(made.user, made.id), made.to_item(), require=(Absent(),)),
        _counted(schema.asked_of_user(made.user, day), f"units_{made.asset}", made, terms.user_day_units),
        _counted(table.asked_of_all(day, made.asset), "units", made, terms.all_day_units),
        Update(schema.payout_controls(made.user), add={"asked": 1}, require=(AtMost("frozen", 0),)),
        Put(schema.asked_withdrawal(made.user, made.created_ms, made.id), {}),
    )
    return (*plan, unapproved(made) if made.needs else queued(made))


def queued(made: Withdrawal) -> Put:
    return Put(table.queued_withdrawal(made.queued_id), {"owner": made.user})


def unapproved(made: Withdrawal) -> Put:
    """Where people find what waits for them."""
    return Put(table.unapproved_withdrawal(made.queued_id), {"owner": made.user})


def canceled(found: Withdrawal, reason: str, now_ms: int) -> Plan:
    """Nothing was planned: the money is free again. What the day counted stays counted."""
    return (
        step(found, "canceled", now_ms, reason),
        *posting(release_transfers(found.hold)),
        Delete(table.queued_withdrawal(found.queued_id)),
        *((Delete(table.unapproved_withdrawal(found.queued_id)),) if found.needs else ()),
    )


def _counted(key: schema.Key, name: str, made: Withdrawal, most: int) -> Update:
    return Update(key, add={name: made.units}, require=(AtMost(name, most - made.units),))


_REFUSALS: Mapping[int, tuple[str, str]] = {
    _CONTROLS: ("withdrawals of this account are frozen", "account_frozen"),
    _USER_DAY: ("more than one account may withdraw on one day", "daily_limit"),
    _ALL_DAY: ("more than the exchange pays out on one day", "exchange_daily_limit"),
}


def _refusal(fault: ConditionFailed, made: Withdrawal) -> Exception:
    for place, (detail, code) in _REFUSALS.items():
        if place in fault.failed:
            return PayoutRefused(detail, code=code)
    return InsufficientFunds(f"not enough {made.asset} available", field="amount")
