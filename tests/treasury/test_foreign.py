"""Whatever a thief writes into his block: does everything stop at once, and do deposits go on?"""

from typing import Any

from chalicelib.errors import WriteRefused
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SLOTS, clear, stops_of
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from tests.keeta_node.world import new_key
from tests.treasury.world import House


def test_a_thief_who_sends_five_hundred_times_in_a_block_stops_everything_all_the_same(
    house: House,
) -> None:
    user, other = house.rich(USDT=1_000_000), house.user()
    asked = house.ask(user, "USDT", 500_000, new_key().account)
    home, usdt, thief = (
        Account.from_address(house.address(user)),
        house.outside.token("USDT"),
        new_key().account,
    )
    block = house.outside.block(
        home, house.key("operator"), *[Send(thief, 1, usdt)] * 499, Send(thief, 9, usdt)
    )
    house.outside.settle(block)
    house.follow()
    for slot in SLOTS:
        assert ALL in stops_of(house.store.get(table.lease(slot)))
    noted = house.store.get(table.note("foreign", block.hash.hex()))
    assert (len(noted["sent"]), noted["more"]) == (300, 200)
    assert noted["sent"][0] == [499, thief.address, usdt.address, "9"], "the gravest are listed"
    house.deposit(other, "USDT", 5)
    assert house.follow() == 1, "deposits go on"
    house.pay_out()
    assert house.withdrawal(asked).state == "requested"
    house.reconcile()
    assert house.notebook.alarmed.count("foreign_block") == 1


def test_a_note_that_the_store_refuses_keeps_no_stop_off_and_no_deposit_waiting(house: House) -> None:
    user, commit = house.rich(USDT=1_000), house.store.commit
    home, usdt = Account.from_address(house.address(user)), house.outside.token("USDT")

    def refused(plan):
        if any(write.key.pk == "NOTE#foreign" and _items(write).get("sent") for write in plan):
            raise WriteRefused("too large")
        commit(plan)

    house.store.commit = refused
    stolen = house.outside.block(home, house.key("operator"), Send(new_key().account, 7, usdt))
    house.outside.settle(stolen)
    house.deposit(user, "USDT", 5)
    for _ in range(2):
        house.follow()
        house.restart()
    noted = house.store.get(table.note("foreign", stolen.hash.hex()))
    assert (noted["sent"], noted["more"]) == ([], 1)
    assert ALL in stops_of(house.store.get(table.lease("settlement")))
    assert house.balance(user, "USDT").available == 1_005


def test_each_new_block_that_we_did_not_sign_stops_everything_anew(house: House) -> None:
    user, usdt = house.rich(USDT=1_000), house.outside.token("USDT")
    home = Account.from_address(house.address(user))
    for _ in range(2):
        house.outside.settle(
            house.outside.block(home, house.key("operator"), Send(new_key().account, 7, usdt))
        )
        house.follow()
        assert ALL in stops_of(house.store.get(table.lease("settlement")))
        house.store.commit(clear(ALL, "drill", house.clock.now_ms()))
        house.restart()
        house.follow()
        assert stops_of(house.store.get(table.lease("settlement"))) == frozenset(), "a person has cleared it"


def _items(write: Any) -> dict[str, Any]:
    return {**getattr(write, "item", {}), **getattr(write, "set", {})}
