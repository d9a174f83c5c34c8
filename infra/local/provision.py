"""Are the tables and queues there? Afterwards they are; what is there already stays as it is."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.flows import schema
from chalicelib.flows.schema import Table
from chalicelib.market import Market
from infra import resources

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient


class OldState(Exception):
    """The stores hold tables of another shape; only forgetting the state helps."""


def provision(dynamodb: "DynamoDBClient", sqs: "SQSClient", prefix: str, markets: Iterable[Market]) -> None:
    """Raises OldState when a table is there with other keys or indexes."""
    create_tables(dynamodb, prefix)
    create_queues(sqs, prefix, markets)


def create_tables(dynamodb: "DynamoDBClient", prefix: str) -> None:
    for table in schema.TABLES:
        _create_table(dynamodb, table, schema.table_name(prefix, table.name))


def create_queues(sqs: "SQSClient", prefix: str, markets: Iterable[Market]) -> None:
    for market in markets:
        dead = _create_queue(sqs, schema.dead_letter_queue_name(prefix, market), resources.DEAD_LETTER_QUEUE)
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps(resources.redrive_policy(arn))
        _create_queue(sqs, schema.queue_name(prefix, market), resources.QUEUE, RedrivePolicy=redrive)


def _create_table(dynamodb: "DynamoDBClient", table: Table, name: str) -> None:
    try:
        dynamodb.create_table(TableName=name, **resources.table_attributes(table))
    except dynamodb.exceptions.ResourceInUseException:
        _require_same_shape(dynamodb, table, name)
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    _expire_items(dynamodb, table, name)


def _require_same_shape(dynamodb: "DynamoDBClient", table: Table, name: str) -> None:
    found = dynamodb.describe_table(TableName=name)["Table"]
    wanted = resources.table_attributes(table)
    indexes = {index["IndexName"]: index["KeySchema"] for index in found.get("GlobalSecondaryIndexes", [])}
    asked = {index["IndexName"]: index["KeySchema"] for index in wanted.get("GlobalSecondaryIndexes", [])}
    if found["KeySchema"] != wanted["KeySchema"] or indexes != asked:
        raise OldState(f"table {name} has other keys than this version needs; `make clean` forgets it")


def _expire_items(dynamodb: "DynamoDBClient", table: Table, name: str) -> None:
    specification = resources.time_to_live(table)
    if specification is None:
        return
    found = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    # Asking twice is an error.
    if found.get("TimeToLiveStatus") in (None, "DISABLED"):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)  # type: ignore[arg-type]


def _create_queue(sqs: "SQSClient", name: str, values: dict[str, bool | int], **texts: str) -> str:
    """The queue's url."""
    attributes = {key: str(value).lower() for key, value in values.items()} | texts
    try:
        return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
    except sqs.exceptions.QueueNameExists:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        del attributes["FifoQueue"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)  # type: ignore[arg-type]
        return url
