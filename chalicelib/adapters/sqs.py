"""How do commands travel through a market's queue, and how does Lambda hand them over?"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import InvalidInput, QueueUnavailable
from chalicelib.flows import schema
from chalicelib.flows.matcher.match import Message
from chalicelib.flows.records.commands import Command, Unreadable, decode, encode
from chalicelib.ids import CommandId, message_id
from chalicelib.market import Market

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# One group per queue: Lambda then has at most one batch of a market in flight.
MESSAGE_GROUP = "market"
# What a failed run left over comes back soon, and not after the queue's own visibility
# timeout, which must be long enough for a run that hangs. Each time it fails it waits twice
# as long, so that an outage of hours does not use up the receives a message has.
RETRY_S_MAX = 60


class SqsQueue:
    def __init__(self, client: "SQSClient", prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._urls: dict[str, str] = {}

    def send(self, market: Market, commands: Sequence[Command]) -> None:
        """One message. Raises QueueUnavailable; the queue may have taken it all the same."""
        try:
            self._client.send_message(
                QueueUrl=self._url(market),
                MessageBody=encode(list(commands)),
                MessageGroupId=MESSAGE_GROUP,
                # Of the commands, not of what they are about: or a second cancel would be swallowed.
                MessageDeduplicationId=message_id([command.id for command in commands]),
            )
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailable(repr(error)) from error

    def retry_soon(self, market: Market, records: list[Mapping[str, Any]], *, progressed: bool) -> None:
        """Make these records of a Lambda event visible again soon, in their order.

        At once after a run that got somewhere: a long sweep is no outage.
        """
        receives = int(records[0]["attributes"]["ApproximateReceiveCount"])
        delay_s = 0 if progressed else retry_delay_s(receives)
        entries: list[Any] = [
            {"Id": str(i), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": delay_s}
            for i, record in enumerate(records)
        ]
        try:
            self._client.change_message_visibility_batch(QueueUrl=self._url(market), Entries=entries)
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailable(repr(error)) from error

    def depth(self, market: Market) -> tuple[int, int]:
        """How many messages wait, and how many are being worked on; about. Raises QueueUnavailable."""
        names: Any = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        try:
            answer = self._client.get_queue_attributes(QueueUrl=self._url(market), AttributeNames=names)
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailable(repr(error)) from error
        waiting, in_flight = (int(answer["Attributes"][name]) for name in names)
        return waiting, in_flight

    def _url(self, market: Market) -> str:
        name = schema.queue_name(self._prefix, market)
        if name not in self._urls:
            self._urls[name] = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[name]


def retry_delay_s(receives: int) -> int:
    """Seconds until a message that was received so often, and not done, is received again."""
    return int(min(RETRY_S_MAX, 2 ** min(receives - 1, 10)))


def message(record: Mapping[str, Any]) -> Message:
    """One record of a Lambda event. What holds no command becomes an Unreadable one."""
    commands: list[Command]
    try:
        commands = decode(record["body"])
    except InvalidInput as error:
        commands = [Unreadable(CommandId("m-" + record["messageId"]), error.detail)]
    return Message(record["messageId"], tuple(commands))
