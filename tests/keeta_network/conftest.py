"""How do these tests get a network, and how do they run the official SDK against it?"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from infra.local.keeta.controls import Controls
from infra.local.keeta.process import NODE, LocalNetwork, Options, install

SCRIPTS = Path(__file__).parent / "scripts"
SCRIPT_SECONDS_MAX = 60

Script = Callable[..., Any]
Start = Callable[..., LocalNetwork]


@pytest.fixture(scope="session")
def installed() -> None:
    """The npm packages are there."""
    install()


@pytest.fixture
def start(installed: None) -> Iterator[Start]:
    """Start networks that end with the test, whatever the test did to them."""
    with ExitStack() as running:
        yield lambda **options: running.enter_context(LocalNetwork.start(Options(**options)))


@pytest.fixture(scope="session")
def shared_one(installed: None) -> Iterator[LocalNetwork]:
    with LocalNetwork.start(Options(controls=True)) as network:
        yield network


@pytest.fixture(scope="session")
def shared_four(installed: None) -> Iterator[LocalNetwork]:
    with LocalNetwork.start(Options(controls=True, representatives=4)) as network:
        yield network


@pytest.fixture(scope="module")
def one(shared_one: LocalNetwork) -> LocalNetwork:
    """One representative, with nothing left from the module before but the money that moved."""
    Controls(shared_one).reset()
    return shared_one


@pytest.fixture(scope="module")
def four(shared_four: LocalNetwork) -> LocalNetwork:
    """Four representatives, likewise."""
    Controls(shared_four).reset()
    return shared_four


@pytest.fixture(scope="session")
def script() -> Script:
    """Run one of the SDK scripts against a network and read the JSON value it prints."""

    def run(name: str, network: LocalNetwork, given: object = None) -> Any:
        command = [str(NODE), str(SCRIPTS / name), json.dumps(network.description), json.dumps(given)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SCRIPT_SECONDS_MAX, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
