"""Do the operator's commands do what they say, and say what they did?"""

import json

import pytest

from chalicelib.flows.custody import table
from chalicelib.flows.plan import Put
from chalicelib.keeta.account import Account
from chalicelib.keeta.moment import iso
from tests.keeta_node.world import new_key
from tests.treasury.test_reconcile import book
from tests.treasury.world import House, trade


def test_solvency_and_reconciliation_are_told_as_json(house: House, run) -> None:
    house.rich(USDT=2_500_000)
    code, out = run("solvency", "--json")
    (usdt,) = (each for each in json.loads(out)["tokens"] if each["token"] == "USDT")
    assert code == 0
    assert usdt == {"token": "USDT", "liabilities": "2.5", "custody": "2.5", "difference": "0"}
    code, out = run("reconcile", "--json")
    assert (code, json.loads(out)["over"]) == (0, 1)


def test_who_is_owed_more_than_lies_at_his_address_is_told_with_its_age(house: House, run) -> None:
    one, two = house.rich(USDT=1_000_000), house.rich(USDT=500_000)
    assert run("arrears") == (0, "nobody\n")
    trade(house, one, two, "USDT", 300_000)
    house.reconcile()
    (told,) = json.loads(run("arrears", "--json")[1])["users"]
    assert (told["user"], told["address"], told["owed"]) == (two, house.address(two), {"USDT": "0.3"})
    line = house.store.get(table.rolled_address(told["address"])) or {}
    assert told["since"] == iso(int(str(line["behind_ms"])))
    house.settle()
    assert run("arrears") == (0, "nobody\n")


def test_a_reconciliation_that_stops_a_token_leaves_a_record(house: House, run) -> None:
    user = house.rich(USDT=1_000_000)
    book(house, house.address(user), 10)
    assert run("reconcile")[0] == 1
    code, out = run("reconcile")
    assert (code, "payments are stopped now: USDT" in out) == (1, True)
    newest, before = json.loads(run("actions", "--json")[1])["actions"]
    assert (newest["command"], newest["state"], before["state"]) == ("reconcile", "done", "done")
    assert "payments are stopped now: USDT" in newest["outcome"]
    assert "stopped" not in before["outcome"]


def test_notes_that_are_not_all_shown_say_so(house: House, run) -> None:
    for number in range(101):
        house.store.commit((Put(table.note("low", f"n-{number:03}"), {"at_ms": 1}),))
    assert run("notes", "low")[1].endswith("only the first 100; there are more\n")


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


def test_suspense_is_assigned_when_it_is_meant(house: House, run, act) -> None:
    owner = house.user()
    waiting = str(house.store.page(table.free_address("0"), "~", 1).items[0]["sk"])
    house.outside.fund([Account.from_address(waiting)], 2_500_000, house.outside.token("USDT"))
    house.follow()
    (note,) = json.loads(run("notes", "suspense", "--json")[1])["notes"]
    code, out = act("assign-suspense", note["sk"], owner)
    assert (code, "would credit 2.5 USDT" in out) == (0, True)
    assert house.balance(owner, "USDT").total == 0
    assert act("assign-suspense", note["sk"], owner, "--yes") == (0, f"2.5 USDT are {owner}'s\n")
    assert act("assign-suspense", note["sk"], owner, "--yes")[0] == 2, "once"
    assert house.balance(owner, "USDT").available == 2_500_000


def test_reach_is_told_and_the_vault_gives_back(house: House, run, act) -> None:
    house.limit(USDT=1_000_000)
    house.rich(USDT=4_000_000)
    assert run("reach")[0] == 1, "more than should be"
    house.settle()
    code, out = run("reach", "--json")
    (usdt,) = (each for each in json.loads(out)["tokens"] if each["token"] == "USDT")
    assert (code, usdt) == (0, {"token": "USDT", "reach": "1", "limit": "1", "vault": "3"})
    assert "would bring 2.5 USDT" in act("refill", "USDT", "2.5")[1]
    assert act("refill", "USDT", "2.5", "--yes") == (0, "2.5 USDT are there\n")
    assert house.chain(house.own("house")) == {"USDT": 2_500_000}
    assert act("refill", "USDT", "0.6", "--yes")[0] == 2, "there is less"
    assert act("refill", "USDT", "a lot", "--yes")[0] == 2
