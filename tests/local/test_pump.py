"""Does the pump do what Lambda's event source mapping does?"""

import json
import threading

import pytest

from chalicelib.flows import schema
from chalicelib.listing import MARKETS
from infra.local import pump
from infra.local.clients import sqs_client
from infra.local.lambda_events import Context, failed_messages, scheduled_event
from infra.local.provision import create_queues

MARKET = MARKETS["USDX/USDT"]


class Queue:
    """One market's queue on ministack, and the batches that a handler was given from it."""

    def __init__(self, endpoint, prefix):
        self.sqs = sqs_client(endpoint)
        create_queues(self.sqs, prefix, [MARKET])
        self.name = schema.queue_name(prefix, MARKET)
        self.url = self.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        self.events = []

    def send(self, *bodies):
        for body in bodies:
            self.sqs.send_message(
                QueueUrl=self.url, MessageBody=body, MessageGroupId="m", MessageDeduplicationId=body
            )

    def mapping(self, answer=lambda records: None):
        def handler(event, context):
            self.events.append(event)
            return answer(event["Records"])

        return pump.Mapping(self.sqs, self.name, handler)

    def batches(self):
        return [[record["body"] for record in event["Records"]] for event in self.events]

    def bodies(self):
        return [body for batch in self.batches() for body in batch]

    def show_again(self, records):
        """What the matcher does with the messages that it could not finish."""
        for record in records:
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
            )

    def waiting(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


@pytest.fixture
def queue(ministack_endpoint, prefix):
    return Queue(ministack_endpoint, prefix)


def failures(records):
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in records]}


def test_a_record_has_the_fields_of_a_fifo_record_on_lambda(queue):
    queue.send("hello")
    queue.mapping().step()
    [record] = queue.events[0]["Records"]
    assert set(record) == {
        "messageId",
        "receiptHandle",
        "body",
        "attributes",
        "messageAttributes",
        "md5OfBody",
        "eventSource",
        "eventSourceARN",
        "awsRegion",
    }
    assert set(record["attributes"]) == {
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SequenceNumber",
        "MessageGroupId",
        "SenderId",
        "MessageDeduplicationId",
        "ApproximateFirstReceiveTimestamp",
    }
    assert all(isinstance(value, str) for value in record["attributes"].values())
    assert record["attributes"]["MessageDeduplicationId"] == "hello"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == f"arn:aws:sqs:us-east-1:000000000000:{queue.name}"
    assert json.loads(json.dumps(queue.events[0])) == queue.events[0]


def test_a_record_carries_message_attributes_in_lambdas_spelling(queue):
    attributes = {
        "text": {"DataType": "String", "StringValue": "a"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    queue.sqs.send_message(
        QueueUrl=queue.url,
        MessageBody="b",
        MessageGroupId="m",
        MessageDeduplicationId="b",
        MessageAttributes=attributes,
    )
    queue.mapping().step()
    found = queue.events[0]["Records"][0]["messageAttributes"]
    assert (found["text"]["dataType"], found["text"]["stringValue"]) == ("String", "a")
    assert (found["bytes"]["dataType"], found["bytes"]["binaryValue"]) == ("Binary", "AAE=")


def test_messages_arrive_in_order_and_at_most_ten_at_a_time(queue):
    bodies = [f"{number:02d}" for number in range(23)]
    queue.send(*bodies)
    mapping = queue.mapping()
    assert [mapping.step() for _ in range(4)] == [10, 10, 3, 0]
    assert queue.bodies() == bodies
    assert queue.waiting() == 0


def test_what_failed_comes_again_in_order_before_anything_newer(queue):
    def fail_once(records):
        if len(queue.events) > 1:
            return failures([])
        queue.show_again(records[1:])
        return failures(records[1:])

    queue.send("a", "b", "c")
    mapping = queue.mapping(fail_once)
    mapping.step()
    queue.send("d")
    mapping.step()
    assert queue.batches() == [["a", "b", "c"], ["b", "c", "d"]]
    counts = [record["attributes"]["ApproximateReceiveCount"] for record in queue.events[1]["Records"]]
    assert counts == ["2", "2", "1"]
    assert queue.waiting() == 0


def test_messages_that_are_not_named_as_failed_are_deleted_even_after_a_failed_one(queue):
    def fail_the_middle(records):
        middle = records[1:2] if len(queue.events) == 1 else []
        queue.show_again(middle)
        return failures(middle)

    queue.send("a", "b", "c")
    mapping = queue.mapping(fail_the_middle)
    mapping.step()
    mapping.step()
    assert queue.batches() == [["a", "b", "c"], ["b"]]


def test_after_an_exception_the_whole_batch_comes_again_when_its_visibility_ends(queue):
    def raise_once(records):
        if len(queue.events) == 1:
            raise RuntimeError("out of order")

    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "1"})
    queue.send("a", "b", "c")
    mapping = queue.mapping(raise_once)
    mapping.step()
    queue.send("d")
    mapping.step()
    mapping.step(wait_seconds=20)
    assert queue.batches() == [["a", "b", "c"], ["a", "b", "c", "d"]]
    assert queue.waiting() == 0


