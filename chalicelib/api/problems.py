"""What does a client see when something is wrong? The only file that knows HTTP numbers.

Every error is a problem body (RFC 9457) with a stable `code`, the id of its request, and `field` where one
part of the request is to blame.
"""

from typing import TypeGuard

from chalice.app import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from chalicelib.adapters.telemetry import trace
from chalicelib.errors import (
    BookCorrupt,
    CexError,
    Conflict,
    InsufficientFunds,
    InvalidInput,
    MarketClosed,
    NotAuthenticated,
    NotFound,
    OutcomeUnknown,
    PayoutRefused,
    QueueUnavailable,
    RateLimited,
    StoreError,
    Unavailable,
)
from chalicelib.flows.intake.rate_limit import WINDOW_MS

CONTENT_TYPE = "application/problem+json"

# The first class that fits counts, so a narrow one stands before a wider one.
STATUSES: tuple[tuple[type[CexError], int, str], ...] = (
    (InvalidInput, 400, "The request is not valid"),
    (NotAuthenticated, 401, "Sign in first"),
    (NotFound, 404, "Not found"),
    (Conflict, 409, "Contradicts what is there"),
    (PayoutRefused, 403, "Not paid out"),
    (MarketClosed, 409, "The market does not take this now"),
    (InsufficientFunds, 422, "Not enough money"),
    (RateLimited, 429, "Too many requests"),
    (Unavailable, 503, "Not available now"),
    (StoreError, 503, "Not available now"),
    (QueueUnavailable, 503, "Not available now"),
    (BookCorrupt, 503, "Not available now"),
)
OUR_FAULT = "Our fault"
# What a client is told of these is that we are at fault, not how.
_OURS = (StoreError, QueueUnavailable, BookCorrupt)

# Where HTTP has a more telling number than that of the class.
_STATUS_OF_CODE = {"body_too_large": 413, "unsupported_media_type": 415}

RETRY_STATUSES = (429, 503)

# A limit is counted in windows of time; everything else is over in a moment.
_RETRY_S = {"rate_limited": WINDOW_MS // 1000}

CAN_NOT_TELL = "the exchange can not answer now; if you asked for a change, look whether it was made"

_VALIDATION_DETAILS = {"missing": "this has to be there", "extra_forbidden": "there is no such field"}
# pydantic's kinds of error, where ours has another word.
_VALIDATION_CODES = {
    "json_invalid": "malformed_json",
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
}


def _nothing() -> None:
    """A default of null would be described as one that may be sent."""


def _is_none(value: object) -> bool:
    return value is None


class Problem(BaseModel):
    """RFC 9457, with a stable `code`."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(description="for people: what kind of problem")
    status: int
    code: str = Field(description="for programs")
    detail: str = Field(description="for people: what exactly")
    request_id: str = Field(description="what we call this request, as in the header X-Request-Id")
    field: str | SkipJsonSchema[None] = Field(
        default_factory=_nothing, exclude_if=_is_none, description="the part of the request that is to blame"
    )
    id: str | SkipJsonSchema[None] = Field(
        default_factory=_nothing,
        exclude_if=_is_none,
        description="the order that it is about, if it came to be",
    )


def problem(error: CexError) -> Problem:
    """What a client is told of it."""
    status, title = next((status, title) for kind, status, title in STATUSES if isinstance(error, kind))
    if isinstance(error, _OURS):
        return _ours(title, status, "unavailable")
    return Problem(
        title=title,
        status=_STATUS_OF_CODE.get(error.code, status),
        code=error.code,
        detail=error.detail,
        request_id=trace.request_id(),
        field=error.field,
        id=error.id if isinstance(error, OutcomeUnknown) else None,
    )


def _ours(title: str, status: int, code: str) -> Problem:
    return Problem(title=title, status=status, code=code, detail=CAN_NOT_TELL, request_id=trace.request_id())


def is_foreseen(error: Exception) -> TypeGuard[CexError]:
    return isinstance(error, tuple(kind for kind, *_ in STATUSES))


def from_error(error: Exception) -> Response:
    """The answer to any failure. What we did not foresee is told as our fault."""
    found = problem(error) if is_foreseen(error) else _ours(OUR_FAULT, 500, "internal_error")
    return _response(found, error.retry_s if isinstance(error, RateLimited) else None)


def _response(found: Problem, retry_s: int | None = None) -> Response:
    headers: dict[str, str | list[str]] = {"Content-Type": CONTENT_TYPE}
    if found.status in RETRY_STATUSES:
        headers["Retry-After"] = str(retry_s or _RETRY_S.get(found.code, 1))
    if found.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body=found.model_dump_json(), status_code=found.status, headers=headers)


def code_of(response: Response) -> str:
    """The code of a problem, "" for a good answer."""
    if response.headers.get("Content-Type") != CONTENT_TYPE:
        return ""
    return Problem.model_validate_json(response.body).code


def invalid(error: ValidationError) -> InvalidInput:
    """The first thing wrong with a request that its model refused."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    kind = first["type"]
    code = _VALIDATION_CODES.get(kind, "invalid_type" if kind.endswith("_type") else "invalid_value")
    field = ".".join(str(part) for part in first["loc"]) or None
    return InvalidInput(_VALIDATION_DETAILS.get(kind, first["msg"]), code=code, field=field)
