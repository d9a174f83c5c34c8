"""Which attributes do the tables and queues have? Said once, for the local stack and for the cloud.

The words are those of DynamoDB's CreateTable and of SQS's CreateQueue; CloudFormation's
AWS::DynamoDB::Table and AWS::SQS::Queue use the same ones.
"""

from typing import Any

from chalicelib.flows.schema import Index, Table

# Enough for a cold start with a journal that has grown long, the time for work (handlers.WORK_MS)
# and two calls that hang (handlers.RESERVE_MS).
MATCHER_SECONDS = 30
# The gateway waits no longer.
API_SECONDS = 29
# Of the gateway; its URL ends with it.
API_STAGE = "v1"
# Schedules come every minute, and each run tells from its context how long it may go on.
SCHEDULED_SECONDS = 60
# AWS asks for six times that.
VISIBILITY_SECONDS = 6 * MATCHER_SECONDS
RETENTION_SECONDS = 14 * 24 * 3600
# The most that SQS takes. An order must not be skipped because a store was away for minutes.
RECEIVES_MAX = 1000

DEAD_LETTER_QUEUE: dict[str, bool | int] = {
    "FifoQueue": True,
    "ContentBasedDeduplication": False,
    "MessageRetentionPeriod": RETENTION_SECONDS,
}
QUEUE: dict[str, bool | int] = {**DEAD_LETTER_QUEUE, "VisibilityTimeout": VISIBILITY_SECONDS}


def redrive_policy(dead_letter_arn: object) -> dict[str, Any]:
    """The argument is an ARN, or what CloudFormation will resolve to one."""
    return {"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": RECEIVES_MAX}


def table_attributes(table: Table) -> dict[str, Any]:
    """All but the name."""
    attributes: dict[str, Any] = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [_text(name) for name in _key_attributes(table)],
        "KeySchema": _key_schema("pk", "sk"),
    }
    if table.indexes:
        attributes["GlobalSecondaryIndexes"] = [_index(index) for index in table.indexes]
    return attributes


def time_to_live(table: Table) -> dict[str, Any] | None:
    """None for a table whose items stay."""
    return {"AttributeName": table.ttl, "Enabled": True} if table.ttl else None


def _key_attributes(table: Table) -> list[str]:
    indexed = {name for index in table.indexes for name in (index.pk, index.sk)}
    return sorted({"pk", "sk"} | indexed)


def _text(name: str) -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": "S"}


def _key_schema(pk: str, sk: str) -> list[dict[str, str]]:
    return [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]


def _index(index: Index) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.pk, index.sk),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
