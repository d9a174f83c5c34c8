"""Which stand-ins for AWS do the tests run against, and how is each of them started?

dynoxide and ministack are processes, one of each for a whole test session. moto runs inside
the test; unlocked it loses acknowledged writes, so nothing here uses it without its lock.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from boto3.session import Session

from infra.local.child import Child, Leash
from infra.local.clients import CREDENTIALS, REGION
from infra.local.environment import process_environment
from infra.local.parts import Part
from infra.local.state import ROOT

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

_moto_lock = threading.RLock()


@contextmanager
def running(part: Part, directory: Path) -> Iterator[Child]:
    """One part of the local stack, its log in the directory."""
    held = Leash()
    child = Child(part, directory / f"{part.name}.log", process_environment({}, ROOT), held, ROOT)
    child.start()
    try:
        child.wait_until_ready()
        yield child
    finally:
        child.stop()
        held.let_go()


@contextmanager
def locked_moto() -> Iterator[None]:
    """moto in this process. Make clients inside, with `moto_dynamodb` or `moto_sqs`."""
    from moto import mock_aws
    from moto.dynamodb.responses import DynamoHandler

    call = DynamoHandler.call_action

    def one_at_a_time(self: Any) -> Any:
        with _moto_lock:
            return call(self)

    with mock.patch.object(DynamoHandler, "call_action", one_at_a_time), mock_aws():
        yield


def moto_dynamodb() -> "DynamoDBClient":
    return _session().client("dynamodb")


def moto_sqs() -> "SQSClient":
    return _session().client("sqs")


def _session() -> Session:
    key, secret = CREDENTIALS.values()
    return Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION)
