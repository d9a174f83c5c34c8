"""Does the node answer in the shapes that clients of the real network expect?"""

from __future__ import annotations

from itertools import chain
from typing import Any

import httpx
import pytest

from infra.local.keeta.process import LocalNetwork
from tests.keeta_network.conftest import Script


@pytest.fixture(scope="module")
def seen(one: LocalNetwork, script: Script) -> Any:
    return script("paging.mjs", one)


def test_a_chain_is_read_in_pages_from_the_head_down(seen: Any) -> None:
    assert [len(page) for page in seen["chainPages"]] == [2, 2, 1]
    assert list(chain.from_iterable(seen["chainPages"])) == seen["chain"]


def test_a_chain_page_holds_its_start_and_its_end(seen: Any) -> None:
    assert seen["part"] == seen["chain"][1:4]
    assert seen["strangersBlock"] == "API_INVALID_START"


def test_a_history_page_starts_after_the_staple_it_names(seen: Any) -> None:
    assert [len(page) for page in seen["historyPages"]] == [2, 2, 2]
    assert list(chain.from_iterable(seen["historyPages"])) == seen["history"]


def test_a_history_entry_carries_the_staple_its_id_and_its_time(seen: Any) -> None:
    entry = seen["entry"]
    assert set(entry) == {"voteStaple", "$id", "$timestamp"}
    assert set(entry["voteStaple"]) == {"votes", "blocks", "$binary"}
    assert "$binary" not in entry["voteStaple"]["blocks"][0]
    assert entry["$id"] == seen["history"][0]
    assert entry["$timestamp"] == entry["voteStaple"]["votes"][0]["validityFrom"]


def test_an_account_state_has_head_height_balances_and_info(seen: Any, one: LocalNetwork) -> None:
    state = seen["state"]
    assert state["account"] == seen["address"]
    assert state["currentHeadBlock"] == seen["chain"][0]
    assert state["currentHeadBlockHeight"] == "0x4"
    assert state["representative"] is None
    assert state["balances"] == [{"token": one.description["network"]["base_token"], "balance": "0x5F"}]
    assert state["info"] == {"name": "", "description": "", "metadata": ""}


def test_many_accounts_are_answered_in_order_with_errors_in_place(seen: Any) -> None:
    several = [seen["several"][index] for index in ("0", "1")]
    assert several[0]["account"] == seen["address"]
    assert several[1] == {"account": "keeta_nobody", "error": several[1]["error"]}


def test_a_block_is_found_by_any_spelling_of_its_hash_and_only_on_its_side(seen: Any) -> None:
    assert seen["block"]["$hash"] == seen["chain"][0]
    assert seen["block"]["$binary"]
    assert seen["blockOnSide"] is None
    assert [vote["$permanent"] for vote in seen["votes"]] == [True]


def test_a_successor_is_the_next_block_of_the_chain(seen: Any) -> None:
    assert seen["successor"] == seen["chain"][0]
    assert seen["noSuccessor"] is None
    assert seen["head"]["height"] == "0x4"


def test_representatives_are_listed_with_equal_weight_and_endpoints(four: LocalNetwork) -> None:
    apis = [each["api"] for each in four.description["representatives"]]
    listed = httpx.get(f"{apis[2]}/node/ledger/representatives").json()["representatives"]
    assert [each["endpoints"]["api"] for each in listed] == apis
    assert {each["weight"] for each in listed} == {f"0x{100_000_000 * 10**18:X}"}
    own = httpx.get(f"{apis[2]}/node/ledger/representative").json()
    assert own["representative"] == listed[2]["representative"]
    other = httpx.get(f"{apis[2]}/node/ledger/representative/{listed[0]['representative']}").json()
    assert other == {"representative": listed[0]["representative"], "weight": listed[0]["weight"]}


def test_peers_and_certificates_are_answered(four: LocalNetwork) -> None:
    api = four.description["representatives"][0]["api"]
    faucet = four.description["accounts"]["faucet"]["address"]
    assert len(httpx.get(f"{api}/node/peers").json()["peers"]) == 4
    answer = httpx.get(f"{api}/node/ledger/account/{faucet}/certificates").json()
    assert answer == {"account": faucet, "certificates": []}
