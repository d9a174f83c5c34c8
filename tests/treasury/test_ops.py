"""Do the operator's commands do what they say, and say what they did?"""

import json
from types import SimpleNamespace

import pytest

from chalicelib.listing import PAYOUTS
from infra import ops
from tests.keeta_node.world import new_key
from tests.treasury.world import House


@pytest.fixture
def run(house: House, monkeypatch, capsys):
    def told(*words: str) -> tuple[int, str]:
        desk = SimpleNamespace(store=house.store, timer=house.clock, ids=house.ids, treasury=house.treasury)
        monkeypatch.setattr(ops, "exchange", lambda: desk)
        code = ops.main(list(words))
        return code, capsys.readouterr().out

    return told


def test_solvency_and_reconciliation_are_told_as_json(house: House, run) -> None:
    house.rich(USDT=2_500_000)
    code, out = run("solvency")
    (usdt,) = (each for each in json.loads(out)["tokens"] if each["token"] == "USDT")
    assert code == 0
    assert usdt == {"token": "USDT", "liabilities": "2.5", "custody": "2.5", "difference": "0"}
    code, out = run("reconcile")
    assert (code, json.loads(out)["over"]) == (0, 1)


def test_a_stop_a_freeze_and_their_ends(house: House, run) -> None:
    user, to = house.rich(USDT=2_000_000), new_key().account
    assert run("stop-payouts", "USDT", "--reason", "drill") == (0, "stopped: USDT\n")
    with pytest.raises(Exception, match="no USDT is paid out now"):
        house.ask(user, "USDT", 200_000, to)
    assert run("clear-payouts", "USDT", "--reason", "over") == (0, "stopped: nothing\n")
    assert run("freeze", user, "--reason", "asked") == (0, "")
    with pytest.raises(Exception, match="frozen"):
        house.ask(user, "USDT", 200_000, to)
    assert run("unfreeze", user, "--reason", "over") == (0, "")
    house.ask(user, "USDT", 200_000, to)
    told = [json.loads(line)["stopped"] for line in run("notes", "stop")[1].splitlines()]
    assert told == ["drill", ""]


def test_a_large_withdrawal_goes_when_two_have_approved_it(house: House, run) -> None:
    large = PAYOUTS["USDT"].approval_units + 1
    user, to = house.rich(USDT=large), new_key().account
    asked = house.ask(user, "USDT", large, to)
    assert house.pay_out().payments == 0
    assert run("approve", user, asked.id, "--by", "kim")[0] == 0
    assert run("approve", user, asked.id, "--by", "kim")[0] == 2, "the same person counts once"
    assert house.pay_out().payments == 0
    house.clock.offset_ms += 1
    assert run("approve", user, asked.id, "--by", "lou")[0] == 0
    assert house.pay_out().payments == 1
    assert house.outside.balance(to, house.outside.token("USDT")) == large


def test_a_key_is_granted_and_revoked_and_what_is_left_is_told(house: House, run) -> None:
    key = new_key().account
    code, out = run("grant-operator", key.address)
    assert (code, out) == (0, "5 addresses changed, 0 left\n")
    assert run("revoke-operator", key.address) == (0, "5 addresses changed, 0 left\n")
    assert run("resolve-run")[0] == 1, "nothing is broken"
