"""How do these tests get a network? One of four representatives and one of one, for all of them."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.keeta.signature import PrivateKey
from infra.local.keeta.controls import Controls
from infra.local.keeta.process import LocalNetwork, Options, install
from tests.keeta_node.world import World, new_keys

# Before any test sets a fee, and more than all of them need.
FUNDED = 400


@pytest.fixture(scope="session")
def network_of_four() -> Iterator[LocalNetwork]:
    install()
    with LocalNetwork.start(Options(controls=True, representatives=4)) as network:
        yield network


@pytest.fixture(scope="session")
def network_of_one() -> Iterator[LocalNetwork]:
    install()
    with LocalNetwork.start(Options(controls=True)) as network:
        yield network


@pytest.fixture(scope="session")
def world_of_four(network_of_four: LocalNetwork) -> Iterator[World]:
    with World(network_of_four.description) as world:
        yield world


@pytest.fixture(scope="session")
def world_of_one(network_of_one: LocalNetwork) -> Iterator[World]:
    with World(network_of_one.description) as world:
        yield world


@pytest.fixture(scope="session")
def purse(world_of_four: World) -> Iterator[PrivateKey]:
    """Keys with a million units of KTA each, paid for in one block."""
    keys = new_keys(FUNDED)
    world_of_four.fund(key.account for key in keys)
    return iter(keys)


@pytest.fixture
def four(world_of_four: World, purse: Iterator[PrivateKey], controls: Controls) -> Iterator[World]:
    yield world_of_four
    controls.reset()
    world_of_four.offset_ms = 0


@pytest.fixture
def one(world_of_one: World) -> World:
    return world_of_one


@pytest.fixture
def controls(network_of_four: LocalNetwork) -> Controls:
    return Controls(network_of_four)


@pytest.fixture
def payer(purse: Iterator[PrivateKey]) -> PrivateKey:
    """Somebody with money who has never done anything."""
    return next(purse)


@pytest.fixture
def payers(purse: Iterator[PrivateKey]) -> Callable[[int], list[PrivateKey]]:
    return lambda number: [next(purse) for _ in range(number)]
