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


@pytest.fixture
def act(run):
    def told(*words: str, by: str = "kim") -> tuple[int, str]:
        return run(*words, "--by", by, "--reason", "a test")

    return told


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


def test_a_large_withdrawal_goes_when_two_have_approved_it(house: House, act) -> None:
    large = PAYOUTS["USDT"].approval_units + 1
    user, to = house.rich(USDT=large), new_key().account
    asked = house.ask(user, "USDT", large, to)
    assert house.pay_out().payments == 0
    assert act("withdrawals", "approve", user, asked.id, "--yes", by="kim")[0] == 0
    assert act("withdrawals", "approve", user, asked.id, "--yes", by="kim")[0] == 2, (
        "the same person counts once"
    )
    assert house.pay_out().payments == 0
    house.clock.offset_ms += 1
    assert act("withdrawals", "approve", user, asked.id, "--yes", by="lou")[0] == 0
    assert house.pay_out().payments == 1
    assert house.outside.balance(to, house.outside.token("USDT")) == large


def test_a_key_is_granted_and_revoked_and_what_is_left_is_told(house: House, act) -> None:
    key = new_key().account
    code, out = act("grant-operator", key.address, "--yes")
    assert (code, out) == (0, "5 addresses changed, 0 left\n")
    assert act("revoke-operator", key.address, "--yes") == (0, "5 addresses changed, 0 left\n")
    assert act("withdrawals", "resolve", "--yes")[0] == 1, "nothing is broken"
