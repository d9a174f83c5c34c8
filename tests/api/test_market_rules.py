"""What does a market not take in its mode, at its price, or of an order as it stands?"""

from dataclasses import replace

import pytest

from chalicelib.engine.events import Mode
from chalicelib.flows.records.commands import SetMode
from chalicelib.ids import CommandId
from tests.api.world import KTA, Json, Trader, World


def set_mode(world: World, mode: Mode) -> None:
    command = SetMode(CommandId(f"mode-{mode}"), mode, "a test", world.clock.ms + 60_000)
    world.house.queue.send(KTA, [command])
    world.pump()


@pytest.mark.parametrize(
    ("mode", "tif", "code"),
    [
        ("cancel_only", "gtc", "market_cancel_only"),
        ("cancel_only", "postonly", "market_cancel_only"),
        ("post_only", "gtc", "market_post_only"),
        ("post_only", "ioc", "market_post_only"),
        ("halted", "postonly", "market_halted"),
    ],
)
def test_a_market_takes_what_its_mode_allows_and_lets_orders_go(
    world: World, mode: Mode, tif: str, code: str
) -> None:
    trader = world.trader(USDT="100")
    order_id = trader.place("buy", "0.5", "10").body["id"]
    set_mode(world, mode)
    world.clock.ms += 1_000
    with world.nothing_changes():
        assert trader.place("buy", "0.5", "10", tif=tif).refusal == (409, code, "market")
        replaced = trader.post("/orders/replace", {"id": order_id, "price": "0.4"})
        assert replaced.refusal == (409, f"market_{mode}", "id")
    assert trader.cancel(order_id).status == (409 if mode == "halted" else 200)


def test_an_order_that_was_on_its_way_when_the_mode_changed_is_refused_by_the_book(world: World) -> None:
    trader = world.trader(USDT="100")
    set_mode(world, "open")
    command = SetMode(CommandId("mode"), "post_only", "a test", world.clock.ms + 60_000)
    world.house.queue.send(KTA, [command])
    order = trader.place("buy", "0.5", "10").body
    assert (order["status"], order["reason"]) == ("rejected", "market_post_only")
    assert trader.balances()["USDT"] == ("100", "0")


def test_a_halted_market_takes_nothing_but_still_knows_what_it_took(world: World) -> None:
    trader = world.trader(USDT="100")
    order = trader.place("buy", "0.5", "10", client_order_id="a")
    set_mode(world, "halted")
    kta = next(each for each in world.get("/markets").body["markets"] if each["market"] == "KTA/USDT")
    assert kta["mode"] == "halted"
    with world.nothing_changes():
        assert trader.place("buy", "0.5", "10").refusal == (409, "market_halted", "market")
        assert trader.cancel(order.body["id"]).refusal == (409, "market_halted", "id")
        assert trader.place("buy", "0.5", "10", client_order_id="a") == order
        assert trader.place("buy", "0.5", "11", client_order_id="a").refusal[1] == "duplicate_client_order_id"


# --- what a market asks of an order ------------------------------------------------------------


@pytest.fixture
def priced(world: World) -> Trader:
    """Somebody rich, where the last trade was at half a dollar."""
    trader, other = world.trader(USDT="10000", KTA="1000"), world.trader(KTA="10")
    other.place("sell", "0.5", "10")
    trader.place("buy", "0.5", "10")
    world.clock.ms += 1_000
    return trader


@pytest.mark.parametrize(("price", "taken"), [("0.25", 200), ("0.2499", 409), ("0.75", 200), ("0.7501", 409)])
def test_a_price_lies_within_the_band(world: World, priced: Trader, price: str, taken: int) -> None:
    order = priced.place("sell", "0.5", "10", tif="postonly").body
    answers = [
        priced.place("buy", price, "10", self_trade="co"),
        priced.post("/orders/replace", {"id": order["id"], "price": price}),
    ]
    if taken == 200:
        assert answers[0].status == 200
    else:
        assert [each.refusal for each in answers] == [(409, "outside_price_band", "price")] * 2


def test_a_market_order_needs_a_price_that_somebody_named(world: World) -> None:
    trader = world.trader(USDT="10")
    body = {"market": "KTA/USDT", "type": "market", "side": "buy", "quantity": "10"}
    with world.nothing_changes():
        assert trader.post("/orders/place", body).refusal == (409, "no_market_price", "market")