def test_an_answer_that_is_no_json_fails_the_batch(queue):
    queue.send("a")
    queue.mapping(lambda records: {"batchItemFailures": {1, 2}}).step()
    assert queue.waiting() == 1


def test_a_market_has_one_batch_in_flight(queue):
    seen = []
    queue.send(*"abcdefghijklm")

    def look_again(records):
        seen.append(queue.mapping().step())

    queue.mapping(look_again).step()
    assert seen == [0]
    assert queue.waiting() == 3


def test_a_new_pump_takes_over_what_a_dead_one_had_in_hand(queue):
    queue.send("a", "b")
    queue.sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10)
    mapping = queue.mapping()
    assert mapping.step() == 0
    mapping.take_over()
    assert mapping.step() == 2
    assert queue.batches() == [["a", "b"]]


def test_the_poll_of_a_dead_pump_takes_no_message_from_its_successor(queue):
    old = []

    def poll():
        old.append(queue.sqs.receive_message(QueueUrl=queue.url, WaitTimeSeconds=20).get("Messages", []))

    thread = threading.Thread(target=poll)
    thread.start()
    mapping = queue.mapping()
    while thread.is_alive():
        mapping.take_over()
        thread.join(0.05)
    queue.send("a")
    assert old == [[]]
    assert mapping.step() == 1


def test_a_running_mapping_hands_on_what_arrives_until_it_is_stopped(queue):
    stop = threading.Event()

    def answer(records):
        if records[-1]["body"] == "last":
            stop.set()

    mapping = queue.mapping(answer)
    thread = threading.Thread(target=mapping.run, args=(stop,))
    thread.start()
    queue.send("a", "b", "last")
    thread.join()
    assert queue.bodies() == ["a", "b", "last"]
    assert queue.waiting() == 0


def test_a_schedule_goes_on_after_a_failure():
    stop, events = threading.Event(), []

    def handler(event, context):
        events.append(event)
        if len(events) == 3:
            stop.set()
        raise RuntimeError("this minute is lost")

    pump.run_schedule("sweeper", 0.001, handler, stop)
    assert [event["detail-type"] for event in events] == ["Scheduled Event"] * 3
    assert len({event["id"] for event in events}) == 3


def test_a_scheduled_event_has_the_fields_of_eventbridge():
    event = scheduled_event("sweeper")
    assert event["source"] == "aws.events"
    assert event["resources"] == ["arn:aws:events:us-east-1:000000000000:rule/sweeper"]
    assert set(event) == {
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    }


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, ""),
        ({}, ""),
        ({"batchItemFailures": []}, ""),
        ({"batchItemFailures": None}, ""),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, "b"),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, "abc"),
        ({"batchItemFailures": [{"messageId": "b"}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "stranger"}]}, "abc"),
        ({"batchItemFailures": "b"}, "abc"),
        ({"batchItemFailures": ["b"]}, "abc"),
        ("done", "abc"),
    ],
)
def test_an_answer_is_read_as_lambda_reads_it(answer, failed):
    assert failed_messages(answer, ["a", "b", "c"]) == set(failed)


def test_the_time_that_is_left_runs_down_to_zero():
    assert 0 < Context("matcher", 5).get_remaining_time_in_millis() <= 5000
    assert Context("matcher", -1).get_remaining_time_in_millis() == 0
