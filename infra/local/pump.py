"""Who calls the matchers and the scheduled functions on one machine?

    python -m infra.local.pump --sqs URL --prefix NAME --mark FILE

For each market's queue one thread does what Lambda's event source mapping does: it takes up
to ten messages in order, hands them over, deletes what succeeded and leaves the rest to the
queue's visibility. One batch of a market is in flight at a time. The schedules run here too.
"""

import argparse
import importlib
import json
import logging
import os
import signal
import threading
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import listing
from chalicelib.flows import schema
from chalicelib.flows.custody.lease import freed
from chalicelib.wiring import exchange
from infra.local import leash, loopback
from infra.local.clients import sqs_client
from infra.local.lambda_events import Context, failed_messages, scheduled_event, sqs_event
from infra.local.long_polls import RELEASE
from infra.resources import MATCHER_SECONDS

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

BATCH_MAX = 10
WAIT_SECONDS = 20
RETRY_SECONDS = 0.5
SCHEDULED_SECONDS = 60.0
# In the cloud they run every minute, some less often; a developer does not wait that long.
SCHEDULES = {
    "sweeper": 3.0,
    "snapshots": 5.0,
    "clock": 1.0,
    "volumes": 10.0,
    "pool": 1.0,
    "deposits_follower": 0.5,
    "payouts": 0.5,
    "settlement": 10.0,
    "reconciliation": 15.0,
}

Handler = Callable[[dict[str, Any], Context], Any]
log = logging.getLogger("pump")


class Mapping:
    """One queue and the function that its messages go to."""

    def __init__(self, sqs: "SQSClient", queue: str, handler: Handler) -> None:
        self._sqs = sqs
        self._queue = queue
        self._handler = handler
        self._url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self._arn = answer["Attributes"]["QueueArn"]
        self._busy = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        self.take_over()
        while not stop.is_set():
            try:
                self.step(WAIT_SECONDS)
            except (BotoCoreError, ClientError) as error:
                log.warning("%s: %s", self._queue, error)
                stop.wait(RETRY_SECONDS)

    def step(self, wait_seconds: int = 0) -> int:
        """One batch. How many messages were received."""
        messages = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH_MAX,
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if messages:
            with self._busy:
                self._delete(messages, self._invoke(messages))
        return len(messages)

    def take_over(self) -> None:
        """What the last consumer had in hand is visible at once; it is dead, since this one lives."""
        url = self._sqs.meta.endpoint_url
        headers = {"X-Amz-Target": f"AmazonSQS.{RELEASE}", "Content-Type": "application/x-amz-json-1.0"}
        body = json.dumps({"QueueUrl": self._url}).encode()
        try:
            loopback.post(url, body, headers)
        except urllib.error.URLError as error:
            log.info("%s: in-flight messages wait for their visibility timeout (%s)", self._queue, error)

    def wait_until_idle(self, seconds: float) -> None:
        self._busy.acquire(timeout=seconds)

    def _invoke(self, messages: list["MessageTypeDef"]) -> set[str]:
        """The ids of the messages that stay on the queue."""
        ids = [message["MessageId"] for message in messages]
        event = sqs_event(messages, self._arn)
        try:
            answer = self._handler(event, Context(self._queue.removesuffix(".fifo"), MATCHER_SECONDS))
            return failed_messages(json.loads(json.dumps(answer)), ids)
        except Exception:
            log.exception("%s: a batch of %d failed", self._queue, len(ids))
            return set(ids)

    def _delete(self, messages: list["MessageTypeDef"], failed: set[str]) -> None:
        done = [message for message in messages if message["MessageId"] not in failed]
        if failed:
            log.warning("%s: %d of %d messages stay", self._queue, len(failed), len(messages))
        if done:
            handles = [message["ReceiptHandle"] for message in done]
            self._sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[{"Id": str(i), "ReceiptHandle": handle} for i, handle in enumerate(handles)],
            )


def run_schedule(name: str, every_seconds: float, handler: Handler, stop: threading.Event) -> None:
    """Once at the start too: there may be something to finish from the last time."""
    while not stop.is_set():
        try:
            handler(scheduled_event(name), Context(name, SCHEDULED_SECONDS))
        except Exception:
            log.exception("schedule %s failed", name)
        stop.wait(every_seconds)


def free_leases() -> None:
    """Whoever settled here before is dead, since this process lives; nobody waits for its leases to end."""
    exchange().store.commit(freed())


def start(app: Any, sqs: "SQSClient", prefix: str, stop: threading.Event) -> list[Mapping]:
    """Every function is found the way Lambda finds it: as an attribute of the module `app`."""
    mappings = []
    for market in listing.markets(local=True).values():
        handler = getattr(app, schema.matcher_name(market))
        mapping = Mapping(sqs, schema.queue_name(prefix, market), handler)
        threading.Thread(target=mapping.run, args=(stop,), name=market.slug, daemon=True).start()
        mappings.append(mapping)
    for name, every in SCHEDULES.items():
        arguments = (name, every, getattr(app, name), stop)
        threading.Thread(target=run_schedule, args=arguments, name=name, daemon=True).start()
    return mappings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sqs", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--mark", type=Path, required=True)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(threadName)s %(message)s")
    for chatty in ("botocore", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    leash.watch()
    free_leases()
    mappings = start(importlib.import_module("app"), sqs_client(given.sqs), given.prefix, stop)
    given.mark.write_text(str(os.getpid()))
    stop.wait()
    for mapping in mappings:
        mapping.wait_until_idle(MATCHER_SECONDS)
    # The pollers are still waiting for messages, and nothing needs them any more.
    os._exit(0)


if __name__ == "__main__":
    main()
