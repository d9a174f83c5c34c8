"""Does an operator find the withdrawals that need him, see why, and does deciding do what it says?"""

import json
from typing import Any

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.plan import Delete, Put
from chalicelib.flows.records.actions import actions
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from chalicelib.listing import PAYOUTS
from tests.keeta_node.world import new_key
from tests.ops.conftest import Say
from tests.treasury.test_faults import Asked
from tests.treasury.world import House

LARGE = PAYOUTS["USDT"].approval_units + 1


def large(house: House) -> Withdrawal:
    """One that two people must approve."""
    user, to = house.rich(USDT=LARGE), new_key().account
    return house.ask(user, "USDT", LARGE, to)


def stored(house: House) -> list[Any]:
    return [list(house.store.scan(each.name)) for each in schema.TABLES]


def listed(run: Say, *words: str, code: int = 0) -> list[dict[str, Any]]:
    found, out = run("withdrawals", *words, "--json")
    assert found == code
    rows: list[dict[str, Any]] = json.loads(out)["withdrawals"]
    return rows


def test_a_large_withdrawal_goes_when_two_have_approved_it(house: House, run: Say, act: Say) -> None:
    asked = large(house)
    assert house.pay_out().payments == 0
    (row,) = listed(run, "stuck", code=1)
    assert (row["id"], row["why"]) == (asked.id, "approved by 0 of 2")
    assert act("withdrawals", "approve", asked.id, "--yes", by="kim")[0] == 0
    assert act("withdrawals", "approve", asked.id, "--yes", by="kim")[0] == 2, "the same person counts once"
    assert house.pay_out().payments == 0
    house.clock.offset_ms += 1
    assert act("withdrawals", "approve", asked.id, "--yes", by="lou")[0] == 0
    assert listed(run, "stuck") == []
    assert [row["why"] for row in listed(run, "list")] == ["its turn"]
    assert house.pay_out().payments == 1
    assert listed(run, "list") == []
    assert house.outside.balance(Account.from_address(asked.to), house.outside.token("USDT")) == LARGE


def test_approving_and_rejecting_are_dry_runs_first(house: House, act: Say) -> None:
    asked = large(house)
    before = stored(house)
    for word in ("approve", "reject"):
        code, out = act("withdrawals", word, asked.id)
        assert (code, "nothing was done" in out) == (0, True)
    assert stored(house) == before


def test_a_rejected_withdrawal_is_the_users_again_and_waits_for_nobody(
    house: House, run: Say, act: Say
) -> None:
    asked = large(house)
    assert act("withdrawals", "reject", asked.id, "--yes")[0] == 0
    assert house.balance(asked.user, "USDT").available == LARGE
    assert house.withdrawal(asked).reason == "rejected_by_operator", "its user is not told who"
    (done,) = actions(house.store, 1, None)[0]
    assert (done.by, done.reason) == ("kim", "a test")
    assert listed(run, "list") == []
    assert act("withdrawals", "reject", asked.id, "--yes")[0] == 2, "there is nothing to reject"


def test_why_a_withdrawal_waits_is_told(house: House, run: Say, act: Say) -> None:
    asked = Asked(house)
    assert listed(run, "stuck") == []
    act("withdrawals", "pause", "USDT")
    assert [row["why"] for row in listed(run, "stuck", code=1)] == ["USDT is paused"]
    act("withdrawals", "resume", "USDT", "--yes")
    act("withdrawals", "pause", asked.user)
    assert [row["why"] for row in listed(run, "stuck", code=1)] == ["its user is paused"]
    act("withdrawals", "resume", asked.user, "--yes")
    house.clock.offset_ms += 40 * 60_000
    assert [row["why"] for row in listed(run, "stuck", code=1)] == ["its turn"], "for too long"
    house.clock.offset_ms -= 40 * 60_000
    asked.settled()


def test_a_withdrawal_on_its_way_is_shown_with_what_the_network_knows(house: House, run: Say) -> None:
    asked = Asked(house)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    code, out = run("withdrawals", "show", asked.found.id, "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["withdrawal"]["state"] == "submitted"
    assert shown["network"]["verdict"] == "pending"
    assert shown["run"]["blocks"][0]["account"] == house.address(asked.user)
    assert (shown["source"]["books"], shown["source"]["chain"]) == ("2", "2")
    assert "neither paid again nor given back" in shown["decide"][0]
    asked.settled()
    text = run("withdrawals", "show", asked.found.id)[1]
    assert "nothing: it has landed" in text
    assert "verdict  landed" in text


def test_a_network_that_does_not_answer_hides_nothing_else(house: House, run: Say) -> None:
    asked = Asked(house)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    for number in (1, 2, 3, 4):
        house.controls.condition("reset", representative=number)
    code, out = run("withdrawals", "show", asked.found.id, "--json")
    shown = json.loads(out)
    house.controls.reset()
    assert (code, shown["run"]["number"]) == (0, 1)
    assert shown["source"]["chain"].startswith("not known")
    asked.settled()


def test_a_stuck_withdrawal_is_found_shown_and_decided(house: House, run: Say, act: Say) -> None:
    """A thief with the operator key moves the head of its address under our run."""
    asked = Asked(house)
    home, stolen = Account.from_address(house.address(asked.user)), house.key("operator")
    ask = house.treasury.chain.ask_temporary

    def robbed(known: Any) -> Any:
        out = Send(new_key().account, 7, house.outside.token("USDT"))
        house.outside.settle(house.outside.block(home, stolen, out))
        return ask(known)

    house.treasury.chain.ask_temporary = robbed  # type: ignore[method-assign]
    house.pay_out()
    house.restart()
    (row,) = listed(run, "stuck", code=1)
    assert (row["id"], row["state"], "is broken" in row["why"]) == (asked.found.id, "stuck", True)
    text = run("withdrawals", "show", asked.found.id)[1]
    assert "verdict  rival" in text
    assert "cex-ops withdrawals resolve" in text
    before = stored(house)
    assert act("withdrawals", "resolve")[0] == 0
    assert stored(house) == before, "a dry run"
    assert act("withdrawals", "resolve", "--yes") == (0, "resolved\n")
    assert act("withdrawals", "reject", asked.found.id, "--yes")[0] == 0
    assert house.balance(asked.user, "USDT").held == 0
    states = [each["state"] for each in json.loads(run("actions", "--json")[1])["actions"]]
    assert states == ["done", "done"], "newest first"


def test_a_restored_store_lists_again_what_waits_for_people(house: House, run: Say, act: Say) -> None:
    asked = large(house)
    lost = table.unapproved_withdrawal(asked.queued_id)
    house.store.commit((Delete(lost), Put(table.unapproved_withdrawal("0000000000000#torn"), {"owner": "x"})))
    assert listed(run, "list") == []
    assert run("rebuild")[0] == 1
    act("rebuild", "--yes")
    assert [row["id"] for row in listed(run, "list")] == [asked.id]
    assert house.store.get(table.unapproved_withdrawal("0000000000000#torn")) is None


def test_a_withdrawal_that_nobody_asked_for_is_told(run: Say) -> None:
    assert run("withdrawals", "show", "nothing")[0] == 2


def test_nobody_is_paused_by_the_address_that_he_deposits_at(house: House, act: Say) -> None:
    user = house.rich(USDT=5)
    before = stored(house)
    for address in (house.address(user), house.own("vault"), house.own("owner")):
        assert act("withdrawals", "pause", address)[0] == 2
    assert stored(house) == before
    assert act("withdrawals", "pause", user)[0] == 0
