"""What does the state of things not allow, and what is one then told?"""

import pytest

from chalicelib.flows.records.commands import HaltMarket
from chalicelib.ids import CommandId
from tests.api.world import KTA, PLACE, Json, World


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


# --- client order ids -------------------------------------------------------------------------

OTHER_CONTENT = [
    {"price": "0.4"},
    {"quantity": "11"},
    {"side": "sell"},
    {"tif": "postonly"},
    {"market": "USDX/USDT"},
]


def test_the_same_request_again_is_the_same_order(world: World) -> None:
    trader = world.trader(USDT="100")
    first = trader.place("buy", "0.5", "10", client_order_id="a")
    with world.nothing_changes():
        assert trader.place("buy", "0.5", "10", client_order_id="a") == first
        assert trader.place("buy", "0.50", "10.0", client_order_id="a", wait=1, tif="gtc") == first
    assert len(trader.get("/orders").body["orders"]) == 1


@pytest.mark.parametrize("other", OTHER_CONTENT, ids=str)
def test_the_same_id_with_other_content_is_refused(world: World, other: Json) -> None:
    trader = world.trader(USDT="100", KTA="100")
    trader.place("buy", "0.5", "10", client_order_id="a")
    with world.nothing_changes():
        refused = trader.post("/orders/place", {**PLACE, **other, "client_order_id": "a"})
        assert refused.refusal == (409, "duplicate_client_order_id", "client_order_id")


@pytest.mark.parametrize("other", [{}, *OTHER_CONTENT], ids=str)
def test_a_duplicate_is_told_even_to_one_who_has_no_money_left(world: World, other: Json) -> None:
    trader = world.trader(USDT="5")
    first = trader.place("buy", "0.5", "10", client_order_id="a")
    assert trader.balances()["USDT"] == ("0", "5")
    with world.nothing_changes():
        again = trader.post("/orders/place", {**PLACE, **other, "client_order_id": "a"})
        if other:
            assert again.refusal == (409, "duplicate_client_order_id", "client_order_id")
        else:
            assert again == first
        assert trader.place("buy", "0.5", "10", client_order_id="b").refusal[1] == "insufficient_funds"


def test_an_order_that_ended_is_still_the_order_of_its_id(world: World) -> None:
    trader = world.trader(USDT="100")
    order = trader.place("buy", "0.5", "10", client_order_id="a").body
    canceled = trader.cancel(order["id"])
    with world.nothing_changes():
        assert trader.place("buy", "0.5", "10", client_order_id="a") == canceled


def test_two_users_may_use_the_same_id(world: World) -> None:
    orders = [world.trader(USDT="5").place("buy", "0.5", "10", client_order_id="a").body for _ in range(2)]
    assert orders[0]["id"] != orders[1]["id"]
    assert [order["status"] for order in orders] == ["resting", "resting"]


def test_without_an_id_every_request_is_another_order(world: World) -> None:
    trader = world.trader(USDT="100")
    ids = {trader.place("buy", "0.5", "10", client_order_id=None).body["id"] for _ in range(3)}
    assert len(ids) == 3


# --- halted, and too many ---------------------------------------------------------------------


def test_a_halted_market_takes_nothing_but_still_knows_what_it_took(world: World) -> None:
    trader = world.trader(USDT="100")
    order = trader.place("buy", "0.5", "10", client_order_id="a")
    halt = HaltMarket(CommandId("halt-1"), "a test", world.clock.ms + 60_000)
    world.house.queue.send(KTA, halt)
    world.pump()
    kta = next(each for each in world.get("/markets").body["markets"] if each["market"] == "KTA/USDT")
    assert kta["mode"] == "halted"
    with world.nothing_changes():
        assert trader.place("buy", "0.5", "10").refusal == (409, "market_halted", "market")
        assert trader.cancel(order.body["id"]).refusal == (409, "market_halted", "id")
        assert trader.place("buy", "0.5", "10", client_order_id="a") == order
        assert trader.place("buy", "0.5", "11", client_order_id="a").refusal[1] == "duplicate_client_order_id"


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
