"""Which houses do the operator's commands work on in a test? A world in memory, a treasury on a network."""

from collections.abc import Callable

import pytest

from infra import ops
from tests.flows.conftest import broken_world, world
from tests.flows.queue import MemoryQueue
from tests.flows.world import House as Exchange
from tests.flows.world import World
from tests.ops.letters import MemoryDeadLetters
from tests.treasury.conftest import house, network, new_house, outside
from tests.treasury.world import House

# Types a command, and gives its exit code and what it said.
Say = Callable[..., tuple[int, str]]

__all__ = ["broken_world", "house", "network", "new_house", "outside", "world"]


@pytest.fixture
def desk(broken_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Commands work on this world."""
    monkeypatch.setattr(ops, "exchange", lambda: broken_world.house)
    return broken_world


def whole_exchange(house: House) -> Exchange:
    """The treasury, and markets in which nobody has traded."""
    parts = {"store": house.store, "timer": house.clock, "ids": house.ids, "treasury": house.treasury}
    parts |= {"queue": MemoryQueue(house.clock), "dead_letters": MemoryDeadLetters(house)}
    return Exchange({**parts, "observer": house.notebook})


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Commands work on this treasury."""

    def told(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(ops, "exchange", lambda: whole_exchange(house))
        capsys.readouterr()
        code = ops.main(list(words))
        return code, capsys.readouterr().out

    return told


@pytest.fixture
def act(run: Say) -> Say:
    """The same with a name and a reason."""

    def told(*words: str, by: str = "kim") -> tuple[int, str]:
        return run(*words, "--by", by, "--reason", "a test")

    return told
