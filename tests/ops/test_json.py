"""Does every command answer programs with one JSON value and nothing else?"""

import json

import pytest

from chalicelib.flows import schema
from tests.ops.conftest import Say
from tests.treasury.world import House

# One and the same in every process that collects these tests.
KEY = "keeta_aabcck4gzt3dp4x773yqt64te4lyn7fl6xyql6yjneschn5o324w4j2pre22muy"
WHO = ("--by", "kim", "--reason", "a test")

LOOKING = (
    *("status", "withdrawals list", "withdrawals stuck", "solvency", "arrears", "reconcile", "notes stop"),
    *("actions", "audit", "adjust list", "stranded", "rebuild", "rescan"),
)
ACTING = (
    *(
        "markets delist KTA/USDT",
        "snapshot KTA/USDT",
        f"cancel-all {KEY}",
        "withdrawals pause USDT",
        "withdrawals resume USDT",
    ),
    f"adjust request {KEY} USDT 5",
    "withdrawals set-aside",
    *("withdrawals resolve", f"grant-operator {KEY}", f"revoke-operator {KEY}", f"rotate-operator {KEY}"),
)


@pytest.mark.parametrize("line", LOOKING)
def test_what_looks(house: House, run: Say, line: str) -> None:
    code, out = run(*line.split(), "--json")
    assert code in (0, 1)
    assert isinstance(json.loads(out), dict)


@pytest.mark.parametrize("line", ACTING)
def test_what_acts_says_what_it_would_do_or_did(house: House, act: Say, line: str) -> None:
    before = stored(house)
    code, out = act(*line.split(), "--json")
    answer = json.loads(out)
    assert code == 0
    if "pause" in line or "snapshot" in line:
        assert answer["action"]
    else:
        assert answer["dry_run"]
        assert answer["would"]
        assert stored(house) == before


def stored(house: House) -> list[object]:
    return [list(house.store.scan(each.name)) for each in schema.TABLES]


def test_what_fails_says_so_apart(house: House, run: Say, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run("trace", KEY, "--json")
    assert (code, out) == (2, "")
