"""Does the official SDK, unmodified, work against the local network?"""

from __future__ import annotations

from infra.local.keeta.process import LocalNetwork
from tests.keeta_network.conftest import Script


def test_the_sdk_sends_creates_names_permits_and_pays_on_behalf(one: LocalNetwork, script: Script) -> None:
    seen = script("user_client.mjs", one)

    assert seen["sent"] == {"alice": hex_of(750_000), "bob": hex_of(250_000)}
    assert seen["token"] == {
        "name": "COIN",
        "description": "a coin",
        "metadata": "eyJkZWNpbWFsUGxhY2VzIjoyfQ==",
        "supply": hex_of(700),
        "defaultPermission": ["0x1", "0x0"],
        "held": hex_of(700),
    }
    assert seen["refusedWithoutPermission"] == "LEDGER_INVALID_PERMISSIONS"
    assert seen["box"]["left"] == hex_of(60_000)
    assert seen["box"]["bob"] == hex_of(250_000 - 100_000 + 40_000)
    assert seen["box"]["granted"] == [["alice", ["OWNER", "ACCESS"]], ["operator", ["ACCESS", "SEND_ON_BEHALF"]]]
    assert seen["box"]["operatorSees"] == 1
    assert seen["box"]["withInfo"] == ["BOX"]
    assert seen["refusedTooMuch"] == "LEDGER_INVALID_BALANCE"


def test_the_sdk_reads_states_chains_histories_and_the_network(one: LocalNetwork, script: Script) -> None:
    seen = script("user_client.mjs", one)

    assert seen["chain"] == 3, "alice's own blocks: a payment and two identifiers"
    assert seen["head"] == hex_of(2)
    assert seen["history"] == [1, 1, 1], "bob was paid, paid into the box, and was paid out of it"
    assert sorted(seen["states"]) == ["", "BOX"]
    assert seen["bootstrapped"] == 5
    assert seen["network"] == 3
    assert seen["version"] == "0.14.12"
    assert seen["stats"] == 1
    assert seen["representatives"] == [hex_of(100_000_000 * 10**18)]


def test_a_fee_is_paid_per_vote_and_can_be_set_quoted_and_dropped(one: LocalNetwork, script: Script) -> None:
    check_fees(script("fees.mjs", one), votes=1)


def test_four_representatives_each_get_their_fee(four: LocalNetwork, script: Script) -> None:
    check_fees(script("fees.mjs", four), votes=4)


def check_fees(seen: dict[str, object], votes: int) -> None:
    assert seen["free"] == {"cost": "0x0", "blocks": 1, "votes": votes}
    assert seen["fee"] == {"cost": hex_of(70 * votes), "blocks": 2, "votes": votes}
    assert seen["paid"] == [hex_of(70)] * votes
    assert seen["quotes"] == [hex_of(70)] * votes
    assert seen["otherToken"] == "0x0"
    assert seen["treasury"] == hex_of(5 * votes)
    assert seen["freeAgain"] == "0x0"
    assert seen["tooPoor"] == "LEDGER_INVALID_BALANCE"
    assert seen["bob"] == hex_of(40), "and the refused payment did not land"


def test_one_of_four_may_be_away_and_two_may_not(four: LocalNetwork, script: Script) -> None:
    seen = script("conditions.mjs", four)

    assert seen["all"] == 4
    assert seen["oneDown"] == 3
    assert seen["status"] == 503
    assert (seen["lagging"], seen["caughtUp"]) == (10, 20)
    assert seen["twoDown"] == "LEDGER_INSUFFICIENT_VOTING_WEIGHT"
    assert seen["split"] == "LEDGER_INSUFFICIENT_VOTING_WEIGHT"
    assert seen["unpaid"] == 20


def test_without_gossip_the_others_lag_until_somebody_brings_them_the_staple(
    four: LocalNetwork, script: Script
) -> None:
    seen = script("conditions.mjs", four)

    assert seen["untold"] == [30, 20]
    assert seen["healedByTheSdk"] == 4
    assert seen["told"] == [40, 30, 30]
    first, *others = seen["heads"]
    assert set(others) != {first}
    assert len(set(others)) == 1


def hex_of(number: int) -> str:
    """As a node writes integers."""
    return f"0x{number:X}"
