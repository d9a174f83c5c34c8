"""What lies between a process and AWS? A line on which every call may go wrong.

A line looks like a boto3 client to our adapters. A call leaves, is carried out at its own
moment (or not), and its answer comes back, or does not. What was sent is carried out also
when its sender is dead.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.simulator.services.dynamodb import DynamoDb
from tests.simulator.services.refusals import canceled, no_answer, not_reached, refusal
from tests.simulator.services.sqs import Sqs

from .chance import Chance
from .faults import Faults
from .scheduler import Killed, Scheduler

if TYPE_CHECKING:
    from .processes import Process

MS = 1_000
# An attempt waits for a second, and there are two of them; see wiring.
TIMEOUT_MS = (1_000, 3_000)
LATE_MS = (1, 4_000)
SLOW_MS = (50, 2_500)

MET = "met another writer"


class Call:
    """One request on its way; `answer` or `error` once it was carried out."""

    def __init__(self, operation: str, arguments: Mapping[str, Any]) -> None:
        self.operation = operation
        self.arguments = arguments
        self.answer: Any = None
        self.error: Exception | None = None


class Network:
    """`down_us` is until when a service answers nobody. `trace` is everything that happened."""

    def __init__(
        self,
        scheduler: Scheduler,
        chance: Chance,
        faults: Faults,
        dynamodb: DynamoDb,
        sqs: Sqs,
        latency_ms: int,
    ) -> None:
        self.scheduler = scheduler
        self.chance = chance
        self.faults = faults
        self.services: dict[str, DynamoDb | Sqs] = {"dynamodb": dynamodb, "sqs": sqs}
        self.latency_ms = latency_ms
        self.down_us = {"dynamodb": 0, "sqs": 0}
        self.trace: list[tuple[int, str, str, int, Any, str]] = []

    def note(self, who: str, what: str, number: int, about: Any, outcome: str) -> None:
        self.trace.append((self.scheduler.now_us, who, what, number, about, outcome))

    def carry_out(self, service: str, call: Call, takes_us: int, tell: Callable[[str], None]) -> None:
        """The request has arrived. A transaction holds its items for a moment."""
        server = self.services[service]
        if self.down_us[service] > self.scheduler.now_us:
            call.error = not_reached()
            tell("down")
            return
        try:
            keys = server.lock(call.operation, call.arguments) if isinstance(server, DynamoDb) else []
        except ClientError as conflict:
            call.error = conflict
            tell(MET)
            return
        if len(keys) > 0:
            self.scheduler.at(takes_us, partial(self._finish, server, call, keys, tell))
        else:
            self._finish(server, call, keys, tell)

    def _finish(
        self, server: DynamoDb | Sqs, call: Call, keys: list[Any], tell: Callable[[str], None]
    ) -> None:
        outcome = "done"
        try:
            call.answer = server.call(call.operation, call.arguments)
        except ClientError as error:
            call.error = error
            outcome = error.response["Error"]["Code"]
        finally:
            if isinstance(server, DynamoDb):
                server.unlock(keys)
        tell(outcome)


class Line:
    """One process's client of one service."""

    def __init__(self, process: "Process", service: str) -> None:
        self._process = process
        self._service = service
        self._network = process.network

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return partial(self._call, operation)

    def _call(self, operation: str, **arguments: Any) -> Any:
        process = self._process
        number = process.count(operation)
        fault = self._network.faults.at((process.name, operation, number))
        attempt = _Attempt(process, self._service, operation, number, arguments)
        if fault is None:
            return attempt.plain()
        self._network.note(process.name, operation, number, arguments, fault)
        return getattr(attempt, fault)()


