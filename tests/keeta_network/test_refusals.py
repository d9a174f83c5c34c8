"""What does the network refuse, and in which words?"""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.keeta.process import LocalNetwork
from tests.keeta_network.conftest import Script

CODES = {
    "below_zero": "BLOCK_AMOUNT_BELOW_ZERO",
    "no_blocks": "LEDGER_MISSING_BLOCKS",
    "not_opening": "LEDGER_NOT_OPENING",
    "not_empty": "LEDGER_NOT_EMPTY",
    "not_successor": "LEDGER_NOT_SUCCESSOR",
    "expired": "LEDGER_BLOCK_EXPIRED",
    "other_network": "LEDGER_INVALID_NETWORK",
    "too_much": "LEDGER_INVALID_BALANCE",
    "no_permission": "LEDGER_INVALID_PERMISSIONS",
    "key_exists": "LEDGER_IDEMPOTENT_KEY_EXISTS",
    "twice": "LEDGER_PREVIOUS_ALREADY_USED",
    "not_supported": "LEDGER_OPERATION_NOT_SUPPORTED",
    "promised": "LEDGER_SUCCESSOR_VOTE_EXISTS",
    "rival": "LEDGER_SUCCESSOR_VOTE_EXISTS",
    "no_own_vote": "LEDGER_NO_PERM_WITHOUT_SELF_TEMP",
    "too_few": "LEDGER_INSUFFICIENT_VOTING_WEIGHT",
    "too_few_to_land": "LEDGER_INSUFFICIENT_VOTING_WEIGHT",
    "landed_again": "LEDGER_BLOCK_ALREADY_EXISTS",
    "bad_side": "API_INVALID_SIDE",
    "bad_vote_side": "API_INVALID_SIDE",
    "limit_word": "API_LIMIT_NOT_NUMBER",
    "limit_zero": "API_LIMIT_NOT_GREATER_THAN_ZERO",
    "start_word": "API_INVALID_START",
    "start_unknown": "API_INVALID_START",
    "start_missing": "API_START_MISSING",
}

UNCODED = {
    "trailing": "Block has bytes after its end",
    "forged": "Unable to validate signature",
    "garbage": "ASN1",
    "temporary_publish": "Can only insert permanent votes",
    "bad_account_head": "wrong length",
}


@pytest.fixture(scope="module")
def seen(four: LocalNetwork, script: Script) -> Any:
    """All of them at once: the script needs one start of the SDK for the lot."""
    return script("refusals.mjs", four)


@pytest.mark.parametrize("case", CODES)
def test_a_coded_refusal_names_its_code(case: str, seen: Any) -> None:
    assert seen[case]["error"] is True
    assert seen[case]["code"] == CODES[case]
    assert seen[case]["type"] == CODES[case].partition("_")[0]
    assert seen[case]["status"] == 400


@pytest.mark.parametrize("case", UNCODED)
def test_an_uncoded_refusal_has_only_a_message(case: str, seen: Any) -> None:
    assert seen[case]["error"] is True
    assert "code" not in seen[case]
    assert UNCODED[case] in seen[case]["message"]
    assert seen[case]["status"] == 500


def test_a_stale_previous_names_the_accounts_to_look_at(seen: Any) -> None:
    assert seen["not_successor"]["accounts"] == [seen["expectations"]["address"]]


def test_a_used_idempotent_key_names_the_block_that_has_it(seen: Any) -> None:
    refused = seen["key_exists"]
    assert refused["existingBlockhash"] == seen["expectations"]["previous"]
    assert refused["account"] == seen["expectations"]["address"]
    assert refused["idempotentKey"] == seen["expectations"]["key"]


def test_an_unreadable_account_is_an_answer_and_not_a_failure(seen: Any) -> None:
    assert seen["bad_account"]["status"] == 200
    assert seen["bad_account"]["account"] == "keeta_nobody"
    assert "wrong length" in seen["bad_account"]["error"]


def test_after_all_refusals_the_honest_staple_lands_once(seen: Any) -> None:
    assert seen["landed"] == {"status": 200, "publish": True}


def test_a_route_that_does_not_exist_is_not_found(seen: Any) -> None:
    assert seen["no_route"]["status"] == 404
