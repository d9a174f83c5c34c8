"""Which errors exist, and what do they mean to the one who gets them?

    CexError
    |-- InvalidInput          the request itself is wrong; names the field
    |   `-- BelowMinimum      well formed, but smaller than the market takes
    |-- NotAuthenticated      no proof of who is asking, or a bad one
    |   `-- UnknownKey        signed with a secret that we do not hold; newer ones might tell
    |-- NotFound              no such thing, or not yours (never told apart)
    |-- Conflict              contradicts what is already there
    |   |-- DuplicateId       the same client id with other content
    |   |-- OrderNotOpen      the order has already reached its end
    |   |-- CommandRefused    the book, as it stands, does not do that; the code says why
    |   `-- NotCancelable     the withdrawal is on its way, or has ended
    |-- InsufficientFunds     the wallet does not hold enough
    |-- RateLimited           too many requests of one user, in a moment or in a day
    |-- MarketClosed          the market does not take this command now
    |-- PayoutRefused         the account, or the token, may not be paid out from now
    |-- Unavailable           a part of the exchange did not answer
    |   `-- OutcomeUnknown    it may have done what was asked; names what to ask for
    |
    |-- MisconfiguredMarket   the listing contradicts itself; refused at start
    |-- StoreError            what a store can answer to a Plan
    |   |-- ConditionFailed   the world is not as the Plan assumed; nothing was written
    |   |-- WriteContention   somebody else was writing the same item; nothing was written
    |   |-- WriteRefused      the store will never take this Plan; nothing was written
    |   `-- StoreUnavailable  throttled, timed out or broken; the outcome is unknown
    |       `-- StoreForbidden we lack the right to it, or the table is missing; that does not pass by itself
    |-- QueueUnavailable      the queue did not take the message, or did not say so
    `-- BookCorrupt           book, journal and orders disagree; the market must halt

Codes are part of the API and never change. HTTP numbers live in `api/problems.py`.
"""


class CexError(Exception):
    """Root of the tree. `code` is stable, `detail` is for people, `field` names the input."""

    code = "error"

    def __init__(self, detail: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        if code is not None:
            self.code = code


class InvalidInput(CexError):
    code = "invalid_input"


class BelowMinimum(InvalidInput):
    code = "below_minimum"


class NotAuthenticated(CexError):
    code = "not_authenticated"


class UnknownKey(NotAuthenticated):
    code = "invalid_token"


class NotFound(CexError):
    code = "not_found"


class Conflict(CexError):
    code = "conflict"


class DuplicateId(Conflict):
    code = "duplicate_client_order_id"


class OrderNotOpen(Conflict):
    code = "order_not_open"


class NotCancelable(Conflict):
    code = "withdrawal_not_cancelable"


class CommandRefused(Conflict):
    code = "command_refused"


class InsufficientFunds(CexError):
    code = "insufficient_funds"


class RateLimited(CexError):
    """`retry_s`: seconds after which it is worth another try; None where the code tells it."""

    code = "rate_limited"

    def __init__(self, detail: str, *, code: str | None = None, retry_s: int | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_s = retry_s


class MarketClosed(CexError):
    code = "market_closed"


class PayoutRefused(CexError):
    code = "payouts_stopped"


class Unavailable(CexError):
    code = "unavailable"


class OutcomeUnknown(Unavailable):
    """`id` is the order that it is about, if it is about one: ask for it."""

    code = "outcome_unknown"

    def __init__(self, detail: str, id: str | None = None) -> None:
        super().__init__(detail)
        self.id = id


class MisconfiguredMarket(CexError):
    code = "misconfigured_market"


class StoreError(CexError):
    code = "store_error"


class ConditionFailed(StoreError):
    """`failed` holds the positions, in the Plan, of the writes whose condition was false."""

    code = "condition_failed"

    def __init__(self, detail: str, failed: tuple[int, ...]) -> None:
        super().__init__(detail)
        self.failed = failed


class WriteContention(StoreError):
    """`contended` holds the positions, in the Plan, of the writes that met another writer."""

    code = "write_contention"

    def __init__(self, detail: str, contended: tuple[int, ...]) -> None:
        super().__init__(detail)
        self.contended = contended


class WriteRefused(StoreError):
    code = "write_refused"


class StoreUnavailable(StoreError):
    code = "store_unavailable"


class StoreForbidden(StoreUnavailable):
    code = "store_forbidden"


class QueueUnavailable(CexError):
    code = "queue_unavailable"


class BookCorrupt(CexError):
    code = "book_corrupt"
