"""What does every story of the house begin with, and what must be true when it ends?"""

from collections.abc import Iterator

import pytest

from .world import World


@pytest.fixture
def broken_world() -> Iterator[World]:
    """For stories in which store and book are made to disagree: only lawful plans are asked for."""
    world = World()
    yield world
    assert world.store.illegal == []


@pytest.fixture
def world(broken_world: World) -> Iterator[World]:
    """Every story ends with every invariant true."""
    yield broken_world
    broken_world.store.read_faults.clear()
    assert broken_world.audit().differences == []
