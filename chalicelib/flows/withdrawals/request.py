"""How does somebody ask for his coins, and change his mind?

The hold and the request are one transaction, together with what is counted against the limits of
the day. From then on the request is found under its id, whatever becomes of it. It can be canceled
while it waits in the queue.
"""

from typing import NamedTuple

from chalicelib import listing
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
from chalicelib.flows.gate import require_open
from chalicelib.flows.plan import Absent, AtMost, Delete, Plan, Put, Update
from chalicelib.flows.ports import Identifiers, Timer, Writer
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.flows.withdrawals.book import AddressBook
from chalicelib.flows.withdrawals.consent import Consent, Place
from chalicelib.flows.withdrawals.day import (
    Parts,
    check_size,
    counted_of_all,
    counted_of_user,
    given_back,
    own_part,
    refused_of_user,
    spread,
)
from chalicelib.flows.withdrawals.record import DAY_MS, Withdrawal, queued, step
from chalicelib.ids import UserId, withdrawal_id_from_client, withdrawal_id_from_request
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidAddress
from chalicelib.ledger.transfers import hold_transfers
from chalicelib.terms import PayoutTerms

COMMIT_PAUSE_MS = 40
APPROVALS = 2

# How often a place is looked for in a day that others fill at the same moment.
SPREADS_MAX = 4

# Where each write stands in the plan of `promise`; from _ALL_DAY on it is what all ask for.
_WALLET, _RECORD, _USER_DAY, _CONTROLS, _LISTED, _QUEUED, _ALL_DAY = range(7)


class PayoutRequest(NamedTuple):
    terms: PayoutTerms
    units: int
    to: str
    client_id: str
    consent: Consent | None = None
    request_id: str = ""


