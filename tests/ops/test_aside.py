"""Can an operator end what the network refused for good, without paying twice and without a developer?"""

import json
from typing import Any, Never

import pytest

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT
from chalicelib.keeta.account import Account
from chalicelib.settlement.errors import Refused
from tests.ops.conftest import Say
from tests.ops.test_withdrawals import listed, stored
from tests.treasury.test_aside import thawed
from tests.treasury.test_faults import Asked, run_in_flight
from tests.treasury.test_proof import MINUTE, before_votes, frozen, rich_in_two
from tests.treasury.world import House


def set_aside(house: House) -> Asked:
    """A payment that is alone at its address, and was refused."""
    cold = Asked(house)
    before_votes(house, lambda _: frozen(house, cold.user))
    house.pay_out()
    assert cold.state == "stuck"
    return cold


def test_a_payment_whose_place_is_freed_is_given_back(house: House, run: Say, act: Say) -> None:
    cold = set_aside(house)
    (row,) = listed(run, "stuck", code=1)
    assert row["id"] == cold.found.id
    assert f"free-place {cold.found.id}" in run("withdrawals", "show", cold.found.id)[1]
    before = stored(house)
    assert house.address(cold.user) in act("withdrawals", "free-place", cold.found.id)[1]
    assert stored(house) == before, "a dry run"
    assert act("withdrawals", "free-place", cold.found.id, "--yes")[0] == 0
    house.pay_out()
    assert (cold.state, cold.got) == ("failed", 0)
    assert house.balance(cold.user, "USDT") == ("USDT", 2_000_000, 0)
    assert listed(run, "stuck") == []
    assert house.differences() == []
    (told,) = json.loads(run("actions", "--json")[1])["actions"]
    assert (told["subject"], told["state"]) == (cold.found.id, "done")
    assert act("withdrawals", "free-place", cold.found.id, "--yes")[0] == 2, "there is nothing to free"


def test_a_block_that_frees_a_place_changes_nothing_at_its_address(house: House, act: Say) -> None:
    cold = set_aside(house)
    home = Account.from_address(house.address(cold.user))
    before = house.outside.representatives.account(home)
    assert act("withdrawals", "free-place", cold.found.id, "--yes")[0] == 0
    after = house.outside.representatives.account(home)
    assert after.head != before.head
    assert (after.info, after.balances) == (before.info, before.balances)
    thawed(house, home)
    house.pay_out()
    house.ask(cold.user, "USDT", 500_000, cold.to)
    house.shift(61 * MINUTE)
    house.pay_out()
    house.shift(0)
    assert cold.got == 500_000, "it can pay as before"


def refused_for_good(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """No representative takes what was signed, and each leg alone is fine."""

    def refuse(_: object) -> Never:
        raise Refused("not like this", "LEDGER_OPERATION_NOT_SUPPORTED")

    monkeypatch.setattr(house.treasury.chain, "ask_temporary", refuse)


def test_a_run_that_is_refused_with_no_leg_to_blame_is_ended_and_all_is_given_back(
    house: House, run: Say, act: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Asked(house), Asked(house)
    with monkeypatch.context() as patched:
        refused_for_good(house, patched)
        house.pay_out()
    assert "run_refused" in house.notebook.alarmed
    before = stored(house)
    assert act("withdrawals", "set-aside")[0] == 0
    assert stored(house) == before, "a dry run"
    assert act("withdrawals", "set-aside", "--yes")[0] == 0
    assert [row["state"] for row in listed(run, "stuck", code=1)] == ["stuck", "stuck"]
    third = Asked(house)
    third.settled()
    ids = [one.found.id, two.found.id]
    assert act("withdrawals", "free-place", *ids, "--yes")[0] == 0
    house.pay_out()
    assert {one.state, two.state} == {"failed"}
    for each in (one, two):
        assert house.balance(each.user, "USDT") == ("USDT", 2_000_000, 0)
    assert house.differences() == []
    assert act("withdrawals", "set-aside", "--yes")[0] == 2, "there is no such run"


def test_what_of_a_refused_run_has_landed_is_paid_when_it_is_ended(
    house: House, act: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, coins, dollars = rich_in_two(house)
    before_votes(house, lambda blocks: house.outside.settle(*blocks[:2]))
    ask = house.treasury.chain.ask_temporary
    books, land = house.treasury.books, house.treasury.books.land

    def landed(*parts: Any) -> Any:
        refused_for_good(house, monkeypatch)
        return land(*parts)

    monkeypatch.setattr(books, "land", landed)
    for _ in range(2):
        house.pay_out()
    monkeypatch.setattr(house.treasury.chain, "ask_temporary", ask)
    assert "run_refused" in house.notebook.alarmed
    assert act("withdrawals", "set-aside", "--yes")[0] == 0
    assert [house.withdrawal(each).state for each in (coins, dollars)] == ["landed", "stuck"]
    assert (house.store.get(table.lease(SETTLEMENT)) or {})["run"] == 0
    assert house.differences() == []


def test_a_run_that_somebody_has_voted_for_is_not_ended(house: House, act: Say) -> None:
    asked = Asked(house)
    for number in (3, 4):
        house.controls.fault("vote.permanent", "drop_request", representative=number, times=100)
    house.pay_out()
    house.controls.reset()
    assert act("withdrawals", "set-aside", "--yes")[0] == 2
    assert run_in_flight(house).state == "submitted"
    asked.settled()


def test_a_place_is_not_freed_under_a_settlement_that_has_signed_for_it(house: House, act: Say) -> None:
    cold = set_aside(house)
    thawed(house, Account.from_address(house.address(cold.user)))
    house.shift(61 * MINUTE)
    house.ask(cold.user, "USDT", 500_000, cold.to)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    house.shift(61 * MINUTE)
    assert act("withdrawals", "free-place", cold.found.id, "--yes")[0] == 2
    for _ in range(2):
        house.pay_out()
    house.shift(0)
    assert (cold.state, cold.got) == ("failed", 500_000), "the other payment has its place"
