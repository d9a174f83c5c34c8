"""How do these tests get a treasury? Each its own, on one network for all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.keeta.process import LocalNetwork, Options, install
from tests.keeta_node.world import World as Network
from tests.treasury.world import House


@pytest.fixture(scope="session")
def network() -> Iterator[LocalNetwork]:
    install()
    with LocalNetwork.start(Options(controls=True, representatives=4)) as running:
        yield running


@pytest.fixture(scope="session")
def outside(network: LocalNetwork) -> Iterator[Network]:
    with Network(network.description) as world:
        yield world


@pytest.fixture
def new_house(network: LocalNetwork, outside: Network, tmp_path: Path) -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def make(**options: int) -> House:
        directory = tmp_path / f"house{len(made)}"
        directory.mkdir()
        made.append(House(network, outside, directory, **options))
        return made[-1]

    yield make
    for house in made:
        house.close()
        house.controls.reset()
        outside.offset_ms = 0


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    """With its own accounts made, and some addresses waiting."""
    ready = new_house()
    ready.fill()
    return ready
