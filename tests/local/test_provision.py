"""Are tables and queues made once, with the attributes that `infra/resources.py` says?"""

import json

import pytest

from chalicelib.flows import schema
from chalicelib.listing import MARKETS
from infra.local.provision import OldState, create_queues, create_tables
from infra.resources import VISIBILITY_SECONDS

MARKET = MARKETS["KTA/USDT"]


def test_tables_are_made_once_and_keep_their_items(any_dynamodb, prefix):
    create_tables(any_dynamodb, prefix)
    name = schema.table_name(prefix, schema.ACCOUNTS)
    item = {"pk": {"S": "a"}, "sk": {"S": "W"}}
    any_dynamodb.put_item(TableName=name, Item=item)
    create_tables(any_dynamodb, prefix)
    assert any_dynamodb.get_item(TableName=name, Key=item)["Item"] == item


def test_indexes_hold_keys_only_and_nothing_is_paid_ahead(any_dynamodb, prefix):
    create_tables(any_dynamodb, prefix)
    table = any_dynamodb.describe_table(TableName=schema.table_name(prefix, schema.ACCOUNTS))["Table"]
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    assert set(indexes) == {"by_user", "by_minute"}
    assert all(index["Projection"]["ProjectionType"] == "KEYS_ONLY" for index in indexes.values())
    assert [key["AttributeName"] for key in indexes["by_user"]["KeySchema"]] == ["owner", "created_id"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_only_sign_in_items_expire(any_dynamodb, prefix):
    create_tables(any_dynamodb, prefix)
    status = {
        table.name: any_dynamodb.describe_time_to_live(TableName=schema.table_name(prefix, table.name))[
            "TimeToLiveDescription"
        ]
        for table in schema.TABLES
    }
    assert status.pop(schema.AUTH)["AttributeName"] == schema.EXPIRES
    assert {found["TimeToLiveStatus"] for found in status.values()} == {"DISABLED"}


def test_a_table_of_another_version_is_refused(any_dynamodb, prefix):
    any_dynamodb.create_table(
        TableName=schema.table_name(prefix, schema.ACCOUNTS),
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    with pytest.raises(OldState, match="make clean"):
        create_tables(any_dynamodb, prefix)


def test_queues_are_made_once_and_keep_their_messages(any_sqs, prefix):
    create_queues(any_sqs, prefix, [MARKET])
    url = any_sqs.get_queue_url(QueueName=schema.queue_name(prefix, MARKET))["QueueUrl"]
    any_sqs.send_message(QueueUrl=url, MessageBody="a", MessageGroupId="m", MessageDeduplicationId="a")
    create_queues(any_sqs, prefix, [MARKET])
    assert [found["Body"] for found in any_sqs.receive_message(QueueUrl=url)["Messages"]] == ["a"]


def test_a_queue_keeps_order_and_gives_up_on_a_message_only_after_a_thousand_tries(any_sqs, prefix):
    create_queues(any_sqs, prefix, [MARKET])
    url = any_sqs.get_queue_url(QueueName=schema.queue_name(prefix, MARKET))["QueueUrl"]
    found = any_sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["FifoQueue"] == "true"
    assert found["ContentBasedDeduplication"] == "false"
    assert found["VisibilityTimeout"] == str(VISIBILITY_SECONDS)
    assert found["MessageRetentionPeriod"] == "1209600"
    redrive = json.loads(found["RedrivePolicy"])
    assert int(redrive["maxReceiveCount"]) == 1000
    assert redrive["deadLetterTargetArn"].endswith(schema.dead_letter_queue_name(prefix, MARKET))


def test_a_queue_with_other_settings_is_brought_up_to_date(any_sqs, prefix):
    name = schema.queue_name(prefix, MARKET)
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "7"}
    url = any_sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    create_queues(any_sqs, prefix, [MARKET])
    found = any_sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert found["VisibilityTimeout"] == str(VISIBILITY_SECONDS)
