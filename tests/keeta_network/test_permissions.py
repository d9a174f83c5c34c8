"""Do permission rows come, change and go as the official ledger has them?

Flags as nodes write them: ACCESS 1, SEND_ON_BEHALF 16, STORAGE_DEPOSIT 1024.
"""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.keeta.process import LocalNetwork
from tests.keeta_network.conftest import Script

NO = "LEDGER_INVALID_PERMISSIONS"


@pytest.fixture(scope="module")
def seen(one: LocalNetwork, script: Script) -> Any:
    return script("permissions.mjs", one)


def test_without_a_row_the_default_of_the_account_decides(seen: Any) -> None:
    assert seen["byDefault"] == {"usdt": NO, "kta": NO, "deposit": True, "rows": []}


def test_an_explicit_row_replaces_the_default_and_does_not_add_to_it(seen: Any) -> None:
    assert seen["explicit"] == {"usdt": True, "kta": True, "deposit": NO, "rows": [["all", 1 + 16]]}


def test_adding_to_a_row_keeps_what_it_had(seen: Any) -> None:
    assert seen["added"] == {"usdt": True, "kta": True, "deposit": True, "rows": [["all", 1 + 16 + 1024]]}


def test_a_weaker_row_for_one_token_beats_a_stronger_one_for_all(seen: Any) -> None:
    weaker = seen["weakerForOneToken"]
    assert (weaker["usdt"], weaker["kta"]) == (NO, True)
    assert weaker["rows"] == [["all", 1 + 16 + 1024], ["token", 1 + 1024]]


def test_a_new_row_for_one_token_starts_from_the_row_for_all(seen: Any) -> None:
    assert seen["targetStartsFromTheWhole"][-1] == ["token", 1 + 16 + 1024]


def test_a_row_with_everything_taken_away_denies_even_the_default(seen: Any) -> None:
    assert seen["emptied"] == {"usdt": NO, "kta": NO, "deposit": NO, "rows": [["all", 0]]}


def test_setting_nothing_deletes_the_row_and_the_default_is_back(seen: Any) -> None:
    assert seen["gone"] == {"usdt": NO, "kta": NO, "deposit": True, "rows": []}


def test_there_is_one_owner_and_only_the_owner_hands_out_rights(seen: Any) -> None:
    assert seen["secondOwner"] == "LEDGER_INVALID_OWNER_COUNT"
    assert seen["codeOfStranger"] == NO
