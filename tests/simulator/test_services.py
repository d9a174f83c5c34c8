"""Are the simulator's services faithful? What the adapters' own tests ask of every stand-in, and more.

The contracts of `tests/adapters` are held against them as they are.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import listing
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.flows import schema
from chalicelib.ids import MarketId
from tests.adapters import test_dynamo, test_sqs

from .services.dynamodb import DynamoDb
from .services.sqs import URL, Sqs

PREFIX = "sim"
MARKET = listing.MARKETS[MarketId("KTA/USDT")]
MINUTE_US = 60_000_000


class Clock:
    def __init__(self) -> None:
        self.us = 1_800_000_000_000_000

    def now_us(self) -> int:
        return self.us


class Client:
    """The client of a service that nothing befalls."""

    def __init__(self, service: DynamoDb | Sqs) -> None:
        self.service = service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            arguments.pop("AttributeNames", None)  # all of them are always told
            return self.service.call(operation, arguments)

        return call


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dynamodb(clock: Clock) -> DynamoDb:
    return DynamoDb(PREFIX, clock.now_us, lambda follow: follow())


@pytest.fixture
def sqs(clock: Clock) -> Sqs:
    service = Sqs(clock.now_us)
    service.add(schema.queue_name(PREFIX, MARKET), visibility_s=60, receives_max=3)
    return service


# The fixtures that the borrowed tests ask for, by their names there.


@pytest.fixture
def prefix() -> str:
    return PREFIX


@pytest.fixture
def store(dynamodb: DynamoDb) -> DynamoStore:
    return DynamoStore(Client(dynamodb), PREFIX)  # type: ignore[arg-type]


@pytest.fixture
def any_sqs(sqs: Sqs) -> Client:
    return Client(sqs)


@pytest.fixture
def queue(any_sqs: Client) -> SqsQueue:
    return SqsQueue(any_sqs, PREFIX)  # type: ignore[arg-type]


def contracts(module: ModuleType, fixture: str) -> dict[str, Any]:
    """The tests of a module that run on whatever stands behind a fixture."""
    return {
        name: test
        for name, test in vars(module).items()
        if name.startswith("test_") and fixture in test.__code__.co_varnames[: test.__code__.co_argcount]
    }


globals().update(contracts(test_dynamo, "store"))
globals().update(contracts(test_sqs, "any_sqs"))


def test_the_contracts_were_found() -> None:
    assert len(contracts(test_dynamo, "store")) >= 9
    assert len(contracts(test_sqs, "any_sqs")) >= 2


# --- DynamoDB ---------------------------------------------------------------------------------


def put(sk: str, **more: Any) -> dict[str, Any]:
    item = {"pk": {"S": "ann"}, "sk": {"S": sk}, "n": {"N": "1"}}
    return {"TableName": f"{PREFIX}-{schema.ACCOUNTS}", "Item": item, **more}


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return refused.value.response["Error"]["Code"]


ONCE = {"ConditionExpression": "attribute_not_exists(#0)", "ExpressionAttributeNames": {"#0": "pk"}}


def test_a_transaction_that_is_repeated_with_its_token_is_done_once_within_ten_minutes(
    dynamodb: DynamoDb, clock: Clock
) -> None:
    writes = [{"Put": put("A", **ONCE)}, {"Put": put("B")}]
    for _ in range(2):
        dynamodb.call("transact_write_items", {"TransactItems": writes, "ClientRequestToken": "t"})
    with pytest.raises(ClientError) as refused:
        dynamodb.call("transact_write_items", {"TransactItems": writes[1:], "ClientRequestToken": "t"})
    assert code(refused) == "IdempotentParameterMismatchException"
    clock.us += 11 * MINUTE_US
    with pytest.raises(ClientError) as refused:
        dynamodb.call("transact_write_items", {"TransactItems": writes, "ClientRequestToken": "t"})
    assert code(refused) == "TransactionCanceledException"
    assert refused.value.response["CancellationReasons"] == [
        {"Code": "ConditionalCheckFailed"},
        {"Code": "None"},
    ]


def test_items_of_a_transaction_in_flight_can_not_be_written_by_another(dynamodb: DynamoDb) -> None:
    held = dynamodb.lock("transact_write_items", {"TransactItems": [{"Put": put("A")}, {"Put": put("B")}]})
    with pytest.raises(ClientError) as refused:
        dynamodb.lock("transact_write_items", {"TransactItems": [{"Put": put("C")}, {"Put": put("B")}]})
    assert refused.value.response["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "TransactionConflict"},
    ]
    with pytest.raises(ClientError) as refused:
        dynamodb.lock("put_item", put("A"))
    assert code(refused) == "TransactionConflictException"
    assert dynamodb.lock("put_item", put("C")) == []
    dynamodb.unlock(held)
    assert dynamodb.lock("put_item", put("A")) == []


def test_a_transaction_that_is_repeated_with_its_token_meets_nobody(dynamodb: DynamoDb) -> None:
    given = {"TransactItems": [{"Put": put("A")}, {"Put": put("B")}], "ClientRequestToken": "t"}
    dynamodb.call("transact_write_items", given)
    dynamodb.lock("transact_write_items", {"TransactItems": [{"Put": put("A")}, {"Put": put("C")}]})
    assert dynamodb.lock("transact_write_items", given) == []
    assert dynamodb.call("transact_write_items", given) == {}


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("put_item", put("A", ReturnValues="ALL_OLD")),
        ("put_item", put("A", ExpressionAttributeNames={"#0": "n"})),
        ("put_item", put("A", ConditionExpression="n = :0")),
        ("transact_write_items", {"TransactItems": [{"Put": put("A")}, {"Put": put("A")}]}),
        ("transact_write_items", {"TransactItems": [{"Put": put(str(n))} for n in range(101)]}),
        ("get_item", {"TableName": "sim-accounts", "Key": put("A")["Item"], "ConsistentRead": False}),
    ],
)
def test_what_our_adapters_never_ask_is_refused_and_remembered(
    dynamodb: DynamoDb, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        dynamodb.call(operation, arguments)
    assert code(refused) == "ValidationException"
    assert len(dynamodb.illegal) == 1


def test_an_index_follows_when_it_likes(clock: Clock) -> None:
    behind: list[Callable[[], None]] = []
    dynamodb = DynamoDb(PREFIX, clock.now_us, behind.append)
    item = {**put("O#1")["Item"], "owner": {"S": "ann"}, "created_id": {"S": "1"}}
    dynamodb.call("put_item", {**put("O#1"), "Item": item})
    store = DynamoStore(Client(dynamodb), PREFIX)  # type: ignore[arg-type]
    asked = (schema.ACCOUNTS, schema.BY_USER, "ann", ("0", "~"), 10)
    assert store.index_page(*asked, newest_first=True)[0] == []
    for follow in behind:
        follow()
    assert [each["sk"] for each in store.index_page(*asked, newest_first=True)[0]] == ["O#1"]


# --- SQS --------------------------------------------------------------------------------------


def url() -> str:
    return URL + schema.queue_name(PREFIX, MARKET)


def send(sqs: Sqs, body: str, name: str | None = None) -> str:
    given = {
        "QueueUrl": url(),
        "MessageBody": body,
        "MessageGroupId": "g",
        "MessageDeduplicationId": name or body,
    }
    return str(sqs.call("send_message", given)["MessageId"])


def receive(sqs: Sqs, most: int = 10) -> list[dict[str, Any]]:
    found = sqs.call("receive_message", {"QueueUrl": url(), "MaxNumberOfMessages": most}).get("Messages", [])
    return list(found)


def delete(sqs: Sqs, *letters: dict[str, Any]) -> dict[str, Any]:
    entries = [{"Id": str(i), "ReceiptHandle": each["ReceiptHandle"]} for i, each in enumerate(letters)]
    return sqs.call("delete_message_batch", {"QueueUrl": url(), "Entries": entries})


def test_a_message_sent_again_within_five_minutes_is_dropped_even_when_it_was_deleted(
    sqs: Sqs, clock: Clock
) -> None:
    first = send(sqs, "a")
    delete(sqs, *receive(sqs))
    clock.us += 4 * MINUTE_US
    assert send(sqs, "a") == first
    assert receive(sqs) == []
    clock.us += 2 * MINUTE_US
    assert send(sqs, "a") != first
    assert [letter["Body"] for letter in receive(sqs)] == ["a"]


def test_behind_a_message_in_flight_its_group_waits_and_then_comes_in_order(sqs: Sqs, clock: Clock) -> None:
    for body in "abc":
        send(sqs, body)
    (first,) = receive(sqs, 1)
    assert receive(sqs) == []
    clock.us += MINUTE_US
    assert [letter["Body"] for letter in receive(sqs)] == ["a", "b", "c"]
    assert first["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_handle_is_good_until_its_message_is_visible_again(sqs: Sqs, clock: Clock) -> None:
    send(sqs, "a")
    (letter,) = receive(sqs)
    clock.us += MINUTE_US
    assert [failed["Id"] for failed in delete(sqs, letter)["Failed"]] == ["0"]
    (again,) = receive(sqs)
    assert delete(sqs, letter)["Successful"] == []
    assert delete(sqs, again)["Failed"] == []
    clock.us += MINUTE_US
    assert receive(sqs) == []


def test_what_is_made_visible_comes_back_at_its_time(sqs: Sqs, clock: Clock) -> None:
    send(sqs, "a")
    (letter,) = receive(sqs)
    entry = {"Id": "0", "ReceiptHandle": letter["ReceiptHandle"], "VisibilityTimeout": 2}
    sqs.call("change_message_visibility_batch", {"QueueUrl": url(), "Entries": [entry]})
    assert receive(sqs) == []
    clock.us += 2_000_000
    assert len(receive(sqs)) == 1


def test_a_message_received_too_often_is_buried(sqs: Sqs, clock: Clock) -> None:
    send(sqs, "a")
    for _ in range(3):
        assert len(receive(sqs)) == 1
        clock.us += MINUTE_US
    assert receive(sqs) == []
    assert [letter.body for letter in sqs.queues[url()].dead] == ["a"]
