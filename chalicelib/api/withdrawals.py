"""Coins that are asked for."""

import re
from typing import Literal

from chalice.app import Blueprint
from pydantic import BaseModel, Field

from chalicelib import listing
from chalicelib.adapters.telemetry import trace
from chalicelib.api.endpoint import Call, NoQuery, Nothing, Query, Request, endpoint
from chalicelib.api.values import PAGE_DEFAULT, Cursor, DecimalText, Limit, Time, amount, cursor
from chalicelib.errors import BelowMinimum, InvalidInput, NotFound
from chalicelib.flows import schema
from chalicelib.flows.withdrawals.consent import Consent
from chalicelib.flows.withdrawals.reading import as_they_stand, withdrawals_of
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.flows.withdrawals.request import PayoutRequest
from chalicelib.keeta.moment import iso
from chalicelib.money import parse_units
from chalicelib.terms import PayoutTerms
from chalicelib.wiring import exchange

routes = Blueprint(__name__)

_CURSOR = schema.ASKED_PREFIX + r"[0-9]{13}#[a-z2-7]{26}"
_ID = re.compile(r"[a-z2-7]{26}", re.ASCII)
_NOT_FOUND = "withdrawal_not_found"


class WithdrawRequest(Request):
    token: str = Field(max_length=20)
    amount: DecimalText
    to: str = Field(
        max_length=100, description="a canonical Keeta address: of a key, or of a listed storage account"
    )
    client_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_.:-]{1,64}$", description="the same id is the same withdrawal"
    )
    signature: str | None = Field(
        default=None,
        max_length=100,
        description="64 bytes in base64: the Keeta key's own consent; needs client_id and expires_at",
    )
    expires_at: str | None = Field(
        default=None, max_length=24, description="until when the signature is good: UTC, milliseconds"
    )


class CancelWithdrawalRequest(Request):
    id: str = Field(max_length=50)


class WithdrawalsQuery(Query):
    limit: Limit = PAGE_DEFAULT
    before: Cursor | None = None


class WithdrawalAnswer(BaseModel):
    id: str
    client_id: str | None
    token: str
    amount: DecimalText
    network_fee: DecimalText = Field(description="taken from the user; the house pays the network")
    to: str
    status: Literal["pending", "processing", "completed", "canceled", "failed"]
    state: Literal["requested", "planned", "signed", "submitted", "landed", "failed", "canceled", "stuck"]
    reason: str | None = Field(description="why it waits, or why it ended")
    block: str | None = Field(description="hash of the block on Keeta that paid it")
    created_at: Time
    updated_at: Time


class WithdrawalsAnswer(BaseModel):
    withdrawals: list[WithdrawalAnswer]
    next: str | None


@endpoint(
    routes,
    "POST",
    "/withdrawals/request",
    body=WithdrawRequest,
    answer=WithdrawalAnswer,
    refuses=(
        "unknown_token",
        "invalid_number",
        "too_many_decimals",
        "number_too_large",
        "below_minimum",
        "invalid_address",
        "storage_not_listed",
        "own_address",
        "duplicate_client_id",
        "no_deposit_address",
        "payouts_stopped",
        "account_frozen",
        "address_not_listed",
        "address_too_new",
        "invalid_signature",
        "invalid_time",
        "signature_required",
        "withdrawal_not_signed",
        "signature_expired",
        "daily_limit",
        "exchange_daily_limit",
        "too_many_withdrawals",
        "insufficient_funds",
        "rate_limited",
        "wallet_busy",
        "outcome_unknown",
    ),
)
def request_withdrawal(call: Call[WithdrawRequest, NoQuery]) -> WithdrawalAnswer:
    """Ask for coins to be paid out on Keeta."""
    user = call.session.user
    exchange().rate_limit.admit(user)
    return _answer(exchange().treasury.payouts.request(user, _request(call.body)))


@endpoint(
    routes,
    "POST",
    "/withdrawals/cancel",
    body=CancelWithdrawalRequest,
    answer=WithdrawalAnswer,
    refuses=(_NOT_FOUND, "withdrawal_not_cancelable", "rate_limited", "wallet_busy"),
)
def cancel_withdrawal(call: Call[CancelWithdrawalRequest, NoQuery]) -> WithdrawalAnswer:
    """Take a withdrawal back that still waits."""
    user = call.session.user
    exchange().rate_limit.admit(user)
    return _answer(exchange().treasury.payouts.cancel(user, _id(call.body.id)))


@endpoint(
    routes,
    "GET",
    "/withdrawals",
    query=WithdrawalsQuery,
    answer=WithdrawalsAnswer,
    refuses=("invalid_cursor",),
)
def list_withdrawals(call: Call[Nothing, WithdrawalsQuery]) -> WithdrawalsAnswer:
    """One's own withdrawals, newest first."""
    before = cursor(call.query.before, _CURSOR)
    page = withdrawals_of(exchange().store, call.session.user, before, call.query.limit)
    return WithdrawalsAnswer(withdrawals=[_answer(each) for each in page.withdrawals], next=page.next)


@endpoint(routes, "GET", "/withdrawals/{id}", answer=WithdrawalAnswer, refuses=(_NOT_FOUND,))
def get_withdrawal(call: Call[Nothing, NoQuery]) -> WithdrawalAnswer:
    """One withdrawal of one's own."""
    found = exchange().treasury.payouts.get(call.session.user, _id(call.path["id"]))
    return _answer(*as_they_stand(exchange().store, [found]))


def _request(body: WithdrawRequest) -> PayoutRequest:
    terms = _terms(body.token)
    try:
        units = parse_units(body.amount, terms.asset.decimals)
    except InvalidInput as error:
        raise InvalidInput(error.detail, code=error.code, field="amount") from None
    if units < terms.minimum_units:
        raise BelowMinimum(f"less than {terms.minimum} {terms.asset.symbol}", field="amount")
    return PayoutRequest(terms, units, body.to, body.client_id or "", _consent(body), trace.request_id())


def _consent(body: WithdrawRequest) -> Consent | None:
    """In the words of the request: those are what was signed."""
    if body.signature is None:
        return None
    for field, value in (("client_id", body.client_id), ("expires_at", body.expires_at)):
        if value is None:
            raise InvalidInput("a signed request has it", code="missing_field", field=field)
    assert body.client_id is not None
    assert body.expires_at is not None
    return Consent(body.token, body.amount, body.to, body.client_id, body.expires_at, body.signature)


def _terms(symbol: str) -> PayoutTerms:
    if symbol not in listing.PAYOUTS or symbol not in exchange().treasury.tokens:
        raise InvalidInput("not paid out on this network", code="unknown_token", field="token")
    return listing.PAYOUTS[symbol]


def _id(text: str) -> str:
    """Raises NotFound: what can not be an id is nobody's."""
    if _ID.fullmatch(text) is None:
        raise NotFound("no such withdrawal", code=_NOT_FOUND, field="id")
    return text


def _answer(found: Withdrawal) -> WithdrawalAnswer:
    return WithdrawalAnswer(
        id=found.id,
        client_id=found.client_id or None,
        token=found.asset,
        amount=amount(found.asset, found.units),
        network_fee="0",
        to=found.to,
        status=found.status,
        state=found.state,
        reason=found.reason or None,
        block=found.block.upper() or None,
        created_at=iso(found.created_ms),
        updated_at=iso(found.updated_ms),
    )
