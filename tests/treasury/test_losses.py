"""When somebody else took coins: is that booked once, is capital what lacks, and does all go on after?"""

import json
from types import SimpleNamespace

import pytest

from chalicelib.errors import ConditionFailed, Conflict, NotFound
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, clear
from chalicelib.flows.deposits.losses import losses, write_off
from chalicelib.flows.proof.solvency import statement
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from infra import ops
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked
from tests.treasury.world import House


def steal(house: House, source: str, *moves: tuple[Account, int]) -> str:
    """A block on an address of ours, signed with the owner key and recorded nowhere. Its hash."""
    usdt = house.outside.token("USDT")
    out = [Send(to, units, usdt) for to, units in moves]
    block = house.outside.block(Account.from_address(source), house.key("owner"), *out)
    house.outside.settle(block)
    house.follow()
    return block.hash.hex()


def booked(house: House, block: str) -> None:
    found = losses(house.store, house.treasury.assets, block)
    for plan in write_off(house.store, found, house.clock.now_ms()):
        house.store.commit(plan)


def own_address(house: House) -> Account:
    item = house.store.get(table.cursor("house"))
    assert item is not None
    return Account.from_address(str(item["address"]))


def test_what_was_taken_is_borne_by_capital_until_somebody_pays_it_in(house: House) -> None:
    asked = Asked(house)
    block = steal(house, house.address(asked.user), (new_key().account, 700_000))
    assert house.reconcile().shortfall == {"USDT": 700_000}
    booked(house, block)
    assert house.reconcile().clean
    assert statement(house.store, "USDT").difference == -700_000
    assert house.differences() == []
    house.outside.fund([own_address(house)], 700_000, house.outside.token("USDT"))
    house.follow()
    assert statement(house.store, "USDT").difference == 0
    assert house.reconcile().clean
    for what in (ALL, "USDT"):
        house.store.commit(clear(what, "written off", house.clock.now_ms()))
    asked.settled()
    rest = house.ask(asked.user, "USDT", 1_500_000, asked.to)
    house.settle()
    assert house.withdrawal(rest).state == "landed", "what was paid in makes him whole"
    assert house.differences() == []


def test_it_is_booked_once(house: House) -> None:
    user = house.rich(USDT=1_000)
    block = steal(house, house.address(user), (new_key().account, 300), (new_key().account, 200))
    booked(house, block)
    with pytest.raises(Conflict):
        booked(house, block)
    assert house.books(house.address(user)) == {"USDT": 500}
    assert house.differences() == []


def test_a_block_of_many_sends_is_booked_in_parts_and_each_of_them_once(house: House) -> None:
    user, others = house.rich(USDT=1_000), [house.user() for _ in range(2)]
    own = [Account.from_address(house.address(other)) for other in others]
    targets = [*own, new_key().account] * 37
    block = steal(house, house.address(user), *((to, 1) for to in targets))
    found = losses(house.store, house.treasury.assets, block)
    plans = list(write_off(house.store, found, house.clock.now_ms()))
    assert len(plans) > 2
    house.store.commit(plans[0])  # and whoever did it dies
    with pytest.raises(ConditionFailed):
        house.store.commit(plans[0])
    booked(house, block)
    assert house.books(house.address(user)) == {"USDT": 1_000 - len(targets)}
    assert statement(house.store, "USDT").difference == -37
    assert house.reconcile().clean
    assert house.differences() == []
    with pytest.raises(Conflict):
        booked(house, block)


def test_a_block_of_more_sends_than_its_note_holds_is_booked_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.flows.deposits.losses.PAGES", 1)
    user, thief = house.rich(USDT=1_000), new_key().account
    block = steal(house, house.address(user), *[(thief, 1)] * 640)
    assert len(losses(house.store, house.treasury.assets, block)) == 640
    booked(house, block)
    assert house.books(house.address(user)) == {"USDT": 360}
    assert house.reconcile().clean
    assert house.differences() == []


def test_what_went_to_another_address_of_ours_is_not_lost(house: House) -> None:
    one, other = house.rich(USDT=1_000), house.rich(USDT=1_000)
    to = Account.from_address(house.address(other))
    block = steal(house, house.address(one), (to, 300), (new_key().account, 50))
    booked(house, block)
    assert house.reconcile().clean
    assert statement(house.store, "USDT").difference == -50
    assert house.differences() == []


def test_only_a_foreign_block_can_be_written_off(house: House) -> None:
    with pytest.raises(NotFound):
        losses(house.store, house.treasury.assets, "00" * 32)


def test_an_operator_is_told_what_it_is_before_he_does_it(house: House, monkeypatch, capsys) -> None:
    user = house.rich(USDT=5_000_000)
    block = steal(house, house.address(user), (new_key().account, 1_500_000))
    parts = {"store": house.store, "timer": house.clock, "ids": house.ids, "treasury": house.treasury}
    desk = SimpleNamespace(stage="test", prefix="test", **parts)
    monkeypatch.setattr(ops, "exchange", lambda: desk)
    words = ["write-off", block, "--reason", "stolen", "--by", "kim"]
    assert ops.main(words) == 0
    assert "would write off 1.5 USDT" in capsys.readouterr().out
    assert not house.reconcile().clean
    capsys.readouterr()
    assert ops.main([*words, "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["written_off"] == [{"address": house.address(user), "token": "USDT", "amount": "1.5"}]
    assert told["pay_in_to"] == own_address(house).address
    assert house.reconcile().clean
    assert ops.main([*words, "--yes"]) == 2, "the second time"
