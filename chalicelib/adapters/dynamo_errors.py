"""What does a failure of DynamoDB mean to a Plan?

condition false                     ConditionFailed, with the positions
another writer on the same item     WriteContention, with the positions
it can never work                   WriteRefused
our role may not, or no such table  StoreForbidden
anything else, network included     StoreUnavailable; the outcome may be unknown
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import (
    ConditionFailed,
    StoreError,
    StoreForbidden,
    StoreUnavailable,
    WriteContention,
    WriteRefused,
)

# Codes of a cancellation reason, and of a whole refusal, by what they mean.
CONDITION_CODES = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
CONTENTION_CODES = frozenset({"TransactionConflict", "TransactionConflictException"})
REFUSED_CODES = frozenset(
    {
        "ValidationError",
        "ValidationException",
        "ItemCollectionSizeLimitExceeded",
        "ItemCollectionSizeLimitExceededException",
        "IdempotentParameterMismatchException",
    }
)
FORBIDDEN_CODES = frozenset({"AccessDeniedException", "ResourceNotFoundException"})


def translate(error: BotoCoreError | ClientError) -> StoreError:
    if not isinstance(error, ClientError):
        return StoreUnavailable(repr(error))
    code = error.response.get("Error", {}).get("Code", "")
    if code == "TransactionCanceledException":
        return _canceled(error)
    return _meaning(str(error), {0: code})


def _canceled(error: ClientError) -> StoreError:
    response: dict[str, Any] = dict(error.response)
    reasons = enumerate(response.get("CancellationReasons", []))
    return _meaning(str(error), {i: reason.get("Code", "None") for i, reason in reasons})


def _meaning(detail: str, codes: dict[int, str]) -> StoreError:
    """Contention first: while another write is in flight, a condition may be false for a moment."""

    def positions(meaning: frozenset[str]) -> tuple[int, ...]:
        return tuple(i for i, code in codes.items() if code in meaning)

    if positions(REFUSED_CODES):
        return WriteRefused(detail)
    if contended := positions(CONTENTION_CODES):
        return WriteContention(detail, contended)
    if failed := positions(CONDITION_CODES):
        return ConditionFailed(detail, failed)
    if positions(FORBIDDEN_CODES):
        return StoreForbidden(detail)
    return StoreUnavailable(detail)
