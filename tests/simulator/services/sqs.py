"""An SQS in memory: FIFO queues, as the guide tells. Which messages come out, and when again?

A group is handed out in order; while one of its messages is in flight, none behind it is. A
deduplication id that was taken within five minutes is accepted and dropped, whether or not
the message is still there. A receipt handle is good until its message becomes visible again.
Source: Amazon SQS developer guide, "FIFO queues", "Visibility timeout"; API reference.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .refusals import Wire, refusal

SECOND_US = 1_000_000
DEDUPLICATION_US = 5 * 60 * SECOND_US
BATCH_MAX = 10
BODY_BYTES_MAX = 1024 * 1024
URL = "https://sqs.invalid/"


@dataclass
class Letter:
    """One message. It can be received once `visible_us` has come."""

    id: str
    body: str
    group: str
    sent_us: int
    visible_us: int
    receives: int = 0

    @property
    def handle(self) -> str:
        return f"{self.id}/{self.receives}"

    def told(self) -> Wire:
        return {
            "MessageId": self.id,
            "ReceiptHandle": self.handle,
            "Body": self.body,
            "Attributes": {
                "SentTimestamp": str(self.sent_us // 1000),
                "ApproximateReceiveCount": str(self.receives),
                "MessageGroupId": self.group,
            },
        }


@dataclass
class Queue:
    name: str
    visibility_us: int
    receives_max: int
    letters: list[Letter] = field(default_factory=list)
    dead: list[Letter] = field(default_factory=list)
    accepted: list[tuple[int, str]] = field(default_factory=list)
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return URL + self.name


class Sqs:
    """`accepted` of a queue is every message it ever took, with its time; not what it dropped."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self.queues: dict[str, Queue] = {}
        self.arrived: Callable[[Queue], None] = lambda queue: None

    def add(self, name: str, visibility_s: int, receives_max: int) -> Queue:
        queue = self.queues[URL + name] = Queue(name, visibility_s * SECOND_US, receives_max)
        return queue

    def call(self, operation: str, arguments: Mapping[str, Any]) -> Wire:
        """At one moment. Raises ClientError."""
        answer: Wire = getattr(self, operation)(**arguments)
        return answer

    def get_queue_url(self, QueueName: str) -> Wire:
        if URL + QueueName not in self.queues:
            raise refusal("GetQueueUrl", "QueueDoesNotExist")
        return {"QueueUrl": URL + QueueName}

    def get_queue_attributes(self, QueueUrl: str) -> Wire:
        """How many messages there are, whatever was asked for."""
        queue, now_us = self._queue(QueueUrl), self._now_us()
        hidden = sum(letter.visible_us > now_us for letter in queue.letters)
        counts = {
            "ApproximateNumberOfMessages": len(queue.letters) - hidden,
            "ApproximateNumberOfMessagesNotVisible": hidden,
        }
        return {"Attributes": {name: str(count) for name, count in counts.items()}}

    def send_message(
        self, QueueUrl: str, MessageBody: str, MessageGroupId: str, MessageDeduplicationId: str
    ) -> Wire:
        queue, now_us = self._queue(QueueUrl), self._now_us()
        if not (MessageBody and MessageGroupId and 0 < len(MessageDeduplicationId) <= 128):
            raise refusal("SendMessage", "InvalidParameterValue")
        if len(MessageBody.encode()) > BODY_BYTES_MAX:
            raise refusal("SendMessage", "InvalidParameterValue", "the message is too long")
        seen_us, known = queue.seen.get(MessageDeduplicationId, (-DEDUPLICATION_US, ""))
        if now_us - seen_us < DEDUPLICATION_US:
            return {"MessageId": known}
        name = f"m-{len(queue.accepted):08d}"
        queue.seen[MessageDeduplicationId] = (now_us, name)
        queue.accepted.append((now_us, MessageBody))
        queue.letters.append(Letter(name, MessageBody, MessageGroupId, now_us, now_us))
        self.arrived(queue)
        return {"MessageId": name}

    def receive_message(self, QueueUrl: str, MaxNumberOfMessages: int) -> Wire:
        queue, now_us = self._queue(QueueUrl), self._now_us()
        self._bury(queue)
        blocked = {letter.group for letter in queue.letters if letter.visible_us > now_us}
        batch = [letter for letter in queue.letters if letter.group not in blocked][:MaxNumberOfMessages]
        for letter in batch:
            letter.visible_us = now_us + queue.visibility_us
            letter.receives += 1
        return {"Messages": [letter.told() for letter in batch]} if batch else {}

    def delete_message_batch(self, QueueUrl: str, Entries: list[Wire]) -> Wire:
        queue = self._queue(QueueUrl)
        good, bad = self._in_hand(queue, Entries)
        gone = {letter.id for _, letter in good}
        queue.letters = [letter for letter in queue.letters if letter.id not in gone]
        return _told(good, bad)

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[Wire]) -> Wire:
        queue, now_us = self._queue(QueueUrl), self._now_us()
        good, bad = self._in_hand(queue, Entries)
        for entry, letter in good:
            letter.visible_us = now_us + entry["VisibilityTimeout"] * SECOND_US
        self.arrived(queue)
        return _told(good, bad)

    def visible_in_us(self, queue: Queue) -> int | None:
        """Until a message can be received; None when there is none."""
        if not queue.letters:
            return None
        now_us, groups = self._now_us(), {letter.group: 0 for letter in queue.letters}
        for letter in queue.letters:
            groups[letter.group] = max(groups[letter.group], letter.visible_us - now_us)
        return max(0, min(groups.values()))

    def _in_hand(self, queue: Queue, entries: list[Wire]) -> tuple[list[tuple[Wire, Letter]], list[Wire]]:
        """Entries whose handle is still good, and the others."""
        if not 0 < len(entries) <= BATCH_MAX or len({entry["Id"] for entry in entries}) < len(entries):
            raise refusal("Batch", "InvalidBatch")
        now_us = self._now_us()
        held = {letter.handle: letter for letter in queue.letters if letter.visible_us > now_us}
        good = [(entry, held[entry["ReceiptHandle"]]) for entry in entries if entry["ReceiptHandle"] in held]
        return good, [entry for entry in entries if entry["ReceiptHandle"] not in held]

    def _queue(self, url: str) -> Queue:
        if url not in self.queues:
            raise refusal("any", "QueueDoesNotExist")
        return self.queues[url]

    def _bury(self, queue: Queue) -> None:
        now_us = self._now_us()
        worn = [
            letter
            for letter in queue.letters
            if letter.receives >= queue.receives_max and letter.visible_us <= now_us
        ]
        for letter in worn:
            queue.letters.remove(letter)
            queue.dead.append(letter)


def _told(good: list[tuple[Wire, Letter]], bad: list[Wire]) -> Wire:
    failed = [{"Id": entry["Id"], "Code": "InvalidParameterValue", "SenderFault": True} for entry in bad]
    return {"Successful": [{"Id": entry["Id"]} for entry, _ in good], "Failed": failed}