class _Attempt:
    """One call of one process, and everything that may become of it."""

    def __init__(
        self, process: "Process", service: str, operation: str, number: int, arguments: dict[str, Any]
    ) -> None:
        self._process = process
        self._network = process.network
        self._service = service
        self._name = (process.name, operation, number)
        if operation == "transact_write_items":
            # As botocore does: an attempt that is repeated has the same token.
            arguments["ClientRequestToken"] = f"{process.name}-{number}"
        self.call = Call(operation, arguments)

    def plain(self) -> Any:
        there, takes, back = self._ways()
        self._send(there, takes)
        self._process.sleep(there + takes + back)
        return self._result()

    def slow(self) -> Any:
        there, takes, back = self._ways()
        there += self._between(*SLOW_MS, "there")
        self._send(there, takes)
        self._process.sleep(there + takes + back + self._between(*SLOW_MS, "back"))
        return self._result()

    def refused(self) -> Any:
        self._process.sleep(self._ways()[0])
        raise self._network.chance.pick((not_reached(), self._throttled()), *self._name, "refused")

    def lost(self) -> Any:
        there, takes, _ = self._ways()
        self._send(there, takes)
        self._process.sleep(there + takes + self._between(*TIMEOUT_MS, "lost"))
        raise no_answer()

    mislaid = lost

    def late(self) -> Any:
        waits = self._between(*TIMEOUT_MS, "waits")
        self._send(waits + self._between(*LATE_MS, "late"), self._ways()[1])
        self._process.sleep(waits)
        raise no_answer()

    def twice(self) -> Any:
        there, takes, _ = self._ways()
        self._send(there, takes)
        self._process.sleep(there + takes + self._between(1_000, 1_500, "twice"))
        self.call = Call(self.call.operation, self.call.arguments)
        return self.plain()

    def conflict(self) -> Any:
        self._process.sleep(self._ways()[0])
        if self.call.operation != "transact_write_items":
            raise refusal(self.call.operation, "TransactionConflictException")
        count = len(self.call.arguments["TransactItems"])
        position = self._network.chance.below(count, *self._name, "position")
        raise canceled(["TransactionConflict" if i == position else "None" for i in range(count)])

    def some(self) -> Any:
        """The first half of the keys of each table is not looked at."""
        wanted = self.call.arguments["RequestItems"]
        halves = {name: len(request["Keys"]) // 2 for name, request in wanted.items()}
        left = {
            n: {**request, "Keys": request["Keys"][: halves[n]]} for n, request in wanted.items() if halves[n]
        }
        asked = {n: {**request, "Keys": request["Keys"][halves[n] :]} for n, request in wanted.items()}
        self.call = Call(self.call.operation, {"RequestItems": asked})
        return {**self.plain(), "UnprocessedKeys": left}

    def die_before(self) -> Any:
        raise Killed

    def die_after(self) -> Any:
        there, takes, _ = self._ways()
        self._send(there, takes)
        self._process.sleep(there + takes)
        raise Killed

    def die_late(self) -> Any:
        self._send(self._between(*LATE_MS, "late"), self._ways()[1])
        raise Killed

    # --- the way there and back ----------------------------------------------------------------

    def _send(self, after_us: int, takes_us: int) -> None:
        call = self.call

        def tell(outcome: str) -> None:
            self._network.note(*self._name, call.arguments, outcome)

        self._network.scheduler.at(
            after_us, lambda: self._network.carry_out(self._service, call, takes_us, tell)
        )

    def _result(self) -> Any:
        if self.call.error is not None:
            raise self.call.error
        if self.call.answer is None:
            raise no_answer()
        return self.call.answer

    def _ways(self) -> tuple[int, int, int]:
        """Microseconds there, in the server, and back."""
        most = self._network.latency_ms * MS
        draw = self._network.chance.draw("ways", *self._name)
        return 100 + draw % most, 1 + (draw >> 20) % most, 100 + (draw >> 40) % most

    def _between(self, first_ms: int, last_ms: int, what: str) -> int:
        return self._network.chance.between(first_ms * MS, last_ms * MS, what, *self._name)

    def _throttled(self) -> BotoCoreError | ClientError:
        operation = self.call.operation
        if self._service == "sqs":
            return refusal(operation, "RequestThrottled")
        if operation == "transact_write_items":
            count = len(self.call.arguments["TransactItems"])
            return canceled(["ThrottlingError", *["None"] * (count - 1)])
        return refusal(operation, "ProvisionedThroughputExceededException")