def test_a_user_has_a_bounded_number_of_open_orders(world: World) -> None:
    world.house.every_market[KTA.id] = replace(KTA, open_orders_max=2)
    trader = world.trader(USDT="100")
    first, _ = (trader.place("buy", "0.5", "10").body["id"] for _ in range(2))
    world.clock.ms += 1_000
    with world.nothing_changes():
        assert trader.place("buy", "0.5", "10").refusal == (409, "too_many_open_orders", "market")
    assert trader.post("/orders/replace", {"id": first, "price": "0.4"}).status == 200
    assert trader.place("buy", "0.5", "10", tif="ioc").status == 200
    trader.cancel(first)
    world.clock.ms += 1_000
    assert trader.place("buy", "0.5", "10").status == 200


# --- changes that the order does not allow ------------------------------------------------------


def test_a_change_that_the_order_does_not_allow_is_refused(world: World, priced: Trader) -> None:
    order_id = priced.place("sell", "0.6", "10").body["id"]
    world.trader(USDT="100").place("buy", "0.6", "4")
    with world.nothing_changes():
        for change, code in (("10.01", "not_a_reduction"), ("4", "quantity_already_filled")):
            refused = priced.post("/orders/reduce", {"id": order_id, "quantity": change})
            assert refused.refusal == (409, code, "quantity")
        refused = priced.post("/orders/replace", {"id": order_id, "quantity": "3"})
        assert refused.refusal == (409, "quantity_already_filled", "quantity")
        refused = priced.post("/orders/replace", {"id": order_id, "quantity": "1000000"})
        assert refused.refusal == (422, "insufficient_funds", "quantity")
        same = priced.post("/orders/replace", {"id": order_id, "price": "0.6", "quantity": "10"})
        assert same.status == 200


@pytest.mark.parametrize("route", ["reduce", "replace", "cancel"])
def test_an_order_that_ended_can_not_be_changed(world: World, priced: Trader, route: str) -> None:
    order_id = priced.place("buy", "0.5", "10", tif="fok").body["id"]
    body = {"id": order_id} if route == "cancel" else {"id": order_id, "quantity": "5"}
    with world.nothing_changes():
        assert priced.post(f"/orders/{route}", body).refusal == (409, "order_not_open", "id")


def test_a_stop_that_sleeps_can_be_reduced_and_canceled_and_not_replaced(priced: Trader) -> None:
    order_id = priced.place("sell", "0.4", "10", stop="loss", stop_price="0.4").body["id"]
    refused = priced.post("/orders/replace", {"id": order_id, "price": "0.45"})
    assert refused.refusal == (409, "order_not_open", "id")
    assert priced.post("/orders/reduce", {"id": order_id, "quantity": "5"}).body["status"] == "armed"
    assert priced.cancel(order_id).body["status"] == "canceled"


def test_an_order_that_shrinks_under_its_replace_may_lack_the_hold(world: World) -> None:
    trader = world.trader(USDT="1000")
    order_id = trader.place("buy", "0.5", "100").body["id"]
    commands = [
        {"reduce": {"id": order_id, "quantity": "50"}},
        {"replace": {"id": order_id, "quantity": "200"}},
    ]
    body = {"market": "KTA/USDT", "commands": commands}
    reduced, replaced = trader.post("/orders/batch", body).body["results"]
    assert (reduced["order"]["quantity"], replaced["problem"]["code"]) == ("50", "hold_too_small")
    assert trader.balances()["USDT"] == ("975", "25")


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("reduce", {"id": "{id}", "quantity": "50"}),
        ("replace", {"id": "{id}", "quantity": "150"}),
        ("cancel-all", {"market": "KTA/USDT"}),
        ("cancel-all-after", {"market": "KTA/USDT", "seconds": 60}),
    ],
)
def test_a_command_that_comes_after_its_time_changes_nothing_and_says_so(
    world: World, route: str, body: Json
) -> None:
    trader = world.trader(USDT="1000")
    order_id = trader.place("buy", "0.5", "100").body["id"]

    def much_later() -> None:
        world.clock.ms += 16_000
        world.pump()

    world.clock.while_waiting = much_later
    given = {key: order_id if part == "{id}" else part for key, part in body.items()}
    assert trader.post(f"/orders/{route}", given).refusal[:2] == (409, "late")
    order = trader.get(f"/orders/{order_id}").body
    assert (order["status"], order["quantity"]) == ("resting", "100")
    assert trader.balances()["USDT"] == ("950", "50")
