"""What may every test ask for? A stand-in for AWS, and names that no other test uses."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.local import parts, ports
from infra.local.clients import dynamodb_client, sqs_client
from tests import backends

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient


@pytest.fixture(scope="session")
def dynoxide_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not parts.has_dynoxide():
        pytest.skip("no dynoxide for this machine, or not installed (`make` does that)")
    directory: Path = tmp_path_factory.mktemp("dynoxide")
    port = ports.any_free().dynamodb
    with backends.running(parts.dynoxide(port, directory / "database"), directory):
        yield f"http://{ports.HOST}:{port}"


@pytest.fixture(scope="session")
def ministack_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """SQS, and DynamoDB too."""
    directory: Path = tmp_path_factory.mktemp("ministack")
    port = ports.any_free().sqs
    with backends.running(parts.ministack([port], directory / "state"), directory):
        yield f"http://{ports.HOST}:{port}"


@pytest.fixture(params=["moto", "dynoxide", "ministack"])
def any_dynamodb(request: pytest.FixtureRequest) -> Iterator["DynamoDBClient"]:
    """Runs a test on every stand-in for DynamoDB; on ministack and dynoxide other tests have tables too."""
    if request.param == "moto":
        with backends.locked_moto():
            yield backends.moto_dynamodb()
    else:
        yield dynamodb_client(request.getfixturevalue(f"{request.param}_endpoint"))


@pytest.fixture(params=["moto", "ministack"])
def any_sqs(request: pytest.FixtureRequest) -> Iterator["SQSClient"]:
    """Runs a test on every stand-in for SQS."""
    if request.param == "moto":
        with backends.locked_moto():
            yield backends.moto_sqs()
    else:
        yield sqs_client(request.getfixturevalue("ministack_endpoint"))


@pytest.fixture
def prefix() -> str:
    """Of tables and queues that belong to one test."""
    return f"t{uuid.uuid4().hex[:10]}"
