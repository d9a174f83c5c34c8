"""Which houses do the operator's commands work on in a test? A world in memory, a treasury on a network."""

import pytest

from infra import ops
from tests.flows.conftest import broken_world, world
from tests.flows.world import World
from tests.treasury.conftest import house, network, new_house, outside

__all__ = ["broken_world", "house", "network", "new_house", "outside", "world"]


@pytest.fixture
def desk(broken_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Commands work on this world."""
    monkeypatch.setattr(ops, "exchange", lambda: broken_world.house)
    return broken_world
