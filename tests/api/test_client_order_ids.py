"""Is a client's own id of an order a true key: same content same order, other content a refusal?"""

import pytest

from tests.api.world import PLACE, Json, World

OTHER_CONTENT = [
    {"price": "0.4"},
    {"quantity": "11"},
    {"side": "sell"},
    {"tif": "postonly"},
    {"market": "USDX/USDT"},
    {"self_trade": "dc"},
    {"stop": "loss", "stop_price": "0.3"},
    {"type": "market", "price": None},
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
