"""Do the stores keep what they were given when they are killed?"""

import contextlib
import json
import time

import pytest

from chalicelib.flows import schema
from chalicelib.listing import MARKETS
from infra.local import parts
from infra.local.clients import dynamodb_client, sqs_client
from infra.local.long_polls import forget_old_ids
from infra.local.ports import HOST, any_free
from infra.local.provision import create_queues, create_tables
from tests.backends import running
from tests.local.conftest import eventually

MARKET = MARKETS["USDX/USDT"]
QUEUE = schema.queue_name("p", MARKET)
TABLE = schema.table_name("p", schema.ACCOUNTS)
ITEM = {"pk": {"S": "a"}, "sk": {"S": "W"}, "a_USDT": {"N": "12345678901234567890123456789012345678"}}


@contextlib.contextmanager
def queues(directory):
    """ministack on this directory, always somewhere else; killed at the end."""
    port = any_free().sqs
    with running(parts.ministack([port], directory / "state"), directory) as child:
        yield sqs_client(f"http://{HOST}:{port}")
        child.kill()


def saved(directory):
    """The messages of the queue as they are on disk."""
    path = directory / "state" / "sqs.json"
    found = json.loads(path.read_text())["payload"]["queues"]["data"] if path.exists() else {}
    return [message for queue in found.values() if queue["name"] == QUEUE for message in queue["messages"]]


def send(sqs, *bodies):
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="m", MessageDeduplicationId=body)


def receive(sqs):
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def test_messages_outlive_a_killed_queue_server_and_its_port(tmp_path):
    with queues(tmp_path) as sqs:
        create_queues(sqs, "p", [MARKET])
        send(sqs, "a", "b")
        eventually(lambda: len(saved(tmp_path)) == 2)
    with queues(tmp_path) as sqs:
        send(sqs, "a", "c")
        assert receive(sqs) == ["a", "b", "c"]


def test_what_was_in_flight_when_the_queue_server_was_killed_is_visible_again(tmp_path):
    with queues(tmp_path) as sqs:
        create_queues(sqs, "p", [MARKET])
        send(sqs, "a", "b")
        assert receive(sqs) == ["a", "b"]
        eventually(lambda: [message["receive_count"] for message in saved(tmp_path)] == [1, 1])
    with queues(tmp_path) as sqs:
        assert receive(sqs) == ["a", "b"]


def test_an_acknowledged_write_outlives_a_killed_database(tmp_path):
    if not parts.has_dynoxide():
        pytest.skip("no dynoxide for this machine")
    for round_number in range(3):
        port = any_free().dynamodb
        with running(parts.dynoxide(port, tmp_path / "database"), tmp_path) as child:
            dynamodb = dynamodb_client(f"http://{HOST}:{port}")
            create_tables(dynamodb, "p")
            written = [{**ITEM, "sk": {"S": str(number)}} for number in range(round_number)]
            assert dynamodb.scan(TableName=TABLE)["Items"] == written
            dynamodb.put_item(TableName=TABLE, Item={**ITEM, "sk": {"S": str(round_number)}})
            child.kill()


def test_the_queue_server_keeps_tables_too_exact_to_the_last_of_38_digits(tmp_path):
    port = any_free().sqs
    database = tmp_path / "state" / "dynamodb.json"
    one_more = str(int(ITEM["a_USDT"]["N"]) + 1)
    with running(parts.ministack([port], tmp_path / "state"), tmp_path) as child:
        dynamodb = dynamodb_client(f"http://{HOST}:{port}")
        create_tables(dynamodb, "p")
        dynamodb.put_item(TableName=TABLE, Item=ITEM)
        dynamodb.update_item(
            TableName=TABLE,
            Key={"pk": ITEM["pk"], "sk": ITEM["sk"]},
            UpdateExpression="ADD a_USDT :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        eventually(lambda: database.exists() and one_more in database.read_text())
        child.kill()
        child.start()
        child.wait_until_ready()
        assert dynamodb.scan(TableName=TABLE)["Items"] == [{**ITEM, "a_USDT": {"N": one_more}}]


def test_only_expired_deduplication_ids_are_forgotten():
    now = time.time()
    queue = {
        "dedup_cache": {"old": {"expire": now - 2}, "older": {"expire": now - 1}, "new": {"expire": now + 60}}
    }
    forget_old_ids(queue)
    assert list(queue["dedup_cache"]) == ["new"]
    forget_old_ids({"dedup_cache": {}})