class Payouts:
    """`keys`: addresses of keys of our own; the owner's is found among our accounts."""

    def __init__(
        self,
        reader: StoreReader,
        writer: Writer,
        timer: Timer,
        ids: Identifiers,
        book: AddressBook,
        place: Place,
        keys: frozenset[str],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer
        self._ids = ids
        self._book = book
        self._place = place
        self._keys = keys

    def request(self, user: UserId, request: PayoutRequest) -> Withdrawal:
        """The withdrawal, also when the same was asked for before. Raises DuplicateId, InvalidInput,
        PayoutRefused, InsufficientFunds, RateLimited: nothing has changed; OutcomeUnknown: perhaps."""
        made = self._record(user, request)
        if found := self._repeated(made):
            return found
        self._require_open_gate(user)
        check_size(made, request.terms)
        self._check_destination(request.to)
        self._check_controls(made)
        self._check_consent(user, request)
        try:
            self._promise(made, request.terms)
        except WriteContention:
            raise _busy() from None
        except ConditionFailed as fault:
            if _RECORD in fault.failed and (found := self._repeated(made)):
                return found
            if _USER_DAY in fault.failed and self._record(user, request).needs != made.needs:
                raise _busy() from None  # another request of his was faster, and changed who must look
            raise self._refusal(fault, made) from None
        except StoreUnavailable:
            raise OutcomeUnknown("it may have been taken; ask for it by id", made.id) from None
        return made

    def _promise(self, made: Withdrawal, terms: PayoutTerms) -> None:
        """Counted in its own part of the day, or where there is room. Raises ConditionFailed, PayoutRefused,
        WriteContention, StoreUnavailable."""
        parts = own_part(made, terms) or spread(self._reader, made, terms)
        for _ in range(SPREADS_MAX):
            try:
                return self._commit(promise(made, terms, parts))
            except ConditionFailed as fault:
                if min(fault.failed) < _ALL_DAY:
                    raise
                parts = spread(self._reader, made, terms)
        raise WriteContention("the day is filled by others at the same moment", (_ALL_DAY,))

    def cancel(self, user: UserId, withdrawal_id: str) -> Withdrawal:
        """Canceling again is fine. Raises NotFound, NotCancelable, RateLimited."""
        found = self.get(user, withdrawal_id)
        if found.state == "canceled":
            return found
        if found.state == "requested":
            self._require_open_gate(user)
            try:
                self._commit(canceled(found, "requested_by_user", self._timer.now_ms()))
                return self.get(user, withdrawal_id)
            except ConditionFailed:
                found = self.get(user, withdrawal_id)
            except WriteContention:
                raise _busy() from None
        if found.state != "canceled":
            raise NotCancelable(f"the withdrawal is {found.state}", field="id")
        return found

    def get(self, user: UserId, withdrawal_id: str) -> Withdrawal:
        """As it is stored. Raises NotFound."""
        item = self._reader.get(schema.withdrawal(user, withdrawal_id))
        if item is None:
            raise NotFound("no such withdrawal", code="withdrawal_not_found", field="id")
        return Withdrawal.from_item(item)

    def _require_open_gate(self, user: UserId) -> None:
        require_open(self._reader.get(schema.gate(user)), self._timer.now_ms())

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
        unseen = self._unapproved_today(user, terms.asset.symbol, now_ms // DAY_MS)
        needs = APPROVALS if unseen + request.units > terms.approval_units else 0
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
            signature=request.consent.signature if request.consent else "",
            signed_until=request.consent.expires_at if request.consent else "",
            request_id=request.request_id,
        )

    def _unapproved_today(self, user: UserId, asset: str, day: int) -> int:
        """What he asked for that nobody looks at: many small ones are one large one."""
        item = self._reader.get(schema.asked_of_user(user, day)) or {}
        return int(str(item.get(f"free_{asset}", 0)))

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
        if to in self._keys or to in ours(self._reader, [to]):
            raise InvalidInput("an address of the exchange itself", code="own_address", field="to")
        destination(to)

    def _check_controls(self, made: Withdrawal) -> None:
        """Raises PayoutRefused. Asked again, with effect, where it is planned and signed."""
        stops = stops_of(self._reader.get(table.lease(SETTLEMENT)))
        if ALL in stops or made.asset in stops:
            raise PayoutRefused(f"no {made.asset} is paid out now", code="payouts_stopped")
        if self._reader.get(schema.deposit_address(made.user)) is None:
            raise PayoutRefused("ask for a deposit address first", code="no_deposit_address")
        self._book.require(made.user, made.to)

    def _check_consent(self, user: UserId, request: PayoutRequest) -> None:
        """Raises PayoutRefused, InvalidInput. A signature that is not wanted has to be good too."""
        if request.consent is not None:
            if (request.consent.to, request.consent.client_id) != (request.to, request.client_id):
                raise PayoutRefused("a signature of another request", code="withdrawal_not_signed")
            request.consent.check(user, self._place, self._timer.now_ms())
        elif self._book.must_sign(user):
            raise PayoutRefused("this account signs its withdrawals", code="signature_required")

    def _refusal(self, fault: ConditionFailed, made: Withdrawal) -> Exception:
        if _CONTROLS in fault.failed:
            return PayoutRefused("withdrawals of this account are frozen", code="account_frozen")
        if _USER_DAY in fault.failed:
            return refused_of_user(self._reader, made)
        return InsufficientFunds(f"not enough {made.asset} available", field="amount")


def destination(text: str, field: str = "to") -> Account:
    """A key, or a storage account that is listed. Raises InvalidInput.

    Whatever else can be sent to can never be sent from, and who owns a storage account decides at any
    moment whether it takes anything. (Keeta protocol: identifiers do not sign; STORAGE_DEPOSIT.)
    """
    try:
        account = Account.from_address(text)
    except InvalidAddress as error:
        raise InvalidInput(error.detail, code="invalid_address", field=field) from None
    if account.key_type is KeyType.STORAGE and account.address not in listing.DESTINATIONS:
        raise InvalidInput("a storage account that is not listed", code="storage_not_listed", field=field)
    if not (account.key_type.signs or account.key_type is KeyType.STORAGE):
        raise InvalidInput("coins sent there are lost", code="invalid_address", field=field)
    return account


def promise(made: Withdrawal, terms: PayoutTerms, parts: Parts) -> Plan:
    """Take the hold, write it down, count it against the day; queue it unless people must approve it."""
    wallet, *others = posting(hold_transfers(made.hold))
    assert not others, "a hold stays within a wallet"
    return (
        wallet,
        Put(schema.withdrawal(made.user, made.id), made.to_item(), require=(Absent(),)),
        counted_of_user(made, terms),
        Update(schema.payout_controls(made.user), add={"asked": 1}, require=(AtMost("frozen", 0),)),
        Put(schema.asked_withdrawal(made.user, made.created_ms, made.id), {}),
        unapproved(made) if made.needs else queued(made),
        *counted_of_all(made, terms, parts),
    )


def unapproved(made: Withdrawal) -> Put:
    """Where people find what waits for them."""
    return Put(table.unapproved_withdrawal(made.queued_id), {"owner": made.user})


def canceled(found: Withdrawal, reason: str, now_ms: int) -> Plan:
    """Nothing was planned: the money is free again, and the day as if nobody had asked."""
    return (
        step(found, "canceled", now_ms, reason),
        *given_back(found),
        Delete(table.queued_withdrawal(found.queued_id)),
        *((Delete(table.unapproved_withdrawal(found.queued_id)),) if found.needs else ()),
    )


def _busy() -> RateLimited:
    return RateLimited("too many changes of this wallet at once", code="wallet_busy")
