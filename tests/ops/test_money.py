"""Do the operator's commands do what they say, and say what they did?"""

import json

import pytest

from tests.keeta_node.world import new_key
from tests.treasury.world import House


def test_solvency_and_reconciliation_are_told_as_json(house: House, run) -> None:
    house.rich(USDT=2_500_000)
    code, out = run("solvency", "--json")
    (usdt,) = (each for each in json.loads(out)["tokens"] if each["token"] == "USDT")
    assert code == 0
    assert usdt == {"token": "USDT", "liabilities": "2.5", "custody": "2.5", "difference": "0"}
    code, out = run("reconcile", "--json")
    assert (code, json.loads(out)["over"]) == (0, 1)


def test_a_stop_a_freeze_and_their_ends(house: House, run, act) -> None:
    user, to = house.rich(USDT=2_000_000), new_key().account
    assert act("withdrawals", "pause", "USDT") == (0, "stopped: USDT\n")
    with pytest.raises(Exception, match="no USDT is paid out now"):
        house.ask(user, "USDT", 200_000, to)
    assert act("withdrawals", "resume", "USDT", "--yes") == (0, "stopped: nothing\n")
    assert act("withdrawals", "pause", user) == (0, f"withdrawals of {user} are paused\n")
    with pytest.raises(Exception, match="frozen"):
        house.ask(user, "USDT", 200_000, to)
    assert act("withdrawals", "resume", user, "--yes")[0] == 0
    house.ask(user, "USDT", 200_000, to)
    told = [each["stopped"] for each in json.loads(run("notes", "stop", "--json")[1])["notes"]]
    assert told == ["a test", ""]
