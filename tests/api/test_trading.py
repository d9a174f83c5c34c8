"""Does every kind of order and every command do over HTTP what it promises?"""

import pytest

from chalicelib.flows.intake.cancel_all import CancelAllReport, CancelAlls
from chalicelib.ids import OrderId
from chalicelib.keeta.moment import iso
from tests.api.world import Answer, Json, Trader, World

KTA_USDT = {"market": "KTA/USDT"}


def shown(answer: Answer, *fields: str) -> tuple[object, ...]:
    assert answer.status == 200, answer
    return tuple(answer.body[field] for field in fields)


@pytest.fixture
def alice(world: World) -> Trader:
    return world.trader(USDT="1000", KTA="1000")


@pytest.fixture
def bob(world: World) -> Trader:
    return world.trader(USDT="1000", KTA="1000")


def market_order(trader: Trader, side: str, **size: str) -> Answer:
    return trader.post("/orders/place", {**KTA_USDT, "type": "market", "side": side, **size})


# --- kinds of orders ------------------------------------------------------------------------------


def test_a_market_buy_spends_its_funds_and_no_more(alice: Trader, bob: Trader) -> None:
    bob.place("sell", "0.5", "10")
    bob.place("sell", "0.51", "10")
    order = market_order(alice, "buy", funds="7")
    assert shown(order, "type", "tif", "status", "quantity", "remaining_quantity", "funds", "price") == (
        *("market", "ioc", "filled", None, None, "7", "0.525"),
    )
    assert shown(order, "filled_quantity", "filled_notional", "reason") == ("13.92", "6.9992", None)
    assert alice.balances()["USDT"] == ("993.0008", "0")


def test_a_market_sell_ends_at_its_collar(alice: Trader, bob: Trader) -> None:
    bob.place("buy", "0.5", "10")
    bob.place("buy", "0.4", "10")
    order = market_order(alice, "sell", quantity="15")
    assert shown(order, "status", "reason", "filled_quantity", "price") == (
        *("canceled", "ioc_remainder", "10", "0.475"),
    )


def test_a_fill_or_kill_order_is_filled_whole_or_not_at_all(alice: Trader, bob: Trader) -> None:
    bob.place("sell", "0.5", "10")
    killed = alice.place("buy", "0.5", "11", tif="fok")
    assert shown(killed, "status", "reason", "filled_quantity") == ("rejected", "fok_unfillable", "0")
    assert shown(alice.place("buy", "0.5", "10", tif="fok"), "status") == ("filled",)


def test_a_stop_loss_sleeps_until_the_price_falls(world: World, alice: Trader, bob: Trader) -> None:
    stop = alice.place("sell", "0.3", "10", stop="loss", stop_price="0.45")
    assert shown(stop, "status", "stop", "stop_price") == ("armed", "loss", "0.45")
    bob.place("buy", "0.44", "20")
    assert world.get("/markets/KTA-USDT/book").body["asks"] == []
    carol = world.trader(KTA="5")
    carol.place("sell", "0.44", "5")
    assert shown(alice.get(f"/orders/{stop.body['id']}"), "status", "filled_notional") == ("filled", "4.4")


def test_an_order_good_till_a_time_ends_before_anybody_meets_it(
    world: World, alice: Trader, bob: Trader
) -> None:
    expires_at = iso(world.clock.ms + 10_000)
    order = alice.place("buy", "0.5", "10", tif="gtt", expires_at=expires_at)
    assert shown(order, "status", "tif", "expires_at") == ("resting", "gtt", expires_at)
    world.clock.ms += 10_000
    assert shown(bob.place("sell", "0.5", "10"), "status") == ("resting",)
    assert shown(alice.get(f"/orders/{order.body['id']}"), "status", "reason") == ("expired", "expired")


