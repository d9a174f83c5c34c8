"""What does the state of things not allow, and what is one then told?"""

import pytest

from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import open_account
from chalicelib.flows.plan import Put
from chalicelib.keeta.account import Account, KeyType
from tests.api.world import World


@pytest.mark.parametrize(
    ("side", "quantity"), [("buy", "20.01"), ("buy", "1000000"), ("sell", "5.01"), ("sell", "1000000")]
)
def test_what_one_does_not_have_can_not_be_spent(world: World, side: str, quantity: str) -> None:
    trader = world.trader(USDT="10", KTA="5")
    with world.nothing_changes():
        assert trader.place(side, "0.5", quantity).refusal == (422, "insufficient_funds", "quantity")


def test_all_that_one_has_can_be_spent_and_nothing_twice(world: World) -> None:
    trader = world.trader(USDT="10", KTA="5")
    assert trader.place("buy", "0.5", "20").status == 200
    assert trader.place("sell", "0.6", "5").status == 200
    with world.nothing_changes():
        assert trader.place("buy", "0.5", "2").refusal == (422, "insufficient_funds", "quantity")
        assert trader.place("sell", "0.6", "2").refusal == (422, "insufficient_funds", "quantity")


def test_somebody_who_never_had_anything_can_not_trade(world: World) -> None:
    nobody = world.trader()
    with world.nothing_changes():
        assert nobody.place("buy", "0.5", "20").refusal == (422, "insufficient_funds", "quantity")
        assert nobody.get("/balances").body == []


def test_an_order_is_canceled_once_and_a_second_cancel_is_fine(world: World) -> None:
    trader = world.trader(USDT="10")
    order = trader.place("buy", "0.5", "20").body
    canceled = trader.cancel(order["id"])
    assert (canceled.body["status"], trader.balances()["USDT"]) == ("canceled", ("10", "0"))
    with world.nothing_changes():
        assert trader.cancel(order["id"]) == canceled


def test_an_order_that_was_filled_can_not_be_canceled(world: World) -> None:
    alice, bob = world.trader(USDT="10"), world.trader(KTA="20")
    order = alice.place("buy", "0.5", "20").body
    bob.place("sell", "0.5", "20")
    with world.nothing_changes():
        assert alice.cancel(order["id"]).refusal == (409, "order_not_open", "id")


def test_one_who_sends_too_much_waits_and_the_others_do_not(world: World) -> None:
    world.restart(CEX_ORDERS_PER_WINDOW="20")
    eager, calm = world.trader(USDT="1000"), world.trader(USDT="10")
    answers = [eager.place("buy", "0.5", "2.01", wait=0) for _ in range(45)]
    admitted = [answer for answer in answers if answer.status == 200]
    # Twenty for nothing, and twenty that all processes count together.
    assert len(admitted) == 40
    with world.nothing_changes():
        refused = eager.place("buy", "0.5", "2")
        assert (refused.refusal, refused.headers["Retry-After"]) == ((429, "rate_limited", None), "10")
        assert eager.cancel(admitted[0].body["id"]).refusal == (429, "rate_limited", None)
    assert calm.place("buy", "0.5", "2").status == 200
    world.clock.ms += 10_000
    assert eager.place("buy", "0.5", "2").status == 200


def test_new_keys_of_one_machine_get_so_many_addresses_a_day(world: World) -> None:
    world.restart(CEX_ADDRESSES_PER_SOURCE="2")
    for number in range(4):
        waiting = Account(KeyType.STORAGE, bytes([number] * 32)).address
        world.store.commit((Put(table.free_address(waiting), {"run": 1}), open_account(waiting, "user")))
    first, second = world.trader(), world.trader()
    given = [each.get("/deposits/address").body["address"] for each in (first, second)]
    assert len(set(given)) == 2
    with world.nothing_changes():
        refused = world.trader().get("/deposits/address")
        assert refused.refusal == (429, "too_many_addresses", None)
        assert 0 < int(refused.headers["Retry-After"]) <= 86_400
        assert first.get("/deposits/address").body["address"] == given[0]
