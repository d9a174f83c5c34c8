"""What does a client see when something is wrong? The only file that knows HTTP numbers.

Every error is a problem body (RFC 9457) with a stable `code`, and `field` where one part
of the request is to blame.
"""

import json
import logging
import traceback
from typing import Any

from chalice.app import Response
from pydantic import ValidationError

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


def problem(status: int, title: str, code: str, detail: str, **members: str | None) -> Response:
    """`members` (field, id) stand in the body when they are known."""
    body: dict[str, Any] = {"title": title, "status": status, "code": code, "detail": detail}
    body |= {name: value for name, value in members.items() if value is not None}
    headers: dict[str, str | list[str]] = {"Content-Type": CONTENT_TYPE}
    if status in RETRY_STATUSES:
        headers["Retry-After"] = str(_RETRY_S.get(code, 1))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body=json.dumps(body), status_code=status, headers=headers)


def from_error(error: Exception) -> Response:
    """The answer to any failure. What we did not foresee is logged and told as our fault."""
    for kind, status, title in STATUSES:
        if isinstance(error, kind):
            if isinstance(error, _OURS):
                logging.getLogger(__name__).error("%s: %s", error.code, error.detail)
                return problem(status, title, "unavailable", CAN_NOT_TELL)
            exact = _STATUS_OF_CODE.get(error.code, status)
            return problem(exact, title, error.code, error.detail, field=error.field, id=_subject(error))
    logging.getLogger(__name__).error("unforeseen: %s", "".join(traceback.format_exception(error)))
    return problem(500, OUR_FAULT, "internal_error", CAN_NOT_TELL)


def _subject(error: CexError) -> str | None:
    return error.id if isinstance(error, OutcomeUnknown) else None


def invalid(error: ValidationError) -> InvalidInput:
    """The first thing wrong with a request that its model refused."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    kind = first["type"]
    code = _VALIDATION_CODES.get(kind, "invalid_type" if kind.endswith("_type") else "invalid_value")
    field = ".".join(str(part) for part in first["loc"]) or None
    return InvalidInput(_VALIDATION_DETAILS.get(kind, first["msg"]), code=code, field=field)
