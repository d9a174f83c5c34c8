"""What lies between a process and the servers? A boto3 client on which calls go wrong.

As in tests/simulator the seed decides by the name of a call what befalls it. What it does not
decide here is what the others do meanwhile.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.simulator.machine.network import LATE_MS, MS, SLOW_MS
from tests.simulator.machine.scheduler import Killed
from tests.simulator.services.refusals import Wire, canceled, no_answer, not_reached, refusal

from .clock import SPEED

if TYPE_CHECKING:
    from .cloud import RealProcess

# A second and more until a client gives up; here it waits no longer than it must.
GIVES_UP_US = 200 * MS


class RealLine:
    """One process's client of one service."""

    def __init__(self, process: "RealProcess", service: str, client: Any) -> None:
        self._process = process
        self._service = service
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return partial(self._call, operation)

    def receive_message(self, **arguments: Any) -> Wire:
        answer: Wire = self._call("receive_message", MessageSystemAttributeNames=["All"], **arguments)
        return answer

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[Wire]) -> Wire:
        """The queue's clock is the machine's."""
        entries = [{**each, "VisibilityTimeout": each["VisibilityTimeout"] // SPEED} for each in Entries]
        answer: Wire = self._call("change_message_visibility_batch", QueueUrl=QueueUrl, Entries=entries)
        return answer

    def _call(self, operation: str, **arguments: Any) -> Any:
        process, network = self._process, self._process.network
        place = (process.name, operation, process.count(operation))
        process.sleep(0)
        if network.down_us[self._service] > network.scheduler.now_us:
            process.sleep(GIVES_UP_US)
            raise not_reached()
        fault = network.faults.at(place)
        if fault is None:
            return self._carry_out(operation, arguments)
        network.note(*place, arguments, fault)
        return getattr(self, f"_{fault}")(operation, arguments, place)

    def _carry_out(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        try:
            return getattr(self._client, operation)(**arguments)
        except ClientError as error:
            self._process.network.note(
                self._process.name, operation, -1, arguments, error.response["Error"]["Code"]
            )
            raise

    # --- what befalls a call ------------------------------------------------------------------

    def _slow(self, operation: str, arguments: Any, place: Any) -> Any:
        self._process.sleep(self._between(SLOW_MS, "there", place))
        answer = self._carry_out(operation, arguments)
        self._process.sleep(self._between(SLOW_MS, "back", place))
        return answer

    def _refused(self, operation: str, arguments: Any, place: Any) -> Any:
        raise self._process.network.chance.pick((not_reached(), self._throttled(operation)), *place)

    def _lost(self, operation: str, arguments: Any, place: Any) -> Any:
        with suppress(ClientError, BotoCoreError):
            self._carry_out(operation, arguments)
        self._process.sleep(GIVES_UP_US)
        raise no_answer()

    _mislaid = _lost

    def _late(self, operation: str, arguments: Any, place: Any) -> Any:
        self._land_late(operation, arguments, place)
        self._process.sleep(GIVES_UP_US)
        raise no_answer()

    def _twice(self, operation: str, arguments: Any, place: Any) -> Any:
        """botocore asks again by itself, with the same token."""
        if operation == "transact_write_items":
            token = f"{self._process.prefix}/{place}/{self._process.lives}".encode()
            arguments = {**arguments, "ClientRequestToken": hashlib.sha256(token).hexdigest()[:36]}
        with suppress(ClientError, BotoCoreError):
            self._carry_out(operation, arguments)
        return self._carry_out(operation, arguments)

    def _conflict(self, operation: str, arguments: Any, place: Any) -> Any:
        if operation != "transact_write_items":
            raise refusal(operation, "TransactionConflictException")
        count = len(arguments["TransactItems"])
        position = self._process.network.chance.below(count, *place, "position")
        raise canceled(["TransactionConflict" if i == position else "None" for i in range(count)])

    def _some(self, operation: str, arguments: Any, place: Any) -> Any:
        """The first half of the keys of each table is not looked at."""
        asked: Wire = {}
        left: Wire = {}
        for name, request in arguments["RequestItems"].items():
            half = len(request["Keys"]) // 2
            asked[name] = {**request, "Keys": request["Keys"][half:]}
            left |= {name: {**request, "Keys": request["Keys"][:half]}} if half else {}
        return {**self._carry_out(operation, {"RequestItems": asked}), "UnprocessedKeys": left}

    def _die_before(self, operation: str, arguments: Any, place: Any) -> Any:
        raise Killed

    def _die_after(self, operation: str, arguments: Any, place: Any) -> Any:
        with suppress(ClientError, BotoCoreError):
            self._carry_out(operation, arguments)
        raise Killed

    def _die_late(self, operation: str, arguments: Any, place: Any) -> Any:
        self._land_late(operation, arguments, place)
        raise Killed

    def _land_late(self, operation: str, arguments: Any, place: Any) -> None:
        network, after_us = self._process.network, self._between(LATE_MS, "late", place)

        def land() -> None:
            network.scheduler.sleep(GIVES_UP_US + after_us)
            with suppress(ClientError, BotoCoreError):
                self._carry_out(operation, arguments)

        network.late.append(network.scheduler.spawn(f"late {place}", land))

    def _between(self, bounds_ms: tuple[int, int], what: str, place: Any) -> int:
        us: int = self._process.network.chance.between(bounds_ms[0] * MS, bounds_ms[1] * MS, what, *place)
        return us

    def _throttled(self, operation: str) -> ClientError:
        code = "RequestThrottled" if self._service == "sqs" else "ProvisionedThroughputExceededException"
        return refusal(operation, code)


class RealSendingLine(RealLine):
    """Remembers what its process sent, and whether the queue said that it has it."""

    def send_message(self, **arguments: str) -> Wire:
        process, body = self._process, arguments["MessageBody"]
        sent, process.sent = process.sent, [*process.sent, (body, False)]
        answer: Wire = self._call("send_message", **arguments)
        process.sent = [*sent, (body, True)]
        return answer


class ReceivingLine(RealLine):
    """Remembers what came out of the queues, in the order that they gave it."""

    def receive_message(self, **arguments: Any) -> Wire:
        answer = super().receive_message(**arguments)
        for letter in answer.get("Messages", []):
            number = int(letter["Attributes"]["SequenceNumber"])
            self._process.network.letters.setdefault(arguments["QueueUrl"], {})[number] = letter["Body"]
        return answer
