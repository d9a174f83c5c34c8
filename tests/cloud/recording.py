"""Which calls to AWS does each function make? Written down while the real handlers run.

Every call of botocore is seen, in the words of infra/cloud/access.py. It counts for the function in
which it happens; what the test itself does counts for nobody.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from chalice.app import EventSourceHandler
from chalice.local import LocalGateway

from chalicelib.adapters.telemetry.stdout import Stdout
from infra.cloud import access, functions
from infra.cloud.access import Grant
from infra.cloud.functions import Function, Kind

# The parts of a transaction, and what IAM asks for each of them.
_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
# Calls that IAM knows under another name.
_NAMES = {"ChangeMessageVisibilityBatch": "ChangeMessageVisibility", "SendMessageBatch": "SendMessage"}

# On a developer's machine only, so no deployed function does anything for it.
LOCAL = "/local/"

_running: ContextVar[str] = ContextVar("running", default="")


class Recorder:
    """`calls` by function, and all `lines` they wrote. Names of tables and queues begin with CEX_PREFIX."""

    def __init__(self) -> None:
        self.calls: dict[str, set[Grant]] = {}
        self.lines: list[str] = []

    @property
    def by_role(self) -> dict[str, set[Grant]]:
        """By the names of access.py, where all matchers are one."""
        found: dict[str, set[Grant]] = {}
        for name, grants in self.calls.items():
            role = functions.MATCHER if name.startswith(functions.MATCHER) else name
            found.setdefault(role, set()).update(grants)
        return found

    def denied(self) -> dict[str, set[Grant]]:
        """What was done and is not granted."""
        found = {name: calls - granted(name) for name, calls in self.by_role.items()}
        return {name: grants for name, grants in found.items() if grants}

    @property
    def _prefix(self) -> str:
        return os.environ["CEX_PREFIX"]

    @contextmanager
    def listening(self) -> Iterator[None]:
        call = BaseClient._make_api_call  # type: ignore[attr-defined]

        def noted(client: Any, operation: str, parameters: Any) -> Any:
            if _running.get():
                service = client.meta.service_model.service_name
                found = self._grants(service, operation, parameters)
                self.calls.setdefault(_running.get(), set()).update(found)
            return call(client, operation, parameters)

        def kept(_: Stdout, text: str) -> int:
            self.lines += text.splitlines()
            return len(text)

        listening = mock.patch.object(BaseClient, "_make_api_call", noted)
        with listening, mock.patch.object(Stdout, "write", kept), _attributed():
            yield

    def _grants(self, service: str, operation: str, parameters: Any) -> Iterator[Grant]:
        if operation in ("TransactWriteItems", "TransactGetItems"):
            for part in parameters["TransactItems"]:
                for kind, request in part.items():
                    yield Grant(f"dynamodb:{_PARTS[kind]}", self._table(request))
        elif operation == "BatchGetItem":
            for table in parameters["RequestItems"]:
                yield Grant("dynamodb:BatchGetItem", self._table({"TableName": table}))
        else:
            yield Grant(f"{service}:{_NAMES.get(operation, operation)}", self._resource(service, parameters))

    def _resource(self, service: str, parameters: Any) -> str:
        if service == "dynamodb":
            return self._table(parameters)
        if service == "sqs":
            return self._queue(parameters.get("QueueName") or parameters["QueueUrl"].rpartition("/")[2])
        if service == "secretsmanager":
            return "secret " + parameters["SecretId"].removeprefix(f"{self._prefix}/")
        raise AssertionError(f"say in tests/cloud/recording.py what a call of {service} is about")

    def _table(self, parameters: Any) -> str:
        table = parameters["TableName"].removeprefix(f"{self._prefix}-")
        return f"index {table}/{parameters['IndexName']}" if "IndexName" in parameters else f"table {table}"

    def _queue(self, name: str) -> str:
        """A matcher's own queue, or any of all markets."""
        slug = name.removeprefix(f"{self._prefix}-").removesuffix(".fifo")
        own = "matcher_" + slug.replace("-", "_")
        if _running.get().startswith("matcher_"):
            return "queue" if _running.get() == own else f"the queue of another market, {name}"
        return "queues"


def granted(name: str) -> set[Grant]:
    return access.grants(Function(name, "", Kind.SCHEDULE))


@contextmanager
def _attributed() -> Iterator[None]:
    """What chalice runs counts for the function that Lambda would run."""
    handle, serve = EventSourceHandler.__call__, LocalGateway.handle_request

    def work_off(handler: Any, event: Any, context: Any) -> Any:
        with running(handler.func.__name__):
            return handle(handler, event, context)

    def answer(gateway: Any, method: str, path: str, *rest: Any) -> Any:
        with running("" if path.startswith(LOCAL) else functions.API_NAME):
            return serve(gateway, method, path, *rest)

    with (
        mock.patch.object(EventSourceHandler, "__call__", work_off),
        mock.patch.object(LocalGateway, "handle_request", answer),
    ):
        yield


@contextmanager
def running(function: str) -> Iterator[None]:
    """What is called now counts for this function; "" for nobody."""
    token = _running.set(function)
    try:
        yield
    finally:
        _running.reset(token)
