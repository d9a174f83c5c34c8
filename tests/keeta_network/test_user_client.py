"""Does the official SDK, unmodified, work against the local network?"""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.keeta.process import LocalNetwork
from tests.keeta_network.conftest import Script


@pytest.fixture(scope="module")
def user(one: LocalNetwork, script: Script) -> Any:
    return script("user_client.mjs", one)


@pytest.fixture(scope="module")
def conditions(four: LocalNetwork, script: Script) -> Any:
    return script("conditions.mjs", four)


def test_the_sdk_sends_creates_names_permits_and_pays_on_behalf(user: Any) -> None:
    assert user["sent"] == {"alice": hex_of(750_000), "bob": hex_of(250_000)}
    assert user["token"] == {
        "name": "COIN",
        "description": "a coin",
        "metadata": "eyJkZWNpbWFsUGxhY2VzIjoyfQ==",
        "supply": hex_of(700),
        "defaultPermission": ["0x1", "0x0"],
        "held": hex_of(700),
    }
    assert user["refusedWithoutPermission"] == "LEDGER_INVALID_PERMISSIONS"
    assert user["box"]["left"] == hex_of(60_000)
    assert user["box"]["bob"] == hex_of(250_000 - 100_000 + 40_000)
    assert user["box"]["granted"] == [
        ["alice", ["OWNER", "ACCESS"]],
        ["operator", ["ACCESS", "SEND_ON_BEHALF"]],
    ]
    assert user["box"]["operatorSees"] == 1
    assert user["box"]["withInfo"] == ["BOX"]
    assert user["refusedTooMuch"] == "LEDGER_INVALID_BALANCE"


def test_the_sdk_reads_states_chains_histories_and_the_network(user: Any) -> None:
    assert user["chain"] == 3, "alice's own blocks: a payment and two identifiers"
    assert user["head"] == hex_of(2)
    assert user["history"] == [1, 1, 1], "bob was paid, paid into the box, and was paid out of it"
    assert sorted(user["states"]) == ["", "BOX"]
    assert user["bootstrapped"] == 5
    assert user["network"] == 3
    assert user["version"] == "0.14.12"
    assert user["stats"] == 1
    assert user["representatives"] == [hex_of(100_000_000 * 10**18)]


def test_a_fee_is_paid_per_vote_and_can_be_set_quoted_and_dropped(one: LocalNetwork, script: Script) -> None:
    check_fees(script("fees.mjs", one), votes=1)


def test_four_representatives_each_get_their_fee(four: LocalNetwork, script: Script) -> None:
    check_fees(script("fees.mjs", four), votes=4)


def check_fees(seen: Any, votes: int) -> None:
    assert seen["free"] == {"cost": "0x0", "blocks": 1, "votes": votes}
    assert seen["fee"] == {"cost": hex_of(70 * votes), "blocks": 2, "votes": votes}
    assert seen["paid"] == [hex_of(70)] * votes
    assert seen["quotes"] == [hex_of(70)] * votes
    assert seen["otherToken"] == "0x0"
    assert seen["treasury"] == hex_of(5 * votes)
    assert seen["freeAgain"] == "0x0"
    assert seen["tooPoor"] == "LEDGER_INVALID_BALANCE"
    assert seen["bob"] == hex_of(40), "and the refused payment did not land"


def test_one_of_four_may_be_away_and_two_may_not(conditions: Any) -> None:
    assert conditions["all"] == 4
    assert conditions["oneDown"] == 3
    assert conditions["status"] == 503
    assert (conditions["lagging"], conditions["caughtUp"]) == (10, 20)
    assert conditions["twoDown"] == "LEDGER_INSUFFICIENT_VOTING_WEIGHT"
    assert conditions["split"] == "LEDGER_INSUFFICIENT_VOTING_WEIGHT"
    assert conditions["unpaid"] == 40, "both refused attempts left the money where it was"


def test_a_staple_whose_predecessor_is_unknown_is_parked_until_that_arrives(conditions: Any) -> None:
    assert (conditions["parked"], conditions["whileParked"]) == (False, 20)
    assert (conditions["predecessor"], conditions["afterPredecessor"]) == (True, 40)


def test_without_gossip_the_others_lag_until_somebody_brings_them_the_staple(conditions: Any) -> None:
    assert conditions["untold"] == [50, 40]
    assert conditions["healedByTheSdk"] == 4
    assert conditions["told"] == [60, 50, 50]
    first, *others = conditions["heads"]
    assert set(others) != {first}
    assert len(set(others)) == 1


def hex_of(number: int) -> str:
    """As a node writes integers."""
    return f"0x{number:X}"
