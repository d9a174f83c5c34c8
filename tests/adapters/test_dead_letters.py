"""Are dead letters looked at without being lost, and sent again without being swallowed?"""

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import listing
from chalicelib.adapters.dead_letters import DeadLetters
from chalicelib.adapters.sqs import REQUEST_ID, SqsQueue, message
from chalicelib.errors import NotFound
from chalicelib.flows import schema
from chalicelib.flows.records.commands import CancelOrder, encode
from chalicelib.ids import CommandId, MarketId, OrderId, UserId
from infra.local import provision
from tests.adapters.test_sqs import receive

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

MARKET = listing.MARKETS[MarketId("KTA/USDT")]


def cancel(number: int) -> CancelOrder:
    return CancelOrder(CommandId(f"c-{number}"), OrderId("order"), UserId("keeta_user"), 1_700_000_000_000)


@pytest.fixture
def dead(any_sqs: "SQSClient", prefix: str) -> DeadLetters:
    """Two cancels that were received once too often, c-0 and c-1."""
    provision.create_queues(any_sqs, prefix, [MARKET])
    url = any_sqs.get_queue_url(QueueName=schema.queue_name(prefix, MARKET))["QueueUrl"]
    policy = any_sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
    impatient = json.dumps({**json.loads(policy["RedrivePolicy"]), "maxReceiveCount": 2})
    any_sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": impatient})
    for number in range(2):
        SqsQueue(any_sqs, prefix).send(MARKET, [cancel(number)])
        for _ in range(3):  # one after the other: moto buries two at once in the wrong order
            any_sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    any_sqs.set_queue_attributes(QueueUrl=url, Attributes=policy)
    return DeadLetters(any_sqs, prefix)


def ids(dead: DeadLetters) -> list[str]:
    """Of the commands that lie there."""
    with dead.look(MARKET) as letters:
        return [message({"messageId": each.id, "body": each.body}).commands[0].id for each in letters]


def test_whoever_looks_sees_all_in_order_and_leaves_all(dead: DeadLetters) -> None:
    assert [ids(dead) for _ in range(3)] == [["c-0", "c-1"]] * 3
    assert dead.count(MARKET) == (2, 0)


def test_a_letter_says_how_often_it_was_received_and_since_when_it_is_there(dead: DeadLetters) -> None:
    with dead.look(MARKET) as letters:
        assert all(letter.receives >= 1 for letter in letters)
        assert all(letter.since_ms > 1_600_000_000_000 for letter in letters)


def test_nobody_else_gets_what_somebody_looks_at(dead: DeadLetters) -> None:
    with dead.look(MARKET) as letters:
        assert len(letters) == 2
        assert ids(dead) == []
        assert dead.count(MARKET) == (0, 2)
    assert ids(dead) == ["c-0", "c-1"]


def test_what_breaks_off_a_look_leaves_all_visible(dead: DeadLetters) -> None:
    with pytest.raises(KeyboardInterrupt), dead.look(MARKET):
        raise KeyboardInterrupt
    assert ids(dead) == ["c-0", "c-1"]


def test_one_that_is_sent_again_arrives_at_once_though_its_first_message_is_young(
    dead: DeadLetters, any_sqs: "SQSClient", prefix: str
) -> None:
    """Within five minutes the queue drops a repeated message; a letter that was dropped would be lost."""
    with dead.look(MARKET) as letters:
        dead.send_again(MARKET, letters[0])
        dead.remove(MARKET, letters[0])
    assert [message(record).commands for record in receive(any_sqs, prefix)] == [(cancel(0),)]
    assert ids(dead) == ["c-1"]


def test_one_that_is_sent_again_still_says_on_whose_behalf(
    dead: DeadLetters, any_sqs: "SQSClient", prefix: str
) -> None:
    url = any_sqs.get_queue_url(QueueName=schema.dead_letter_queue_name(prefix, MARKET))["QueueUrl"]
    said: Any = {REQUEST_ID: {"DataType": "String", "StringValue": "request-7"}}
    more: Any = {"MessageGroupId": "g", "MessageDeduplicationId": "d", "MessageAttributes": said}
    any_sqs.send_message(QueueUrl=url, MessageBody=encode([cancel(2)]), **more)
    with dead.look(MARKET) as letters:
        dead.send_again(MARKET, letters[-1])
    queue = any_sqs.get_queue_url(QueueName=schema.queue_name(prefix, MARKET))["QueueUrl"]
    answer = any_sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])
    assert answer["Messages"][0]["MessageAttributes"][REQUEST_ID]["StringValue"] == "request-7"


def test_one_letter_that_is_sent_twice_arrives_once(
    dead: DeadLetters, any_sqs: "SQSClient", prefix: str
) -> None:
    for _ in range(2):
        with dead.look(MARKET) as letters:
            dead.send_again(MARKET, letters[0])
    assert len(receive(any_sqs, prefix)) == 1


def test_the_runs_of_schedules_have_a_queue_of_their_own(
    dead: DeadLetters, any_sqs: "SQSClient", prefix: str
) -> None:
    with pytest.raises(NotFound):
        dead.count(None)
    url = any_sqs.create_queue(QueueName=schema.schedule_dead_letter_queue_name(prefix))["QueueUrl"]
    said = {"ERROR_CODE": {"DataType": "String", "StringValue": "THROTTLED"}}
    any_sqs.send_message(QueueUrl=url, MessageBody="{}", MessageAttributes=said)
    with dead.look(None) as letters:
        assert [(each.body, each.attributes) for each in letters] == [("{}", {"ERROR_CODE": "THROTTLED"})]
        dead.remove(None, letters[0])
    assert dead.count(None) == (0, 0)
