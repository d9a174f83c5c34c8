"""Do commands travel through a market's queue once, in order, and come back when told to?"""

import time
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import listing
from chalicelib.adapters.sqs import RETRY_S_MAX, SqsQueue, message, retry_delay_s
from chalicelib.engine.order import LimitOrder
from chalicelib.errors import QueueUnavailable
from chalicelib.flows import schema
from chalicelib.flows.records.commands import (
    CancelAll,
    CancelOrder,
    Command,
    ExpireReplace,
    ExpireUnseen,
    PlaceOrder,
    ReduceOrder,
    ReplaceOrder,
    SetCancelAllTimer,
    SetMode,
    Tick,
    Unreadable,
    encode,
)
from chalicelib.ids import CommandId, MarketId, OrderId, UserId
from infra.local import provision
from infra.local.clients import sqs_client
from infra.resources import RECEIVES_MAX

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

MARKET = listing.MARKETS[MarketId("KTA/USDT")]
ORDER, USER = OrderId("order"), UserId("keeta_user")
SOON = 1_700_000_000_000


def cancel(number: int) -> CancelOrder:
    return CancelOrder(CommandId(f"c-{number}"), ORDER, USER, SOON)


def receive(client: "SQSClient", prefix: str) -> list[dict[str, Any]]:
    """Records as a Lambda event has them."""
    url = client.get_queue_url(QueueName=schema.queue_name(prefix, MARKET))["QueueUrl"]
    answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return [
        {
            "messageId": m["MessageId"],
            "receiptHandle": m["ReceiptHandle"],
            "body": m["Body"],
            "attributes": m["Attributes"],
        }
        for m in answer.get("Messages", [])
    ]


@pytest.fixture
def queue(any_sqs: "SQSClient", prefix: str) -> SqsQueue:
    provision.create_queues(any_sqs, prefix, [MARKET])
    return SqsQueue(any_sqs, prefix)


LIMIT = LimitOrder(ORDER, USER, "buy", 10**15, 3, 3, "gtt", "dc", SOON, 1_000, 2_000)

COMMANDS: list[Command] = [
    PlaceOrder(CommandId("p-1"), LIMIT, SOON),
    PlaceOrder(CommandId("p-2"), LIMIT, SOON, "entry", 10**14),
    cancel(1),
    ReduceOrder(CommandId("d-1"), ORDER, USER, 2, SOON),
    ReplaceOrder(CommandId("r-1"), LIMIT, 10**15, SOON),
    CancelAll(CommandId("a-1"), USER, None, SOON),
    CancelAll(CommandId("a-2"), USER, "sell", SOON),
    SetCancelAllTimer(CommandId("s-1"), USER, SOON, SOON),
    Tick(CommandId("t-1")),
    ExpireUnseen(CommandId("e-1"), ORDER, USER),
    ExpireReplace(CommandId("x-1"), ORDER, USER, CommandId("r-1")),
    SetMode(CommandId("h-1"), "post_only", "a person said so", SOON),
    SetMode(CommandId("h-2"), "open", "the band moves", SOON, 10**15),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_arrives_as_it_was_sent(
    queue: SqsQueue, any_sqs: "SQSClient", prefix: str, command: Any
) -> None:
    queue.send(MARKET, [command])
    (record,) = receive(any_sqs, prefix)
    assert message(record).commands == (command,)


def test_many_commands_of_one_message_arrive_together_and_in_their_order(
    queue: SqsQueue, any_sqs: "SQSClient", prefix: str
) -> None:
    queue.send(MARKET, COMMANDS)
    (record,) = receive(any_sqs, prefix)
    assert message(record).commands == tuple(COMMANDS)


def test_commands_arrive_in_the_order_in_which_they_were_sent(
    queue: SqsQueue, any_sqs: "SQSClient", prefix: str
) -> None:
    for number in range(10):
        queue.send(MARKET, [cancel(number)])
    received = [message(record).commands[0].id for record in receive(any_sqs, prefix)]
    assert received == [f"c-{number}" for number in range(10)]


def test_one_command_sent_twice_arrives_once_and_two_cancels_of_one_order_both_arrive(
    ministack_endpoint: str, prefix: str
) -> None:
    client = sqs_client(ministack_endpoint)
    provision.create_queues(client, prefix, [MARKET])
    queue = SqsQueue(client, prefix)
    for command in (cancel(1), cancel(1), cancel(2)):
        queue.send(MARKET, [command])
    assert [message(record).commands for record in receive(client, prefix)] == [(cancel(1),), (cancel(2),)]


def test_what_was_not_done_comes_back_soon_and_in_order(ministack_endpoint: str, prefix: str) -> None:
    client = sqs_client(ministack_endpoint)
    provision.create_queues(client, prefix, [MARKET])
    queue = SqsQueue(client, prefix)
    for number in range(4):
        queue.send(MARKET, [cancel(number)])
    records = receive(client, prefix)
    assert receive(client, prefix) == []  # the group is in one pair of hands
    queue.retry_soon(MARKET, list(records), progressed=False)
    time.sleep(retry_delay_s(1) + 0.2)
    again = receive(client, prefix)
    assert [record["body"] for record in again] == [record["body"] for record in records]


def test_an_outage_of_hours_does_not_use_up_the_receives_of_a_message() -> None:
    assert [retry_delay_s(receives) for receives in (1, 2, 3, 7, 8, 1000)] == [1, 2, 4, 60, 60, 60]
    assert sum(map(retry_delay_s, range(1, RECEIVES_MAX))) > 12 * 3600
    assert retry_delay_s(RECEIVES_MAX) == RETRY_S_MAX


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "null",
        "[[]]",
        '[["place"]]',
        '[["dance","x"]]',
        '[["cancel","a"]]',
        "[1]",
        '"text"',
        "[]",
        '[["cancel",["a"],"b","c",1]]',
    ],
)
def test_a_message_that_holds_no_command_is_told_apart(body: str) -> None:
    (command,) = message({"messageId": "7", "body": body}).commands
    assert isinstance(command, Unreadable)
    assert command.id == "m-7"


def test_a_list_of_commands_is_one_message() -> None:
    body = encode([cancel(1), cancel(2)])
    assert message({"messageId": "7", "body": body}).commands == (cancel(1), cancel(2))


def test_a_queue_that_does_not_answer_is_unavailable(prefix: str) -> None:
    with pytest.raises(QueueUnavailable):
        SqsQueue(sqs_client("http://127.0.0.1:9"), prefix).send(MARKET, [cancel(1)])


def test_the_depth_of_a_queue_counts_what_waits_and_what_is_worked_on(
    queue: SqsQueue, any_sqs: "SQSClient", prefix: str
) -> None:
    assert queue.depth(MARKET) == (0, 0)
    for number in range(3):
        queue.send(MARKET, [cancel(number)])
    assert queue.depth(MARKET) == (3, 0)
    receive(any_sqs, prefix)
    assert queue.depth(MARKET) == (0, 3)
