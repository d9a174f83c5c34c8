"""What may a test of the API ask for? An exchange of its own."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from chalicelib import wiring
from tests import backends
from tests.api.world import World
from tests.cloud.recording import Recorder, running

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

    Stores = tuple[DynamoDBClient, SQSClient]


@pytest.fixture(scope="module")
def stores() -> Iterator["Stores"]:
    with backends.locked_moto():
        yield backends.moto_dynamodb(), backends.moto_sqs()


@pytest.fixture
def world(stores: "Stores", tmp_path: Path) -> Iterator[World]:
    """For one test."""
    with _alone():
        yield World(*stores, f"t{uuid.uuid4().hex[:10]}", tmp_path / "secrets.json")


@pytest.fixture(scope="module")
def shared_world(stores: "Stores", tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For all tests of a file."""
    with _alone():
        yield World(*stores, "shared", tmp_path_factory.mktemp("world") / "secrets.json")


@pytest.fixture
def cold_world(shared_world: World) -> World:
    """The same for a whole file, with nothing kept warm from one test to the next."""
    shared_world.restart()
    return shared_world


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder]:
    """Sees every call to AWS. What a world does while a request waits is no function's doing."""
    pump = World.pump

    def pump_for_nobody(world: World) -> None:
        with running(""):
            pump(world)

    found = Recorder()
    with found.listening(), mock.patch.object(World, "pump", pump_for_nobody):
        yield found


@pytest.fixture(autouse=True)
def _as_deployed(recorder: Recorder) -> Iterator[None]:
    """No test gets by with more than the roles of the deployment allow."""
    recorder.calls.clear()
    yield
    assert recorder.denied() == {}, (
        "say it in infra/cloud/access.py, and give it a scene in tests/cloud/session.py"
    )


@contextmanager
def _alone() -> Iterator[None]:
    """What a world does to its process is taken back."""
    with mock.patch.dict(os.environ):
        yield
    wiring.exchange.cache_clear()
