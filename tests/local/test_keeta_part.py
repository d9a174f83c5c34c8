"""Does the local exchange bring a Keeta network with it, and does that remember what the exchange does?"""

import json
from pathlib import Path

import pytest

from chalicelib import listing
from chalicelib.adapters.keeta_node import Patience
from infra.local import parts, stack
from tests.keeta_node.world import KTA, World, new_key
from tests.local.conftest import eventually

pytestmark = pytest.mark.skipif(not parts.has_keeta(), reason="its npm packages are not installed")


# Whatever else this machine does meanwhile: an answer is awaited, and not its haste.
PATIENT = Patience(connect=20, answer=60, grace=1)


def description(running):
    """As a part of the exchange finds it."""
    return json.loads(Path(running.environment["CEX_KEETA_DESCRIPTION"]).read_text())


def network_of(running):
    return World(description(running), PATIENT)


def test_the_network_starts_with_the_exchange_and_keeps_what_landed(noting):
    to = new_key().account
    with noting.stack() as running:
        nodes = running.environment["CEX_KEETA_NODES"].split(",")
        assert nodes == [each["api"] for each in description(running)["representatives"]]
        assert len(nodes) == parts.REPRESENTATIVES
        with network_of(running) as world:
            world.fund([to], 5)
        dead = running.pid("keeta")
        running.kill("keeta")
        eventually(lambda: running.pid("keeta") != dead)
        # What answers meanwhile may be the dead one's network, on its way out.
        running.wait_until_ready()
        with network_of(running) as world:
            assert world.balance(to) == 5
    with noting.stack() as running, network_of(running) as world:
        assert world.balance(to) == 5
        world.fund([to], 6)
        assert world.balance(to) == 11
        assert not running.gave_up.is_set()


def test_the_network_is_the_one_that_the_environment_and_the_listing_name(noting):
    with noting.stack() as running:
        network, tokens = description(running)["network"], description(running)["tokens"]
        alias = running.environment["CEX_NETWORK"]
        assert network["alias"] == alias
        assert tokens["KTA"]["address"] == KTA.address == network["base_token"]
        for symbol, token in tokens.items():
            asset = listing.asset(symbol)
            assert (token["address"], token["decimals"]) == (asset.tokens[alias], asset.decimals)


def test_where_its_packages_are_missing_the_exchange_runs_without_and_says_so(noting, monkeypatch):
    monkeypatch.setattr(parts, "has_keeta", lambda: False)
    with noting.stack() as running:
        assert "keeta" not in running.description()["pids"]
        assert running.environment["CEX_KEETA_NODES"] == ""
        said = stack._network(running)
    assert said.startswith("No Keeta network")
    assert "\n" not in said


def test_a_network_is_ready_when_it_says_so_itself_and_each_start_forgets_the_one_before(noting):
    with noting.stack() as running:
        mark = noting.state.mark("keeta")
        assert mark.read_text() == str(running.pid("keeta"))
        dead = running.pid("keeta")
        running.kill("keeta")
        eventually(lambda: running.pid("keeta") != dead)
        running.wait_until_ready()
        assert mark.read_text() == str(running.pid("keeta"))
