"""What may a test of the deployment ask for? The zip, and the recorded session; each made once."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pytest

from chalicelib import wiring
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.seed import private_key
from infra.cloud import bundle
from infra.cloud.runtime import NoInterpreter, interpreter
from infra.local.keeta.controls import Controls
from infra.local.keeta.process import LocalNetwork, Options, install
from infra.local.state import new_key
from tests import backends
from tests.api.world import TOKEN_SECRETS
from tests.cloud.recording import Recorder
from tests.cloud.session import SCENES
from tests.cloud.world import RecordedWorld
from tests.keeta_node.world import World as Keeta

PREFIX = "recorded"


@pytest.fixture(scope="session")
def zip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make package` builds it. The wheels are unpacked once for a checkout."""
    try:
        interpreter()
    except NoInterpreter as reason:
        pytest.skip(str(reason))
    path = tmp_path_factory.mktemp("zip") / "keeta-cex.zip"
    bundle.build_zip(path)
    return path


@pytest.fixture(scope="session")
def network() -> Iterator[LocalNetwork]:
    install()
    with LocalNetwork.start(Options(controls=True)) as running:
        yield running


@pytest.fixture(scope="session")
def keeta(network: LocalNetwork) -> Iterator[Keeta]:
    with Keeta(network.description) as client:
        yield client


@pytest.fixture(scope="session")
def recorded(
    network: LocalNetwork, keeta: Keeta, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RecordedWorld, Recorder]:
    """What the handlers did, and what they wrote; the session itself is over."""
    directory = tmp_path_factory.mktemp("session")
    with backends.locked_moto(), mock.patch.dict(os.environ):
        client = boto3.client("secretsmanager", region_name="us-east-1")
        keys = {name: new_key() for name in ("owner", "operator")}
        for name, value in {"tokens": {"jwt": TOKEN_SECRETS}, **keys}.items():
            client.create_secret(Name=f"{PREFIX}/{name}", SecretString=json.dumps(value))
        stores = backends.moto_dynamodb(), backends.moto_sqs()
        world = RecordedWorld(*stores, PREFIX, directory, keeta, address_of(keys["operator"]))
        world.controls = Controls(network)
        world.unspeakable |= {*TOKEN_SECRETS["keys"].values(), *(key["seed"] for key in keys.values())}
        recorder = Recorder()
        with recorder.listening():
            for scene in SCENES:
                world.restart()
                scene(world)
    wiring.exchange.cache_clear()
    return world, recorder


def address_of(key: dict[str, Any]) -> str:
    return private_key(bytes.fromhex(key["seed"]), 0, KeyType[key["type"]]).account.address