def test_a_time_may_be_written_without_milliseconds(world: World, alice: Trader) -> None:
    expires_at = iso((world.clock.ms // 1000 + 60) * 1000)
    order = alice.place("buy", "0.5", "10", tif="gtt", expires_at=expires_at.replace(".000Z", "Z"))
    assert shown(order, "expires_at") == (expires_at,)


@pytest.mark.parametrize(
    ("self_trade", "taker", "maker"),
    [
        ("cn", ("canceled", "self_trade", "20"), ("resting", None, "10")),
        ("co", ("resting", None, "20"), ("canceled", "self_trade", "10")),
        ("cb", ("canceled", "self_trade", "20"), ("canceled", "self_trade", "10")),
        ("dc", ("resting", None, "10"), ("canceled", "self_trade", "10")),
    ],
)
def test_the_newer_order_says_what_becomes_of_a_trade_with_oneself(
    alice: Trader, self_trade: str, taker: Json, maker: Json
) -> None:
    old = alice.place("sell", "0.5", "10").body
    new = alice.place("buy", "0.5", "20", self_trade=self_trade)
    assert shown(new, "status", "reason", "quantity") == taker
    assert shown(alice.get(f"/orders/{old['id']}"), "status", "reason", "quantity") == maker
    (prevented,) = alice.get("/prevented-matches").body["prevented_matches"]
    assert (prevented["maker_order_id"], prevented["taker_order_id"]) == (old["id"], new.body["id"])
    assert (prevented["quantity"], prevented["self_trade"]) == ("10", self_trade)
    assert alice.get("/fills").body["fills"] == []
    assert {entry["kind"] for entry in alice.get("/ledger").body["entries"]} == {"credit"}


# --- changing and canceling -------------------------------------------------------------------------


def test_an_order_shrinks_in_its_place_and_gives_back_what_it_held(alice: Trader, bob: Trader) -> None:
    first = alice.place("buy", "0.5", "100").body
    bob.place("buy", "0.5", "100")
    smaller = alice.post("/orders/reduce", {"id": first["id"], "quantity": "60"})
    assert shown(smaller, "status", "quantity", "remaining_quantity") == ("resting", "60", "60")
    assert alice.balances()["USDT"] == ("970", "30")
    assert shown(bob.place("sell", "0.5", "10", self_trade="co"), "status") == ("filled",)
    assert shown(alice.get(f"/orders/{first['id']}"), "filled_quantity") == ("10",)


def test_an_order_gets_another_price_and_quantity_under_its_id(alice: Trader, bob: Trader) -> None:
    order = alice.place("buy", "0.5", "100").body
    bob.place("sell", "0.5", "30")
    replaced = alice.post("/orders/replace", {"id": order["id"], "price": "0.4", "quantity": "200"})
    assert shown(replaced, "id", "status", "price", "quantity", "remaining_quantity", "replace") == (
        *(order["id"], "partially_filled", "0.4", "200", "170", None),
    )
    assert alice.balances()["USDT"] == ("917", "68")


def test_a_replaced_order_trades_at_once_where_it_can(alice: Trader, bob: Trader) -> None:
    order = alice.place("buy", "0.4", "10").body
    bob.place("sell", "0.5", "10")
    replaced = alice.post("/orders/replace", {"id": order["id"], "price": "0.5"})
    assert shown(replaced, "status", "filled_notional") == ("filled", "5")


def test_a_replace_that_is_not_done_yet_is_shown_and_is_the_only_one(world: World, alice: Trader) -> None:
    order = alice.place("buy", "0.5", "100").body
    body = {"id": order["id"], "quantity": "200", "wait": 0}
    outstanding = alice.post("/orders/replace", body).body["replace"]
    assert (outstanding["status"], outstanding["reason"]) == ("pending", None)
    assert alice.get(f"/orders/{order['id']}").body["replace"] == outstanding
    other = alice.post("/orders/replace", {**body, "quantity": "300"})
    assert other.refusal == (409, "replace_outstanding", "id")
    assert alice.post("/orders/replace", body).body["replace"] == outstanding
    world.pump()
    assert shown(alice.get(f"/orders/{order['id']}"), "quantity", "replace") == ("200", None)


def test_what_the_book_refused_is_told_to_who_waits_and_shown_to_who_asks(
    world: World, alice: Trader, bob: Trader
) -> None:
    bob.place("sell", "0.5", "10")
    order = alice.place("buy", "0.4", "10", tif="postonly").body
    refused = alice.post("/orders/replace", {"id": order["id"], "price": "0.5"})
    assert refused.refusal == (409, "post_only_would_cross", "price")
    shown_ones = [alice.get(f"/orders/{order['id']}").body, alice.get("/orders").body["orders"][0]]
    for each in shown_ones:
        assert (each["status"], each["price"]) == ("resting", "0.4")
        assert (each["replace"]["status"], each["replace"]["reason"]) == ("refused", "post_only_would_cross")


def test_an_order_is_canceled_by_ones_own_id(alice: Trader) -> None:
    order = alice.place("buy", "0.5", "10", client_order_id="mine").body
    canceled = alice.post("/orders/cancel", {"client_order_id": "mine"})
    assert shown(canceled, "id", "status") == (order["id"], "canceled")


def test_all_orders_of_a_market_are_canceled_at_once(alice: Trader) -> None:
    bid, ask = alice.place("buy", "0.5", "10").body["id"], alice.place("sell", "0.6", "10").body["id"]
    sells = alice.post("/orders/cancel-all", {**KTA_USDT, "side": "sell"})
    assert shown(sells, "market", "status", "ended") == ("KTA/USDT", "done", [ask])
    assert shown(alice.post("/orders/cancel-all", KTA_USDT), "ended") == ([bid],)
    assert alice.balances() == {"KTA": ("1000", "0"), "USDT": ("1000", "0")}


def test_a_cancel_all_that_the_market_cut_off_is_told_as_partial(
    alice: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = [OrderId("a" * 26)]
    report = CancelAllReport(is_done=False, ended=ended, refused="market_halted")
    monkeypatch.setattr(CancelAlls, "cancel_all", lambda *_: report)
    assert shown(alice.post("/orders/cancel-all", KTA_USDT), "status", "ended") == ("partial", ended)


def test_who_falls_silent_has_no_orders_any_more(world: World, alice: Trader, bob: Trader) -> None:
    order = alice.place("buy", "0.5", "10").body
    armed = alice.post("/orders/cancel-all-after", {**KTA_USDT, "seconds": 60})
    status, cancels_at = shown(armed, "status", "cancels_at")
    assert status == "done"
    asked = alice.get("/orders/cancel-all-after?market=KTA/USDT")
    assert asked.body == {"market": "KTA/USDT", "cancels_at": cancels_at}
    of_another = bob.get("/orders/cancel-all-after?market=KTA/USDT")
    assert of_another.body == {"market": "KTA/USDT", "cancels_at": None}
    off = alice.post("/orders/cancel-all-after", {**KTA_USDT, "seconds": 0})
    assert shown(off, "status", "cancels_at") == ("done", None)
    alice.post("/orders/cancel-all-after", {**KTA_USDT, "seconds": 5})
    world.clock.ms += 6_000
    bob.place("buy", "0.4", "10")
    assert shown(alice.get(f"/orders/{order['id']}"), "status", "reason") == ("canceled", "cancel_all_after")
    assert iso(world.clock.ms) < str(cancels_at)


# --- many at once -------------------------------------------------------------------------------------


def test_a_batch_answers_each_command_as_its_own_route_would(alice: Trader) -> None:
    old = alice.place("buy", "0.5", "10", client_order_id="old").body
    commands = [
        {"cancel": {"client_order_id": "old"}},
        {"place": {"side": "buy", "price": "0.45", "quantity": "10", "client_order_id": "new"}},
        {"reduce": {"id": "a" * 26, "quantity": "5"}},
        {"place": {"side": "sell", "price": "0.6", "quantity": "5000"}},
        {"place": {"type": "market", "side": "buy", "funds": "0.5"}},
    ]
    results = alice.post("/orders/batch", {**KTA_USDT, "commands": commands}).body["results"]
    assert [each["order"]["status"] for each in results[:2]] == ["canceled", "resting"]
    assert results[0]["order"] == alice.get(f"/orders/{old['id']}").body
    assert results[1]["order"] == alice.get("/orders/client/new").body
    alone = [
        alice.post("/orders/reduce", {"id": "a" * 26, "quantity": "5"}),
        alice.place("sell", "0.6", "5000"),
        market_order(alice, "buy", funds="0.5"),
    ]
    problems = [each["problem"] for each in results[2:]]
    assert len({each.pop("request_id") for each in problems}) == 1, "that of the batch"
    assert problems == [answer.body for answer in alone]


def test_a_batch_counts_as_many_commands_as_it_holds(world: World) -> None:
    world.restart(CEX_ORDERS_PER_WINDOW="20")
    trader = world.trader(USDT="100")
    command = {"cancel": {"id": "a" * 26}}
    for _ in range(2):
        assert trader.post("/orders/batch", {**KTA_USDT, "commands": [command] * 20}).status == 200
    refused = trader.post("/orders/batch", {**KTA_USDT, "commands": [command]})
    assert refused.refusal == (429, "rate_limited", None)


# --- reading -------------------------------------------------------------------------------------------


def test_an_order_is_found_by_ones_own_id_in_every_state(world: World, alice: Trader) -> None:
    pending = alice.place("buy", "0.5", "10", client_order_id="mine", wait=0).body
    assert alice.get("/orders/client/mine").body == pending
    assert alice.get("/orders?client_order_id=mine").body == {"orders": [pending], "next": None}
    world.pump()
    assert shown(alice.get("/orders/client/mine"), "status") == ("resting",)
    assert alice.get("/orders?client_order_id=yours").body["orders"] == []
    assert alice.get("/orders?client_order_id=mine&market=USDX/USDT").body["orders"] == []


def test_open_orders_are_what_waits_in_the_books(alice: Trader) -> None:
    alice.cancel(alice.place("buy", "0.5", "10").body["id"])
    open_ones = [
        alice.place("buy", "0.45", "10").body,
        alice.place("sell", "0.3", "10", stop="loss", stop_price="0.3").body,
        alice.post(
            "/orders/place", {"market": "USDX/USDT", "side": "buy", "price": "1", "quantity": "10"}
        ).body,
    ]
    found = alice.get("/orders/open").body["orders"]
    assert sorted(found, key=lambda order: str(order["id"])) == sorted(open_ones, key=lambda o: str(o["id"]))
    assert alice.get("/orders/open?market=KTA/USDT").body["orders"] == open_ones[:2]
    assert [each["market"] for each in alice.get("/orders?market=USDX/USDT").body["orders"]] == ["USDX/USDT"]


def test_a_market_says_its_terms(world: World) -> None:
    kta, btc = (
        next(each for each in world.get("/markets").body["markets"] if each["market"] == name)
        for name in ("KTA/USDT", "BTC/USD")
    )
    assert (kta["mode"], kta["band"], kta["collar"], kta["limits"]["open_orders"]) == (
        *("open", "0.5", "0.05", 500),
    )
    assert kta["tiers"][0] == {"volume": "0", "maker_fee": kta["maker_fee"], "taker_fee": kta["taker_fee"]}
    assert len(kta["tiers"]) == 4
    assert (btc["band"], len(btc["tiers"])) == (None, 1)


def test_fees_fill_order_and_ledger_say_the_same(alice: Trader, bob: Trader) -> None:
    alice.place("buy", "0.5", "10")
    sold = bob.place("sell", "0.5", "3.33").body
    (fill,) = bob.get("/fills").body["fills"]
    entry = bob.get("/ledger").body["entries"][0]
    assert (fill["role"], fill["fee"], fill["fee_token"]) == ("taker", sold["fee"], sold["fee_token"])
    assert entry["changes"] == [{"token": "KTA", "amount": "-3.33"}, {"token": "USDT", "amount": "1.66167"}]
    assert (sold["filled_notional"], sold["fee"]) == ("1.665", "0.00333")
    (fees,) = (each for each in bob.get("/fees").body["fees"] if each["market"] == "KTA/USDT")
    assert (fees["maker_fee"], fees["taker_fee"]) == (sold["maker_fee"], sold["taker_fee"])
