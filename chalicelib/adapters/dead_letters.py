"""What lies in a dead-letter queue, how is it looked at without losing it, and how is it sent again?

For operators; no function of the exchange uses it. A queue in order hands out its first ten messages
and nothing behind them until those are gone, so one look never sees more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.sqs import MESSAGE_GROUP
from chalicelib.errors import NotFound, QueueUnavailable
from chalicelib.flows import schema
from chalicelib.market import Market

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# Hidden from others while somebody looks; whoever dies over it leaves them visible after that.
LOOK_S = 60
BATCH_MAX = 10
LETTERS_MAX = 100
# A queue without order may say that it is empty and not be: not all of its servers are asked.
EMPTY_ANSWERS = 3


class DeadLetter(NamedTuple):
    """`receives`: how often anybody got it, before it died and in looks since. `since_ms`: when it came
    here. (SQS developer guide: a queue in order stamps a message anew as it moves here; receives go
    on being counted.) `attributes`: what its sender said besides."""

    id: str
    body: str
    receives: int
    since_ms: int
    handle: str
    attributes: dict[str, str]


class DeadLetters:
    """Of a market, or of the schedules (None). All of it raises QueueUnavailable, or NotFound: no queue."""

    def __init__(self, client: "SQSClient", prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def count(self, market: Market | None) -> tuple[int, int]:
        """How many wait there, and how many somebody is looking at; about."""
        with _translated():
            found = self._client.get_queue_attributes(
                QueueUrl=self._dead(market),
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )["Attributes"]
        return (
            int(found["ApproximateNumberOfMessages"]),
            int(found["ApproximateNumberOfMessagesNotVisible"]),
        )

    @contextmanager
    def look(self, market: Market | None) -> Iterator[list[DeadLetter]]:
        """Those in front, in their order. What was not removed is visible again afterwards."""
        letters = self._received(market)
        try:
            yield letters
        finally:
            self._show(market, letters)

    def send_again(self, market: Market, letter: DeadLetter) -> None:
        """To the market's own queue, word for word, with what its sender said besides: on whose behalf.

        The message is a new one even within the minutes in which the queue would drop a repeated one;
        of two sendings of this letter it drops the second. The commands in it keep their ids.
        """
        with _translated():
            self._client.send_message(
                QueueUrl=self._url(schema.queue_name(self._prefix, market)),
                MessageBody=letter.body,
                MessageGroupId=MESSAGE_GROUP,
                MessageDeduplicationId=f"again-{letter.id}",
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in letter.attributes.items()
                },
            )

    def remove(self, market: Market | None, letter: DeadLetter) -> None:
        with _translated():
            self._client.delete_message(QueueUrl=self._dead(market), ReceiptHandle=letter.handle)

    def _received(self, market: Market | None) -> list[DeadLetter]:
        letters: dict[str, DeadLetter] = {}
        empty = 0
        while empty < EMPTY_ANSWERS and len(letters) < LETTERS_MAX:
            with _translated():
                answer = self._client.receive_message(
                    QueueUrl=self._dead(market),
                    MaxNumberOfMessages=BATCH_MAX,
                    VisibilityTimeout=LOOK_S,
                    MessageSystemAttributeNames=["All"],
                    MessageAttributeNames=["All"],
                )
            found = answer.get("Messages", [])
            letters |= {each["MessageId"]: _letter(each) for each in found}
            empty += not found
        return list(letters.values())

    def _show(self, market: Market | None, letters: list[DeadLetter]) -> None:
        for start in range(0, len(letters), BATCH_MAX):
            some = letters[start : start + BATCH_MAX]
            entries: list[Any] = [
                {"Id": str(i), "ReceiptHandle": letter.handle, "VisibilityTimeout": 0}
                for i, letter in enumerate(some)
            ]
            with _translated():  # those that were removed fail one by one, and nobody minds
                self._client.change_message_visibility_batch(QueueUrl=self._dead(market), Entries=entries)

    def _dead(self, market: Market | None) -> str:
        if market is None:
            return self._url(schema.schedule_dead_letter_queue_name(self._prefix))
        return self._url(schema.dead_letter_queue_name(self._prefix, market))

    def _url(self, name: str) -> str:
        return self._client.get_queue_url(QueueName=name)["QueueUrl"]


def _letter(message: Any) -> DeadLetter:
    about, said = message["Attributes"], message.get("MessageAttributes", {})
    return DeadLetter(
        message["MessageId"],
        message["Body"],
        int(about["ApproximateReceiveCount"]),
        int(about["SentTimestamp"]),
        message["ReceiptHandle"],
        {name: value.get("StringValue", "") for name, value in said.items()},
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if (
            error.response.get("Error", {})
            .get("Code", "")
            .endswith(("NonExistentQueue", "QueueDoesNotExist"))
        ):
            raise NotFound("no such queue", code="no_such_queue") from error
        raise QueueUnavailable(repr(error)) from error
    except BotoCoreError as error:
        raise QueueUnavailable(repr(error)) from error
