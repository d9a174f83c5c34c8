"""Is every way in which DynamoDB can fail one of our errors, with the right meaning?"""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from chalicelib.adapters.dynamo_errors import translate
from chalicelib.errors import (
    ConditionFailed,
    StoreError,
    StoreForbidden,
    StoreUnavailable,
    WriteContention,
    WriteRefused,
)

# Every error that the API reference lists for the calls we make, and the cancellation reasons.
WHOLE = {
    "ConditionalCheckFailedException": ConditionFailed,
    "TransactionConflictException": WriteContention,
    "ValidationException": WriteRefused,
    "ItemCollectionSizeLimitExceededException": WriteRefused,
    "IdempotentParameterMismatchException": WriteRefused,
    "TransactionInProgressException": StoreUnavailable,
    "ProvisionedThroughputExceededException": StoreUnavailable,
    "RequestLimitExceeded": StoreUnavailable,
    "ThrottlingException": StoreUnavailable,
    "InternalServerError": StoreUnavailable,
    "ResourceNotFoundException": StoreForbidden,
    "AccessDeniedException": StoreForbidden,
    "ReplicatedWriteConflictException": StoreUnavailable,
    "SomethingNew": StoreUnavailable,
}
REASONS = {
    "ConditionalCheckFailed": ConditionFailed,
    "TransactionConflict": WriteContention,
    "ValidationError": WriteRefused,
    "ItemCollectionSizeLimitExceeded": WriteRefused,
    "ProvisionedThroughputExceeded": StoreUnavailable,
    "ThrottlingError": StoreUnavailable,
}


def refusal(code: str, *reasons: str) -> ClientError:
    response = {"Error": {"Code": code, "Message": "why"}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]  # type: ignore[assignment]
    return ClientError(response, "TransactWriteItems")  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "meaning"), WHOLE.items())
def test_a_refused_call_has_one_meaning(code: str, meaning: type[StoreError]) -> None:
    assert type(translate(refusal(code))) is meaning


@pytest.mark.parametrize(("reason", "meaning"), REASONS.items())
def test_a_canceled_transaction_means_what_its_reasons_mean(reason: str, meaning: type[StoreError]) -> None:
    assert type(translate(refusal("TransactionCanceledException", "None", reason))) is meaning


def test_positions_are_those_of_the_plan() -> None:
    reasons = ("None", "ConditionalCheckFailed", "None", "ConditionalCheckFailed")
    error = translate(refusal("TransactionCanceledException", *reasons))
    assert isinstance(error, ConditionFailed)
    assert error.failed == (1, 3)
    error = translate(refusal("TransactionCanceledException", "None", "None", "TransactionConflict"))
    assert isinstance(error, WriteContention)
    assert error.contended == (2,)


def test_contention_outranks_a_condition_that_may_be_false_because_of_it() -> None:
    reasons = ("ThrottlingError", "ConditionalCheckFailed", "TransactionConflict")
    assert type(translate(refusal("TransactionCanceledException", *reasons))) is WriteContention


def test_a_false_condition_outranks_throttling() -> None:
    reasons = ("ThrottlingError", "ConditionalCheckFailed")
    assert type(translate(refusal("TransactionCanceledException", *reasons))) is ConditionFailed


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1"),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1"),
    ],
)
def test_a_silent_network_leaves_the_outcome_unknown(error: Exception) -> None:
    assert type(translate(error)) is StoreUnavailable  # type: ignore[arg-type]
