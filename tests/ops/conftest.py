"""Which houses do the operator's commands work on in a test? A world in memory, a treasury on a network."""

from tests.flows.conftest import broken_world, world
from tests.treasury.conftest import house, network, new_house, outside

__all__ = ["broken_world", "house", "network", "new_house", "outside", "world"]
