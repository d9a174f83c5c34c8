"""Is the operator key changed step by step, and can each step be begun again?"""

import pytest

from chalicelib.adapters.custody_keys import signer
from chalicelib.keeta.account import Account
from chalicelib.listing import KTA
from tests.keeta_node.world import new_key
from tests.ops.conftest import Say
from tests.ops.test_withdrawals import stored
from tests.treasury.test_faults import Asked
from tests.treasury.world import House


def senders(house: House, key: Account) -> int:
    """How many addresses the key may send from."""
    every = [Account.from_address(address) for address in house.addresses()]
    return len(house.treasury.chain.senders(key, every))


def test_a_key_is_granted_and_revoked_and_what_is_left_is_told(house: House, run: Say, act: Say) -> None:
    key = new_key().account
    before = stored(house)
    assert "send from 5 more addresses" in act("grant-operator", key.address)[1]
    assert stored(house) == before, "a dry run"
    assert act("grant-operator", key.address, "--yes") == (0, "5 addresses changed, 0 left\n")
    assert senders(house, key) == 5
    assert act("revoke-operator", key.address, "--yes") == (0, "5 addresses changed, 0 left\n")
    assert senders(house, key) == 0
    assert act("withdrawals", "resolve", "--yes")[0] == 1, "nothing is broken"


def test_the_operator_key_is_rotated_in_two_steps(house: House, act: Say) -> None:
    asked, old = Asked(house), house.key("operator").account
    house.new_key("operator")
    new = signer(house.environment["CEX_OPERATOR_KEY"]).account
    code, out = act("rotate-operator", new.address, "--yes")
    assert code == 0
    assert f"CEX_OPERATOR={new.address}" in out
    assert (senders(house, old), senders(house, new)) == (5, 5), "both, until the functions have the new one"
    house.restart()
    switched = ("rotate-operator", new.address, "--switched", "--old", old.address)
    assert "nothing was done" in act(*switched)[1]
    assert act(*switched, "--yes")[0] == 0
    assert act(*switched, "--yes")[0] == 0, "said twice, done once"
    assert (senders(house, old), senders(house, new)) == (0, 5)
    asked.settled()


def test_a_rotation_that_a_run_is_in_the_way_of_is_told_and_begun_again(house: House, act: Say) -> None:
    asked, new = Asked(house), new_key().account
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    code, out = act("rotate-operator", new.address, "--yes")
    assert code == 1
    assert "do it again" in out
    asked.settled()
    assert act("rotate-operator", new.address, "--yes")[0] == 0


@pytest.mark.parametrize("more", [["--switched"], ["--old", "OTHER"], ["--switched", "--old", "SAME"]])
def test_words_that_make_no_sense_change_nothing(house: House, act: Say, more: list[str]) -> None:
    new, before = new_key().account, stored(house)
    named = {"OTHER": new_key().account.address, "SAME": new.address}
    assert act("rotate-operator", new.address, *(named.get(word, word) for word in more), "--yes")[0] == 2
    assert stored(house) == before


def test_what_can_not_sign_is_no_operator_key(act: Say) -> None:
    with pytest.raises(SystemExit):
        act("rotate-operator", KTA.tokens["main"], "--yes")


def test_a_users_key_and_the_owners_are_no_operators(house: House, act: Say) -> None:
    rich, new = house.rich(USDT=5), house.user()
    house.address(new)
    for key in (rich, new, house.own("owner")):
        before = stored(house)
        for command in ("grant-operator", "rotate-operator"):
            assert act(command, key, "--yes")[0] == 2
        assert stored(house) == before
    assert senders(house, Account.from_address(rich)) == 0


def test_who_revokes_the_operator_of_now_is_told_what_follows(house: House, act: Say) -> None:
    now, other = house.key("operator").account.address, new_key().account.address
    assert "nothing is paid out" in act("revoke-operator", now)[1]
    assert "nothing is paid out" not in act("revoke-operator", other)[1]
