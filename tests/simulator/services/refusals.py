"""In which words do AWS's clients say that something went wrong?

Source: DynamoDB and SQS API references, "Errors"; botocore.exceptions.
"""

from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

Wire = dict[str, Any]


def refusal(operation: str, code: str, message: str = "", **more: object) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message or code}, **more}
    return ClientError(response, operation)


def canceled(reasons: list[str]) -> ClientError:
    """A transaction; `reasons` has one code for each of its writes, "None" for the innocent."""
    told = [{"Code": code} for code in reasons]
    message = f"Transaction cancelled, reasons [{', '.join(reasons)}]"
    return refusal("TransactWriteItems", "TransactionCanceledException", message, CancellationReasons=told)


def invalid(operation: str, message: str) -> ClientError:
    return refusal(operation, "ValidationException", message)


def no_answer() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://aws.invalid")


def not_reached() -> EndpointConnectionError:
    return EndpointConnectionError(endpoint_url="https://aws.invalid")
