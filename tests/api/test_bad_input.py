"""Is every request that can not be done refused with its own code and field, and nothing changed?"""

import pytest

from chalicelib.flows.commands import HaltMarket
from chalicelib.ids import CommandId
from tests.api.contract import Route, routes
from tests.api.world import KTA, Json, Trader, World

MISSING = object()
PLACE = {"market": "KTA/USDT", "side": "buy", "price": "0.5", "quantity": "10"}
DEEP = b"[" * 20_000

BAD_NUMBERS = [
    (5, "invalid_type"),
    (0.5, "invalid_type"),
    (None, "invalid_type"),
    (True, "invalid_type"),
    (["1"], "invalid_type"),
    ({"value": "1"}, "invalid_type"),
    (MISSING, "missing_field"),
    ("", "invalid_value"),
    (" ", "invalid_value"),
    ("1" * 81, "invalid_value"),
    ("abc", "invalid_number"),
    ("-1", "invalid_number"),
    ("-0", "invalid_number"),
    ("+1", "invalid_number"),
    ("1e3", "invalid_number"),
    ("1E-2", "invalid_number"),
    ("NaN", "invalid_number"),
    ("Infinity", "invalid_number"),
    ("-inf", "invalid_number"),
    ("0x10", "invalid_number"),
    ("1,5", "invalid_number"),
    ("1_000", "invalid_number"),
    (".5", "invalid_number"),
    ("5.", "invalid_number"),
    ("01", "invalid_number"),
    ("1.2.3", "invalid_number"),
    (" 1", "invalid_number"),
    ("1\n", "invalid_number"),
    ("1\0", "invalid_number"),
    ("\N{ARABIC-INDIC DIGIT ONE}", "invalid_number"),
    ("\N{FULLWIDTH DIGIT ONE}", "invalid_number"),
    ("9" * 41, "invalid_number"),
    ("0." + "0" * 41, "invalid_number"),
    ("9" * 40, "number_too_large"),
    ("0", "not_positive"),
    ("0.0", "not_positive"),
]
BAD_PLACES = [
    *(("price", value, code, "price") for value, code in BAD_NUMBERS),
    *(("quantity", value, code, "quantity") for value, code in BAD_NUMBERS),
    ("price", "0.00015", "off_tick", "price"),
    ("price", "0.00001", "off_tick", "price"),
    ("price", "0.5000000000000000000000000000000001", "off_tick", "price"),
    ("price", "900719925474.1", "number_too_large", "price"),
    ("quantity", "0.005", "off_lot", "quantity"),
    ("quantity", "10.001", "off_lot", "quantity"),
    ("quantity", "1.0000000000000000001", "off_lot", "quantity"),
    ("quantity", "90071992547410", "number_too_large", "quantity"),
    ("quantity", "1.99", "below_minimum", "quantity"),
    ("price", "0.0999", "below_minimum", "quantity"),
    ("market", "KTA/DOGE", "unknown_market", "market"),
    ("market", "kta/usdt", "unknown_market", "market"),
    ("market", "KTA-USDT", "unknown_market", "market"),
    ("market", "", "unknown_market", "market"),
    ("market", "\0", "unknown_market", "market"),
    ("market", "K" * 51, "invalid_value", "market"),
    ("market", 5, "invalid_type", "market"),
    ("market", MISSING, "missing_field", "market"),
    ("side", "hold", "invalid_value", "side"),
    ("side", "BUY", "invalid_value", "side"),
    ("side", None, "invalid_value", "side"),
    ("side", MISSING, "missing_field", "side"),
    ("tif", "fok", "invalid_value", "tif"),
    ("tif", "GTC", "invalid_value", "tif"),
    ("tif", 1, "invalid_value", "tif"),
    ("client_order_id", "", "invalid_value", "client_order_id"),
    ("client_order_id", "a b", "invalid_value", "client_order_id"),
    ("client_order_id", "a\n", "invalid_value", "client_order_id"),
    ("client_order_id", "\N{LATIN SMALL LETTER U WITH DIAERESIS}", "invalid_value", "client_order_id"),
    ("client_order_id", "a" * 65, "invalid_value", "client_order_id"),
    ("client_order_id", 5, "invalid_type", "client_order_id"),
    ("wait", -1, "invalid_value", "wait"),
    ("wait", 10_001, "invalid_value", "wait"),
    ("wait", "5", "invalid_type", "wait"),
    ("wait", 1.5, "invalid_type", "wait"),
    ("wait", True, "invalid_type", "wait"),
    ("wait", None, "invalid_type", "wait"),
    ("wait", 10**40, "invalid_value", "wait"),
    ("user_id", "keeta_somebody", "unknown_field", "user_id"),
    ("Price", "0.5", "unknown_field", "Price"),
    ("", "x", "unknown_field", ""),
]
BAD_BODIES = [
    (b"", "missing_field", "market"),
    (b"{}", "missing_field", "market"),
    (b"{", "malformed_json", None),
    (b"nul", "malformed_json", None),
    (b"{'market': 1}", "malformed_json", None),
    (b'{"market": "KTA/USDT",}', "malformed_json", None),
    (b'{"market": "KTA/USDT"} x', "malformed_json", None),
    (b'{"market": "\xff\xfe"}', "malformed_json", None),
    (b'{"market": "\\ud800"}', "malformed_json", None),
    (b"\xff\xfe", "malformed_json", None),
    (b"\xef\xbb\xbf{}", "malformed_json", None),
    (b"\0", "malformed_json", None),
    (DEEP, "malformed_json", None),
    (b'{"price": ' + DEEP, "malformed_json", None),
    (b"null", "invalid_type", None),
    (b"[]", "invalid_type", None),
    (b"5", "invalid_type", None),
    (b'"text"', "invalid_type", None),
    (b"NaN", "invalid_type", None),
    (b'{"price": NaN}', "missing_field", "market"),
]


@pytest.fixture(scope="module")
def trader(shared_world: World) -> Trader:
    """Rich, and with an order in the book; so there is much that could change."""
    trader = shared_world.trader(USDT="1000000", KTA="1000000")
    assert trader.place("buy", "0.4", "100").body["status"] == "resting"
    return trader


def name(value: object) -> str:
    return "missing" if value is MISSING else repr(value)[:24]


@pytest.mark.parametrize(("field", "value", "code", "to_blame"), BAD_PLACES, ids=name)
def test_a_bad_order_is_refused_and_changes_nothing(
    trader: Trader, field: str, value: Json, code: str, to_blame: str
) -> None:
    body = {key: part for key, part in {**PLACE, field: value}.items() if part is not MISSING}
    with trader.world.nothing_changes():
        assert trader.post("/orders/place", body).refusal == (400, code, to_blame or None)


def test_the_order_that_all_bad_ones_were_made_from_is_good(trader: Trader) -> None:
    answer = trader.post("/orders/place", PLACE)
    assert (answer.status, answer.body["status"]) == (200, "resting")
    assert trader.cancel(answer.body["id"]).status == 200


@pytest.mark.parametrize(("raw", "code", "to_blame"), BAD_BODIES, ids=name)
def test_a_body_that_is_no_order_is_refused(
    trader: Trader, raw: bytes, code: str, to_blame: str | None
) -> None:
    with trader.world.nothing_changes():
        refused = trader.world.request("POST", "/orders/place", raw=raw, jwt=trader.jwt)
        assert refused.refusal == (400, code, to_blame)


@pytest.mark.parametrize(
    "route", [each for each in routes() if each.method == "POST"], ids=lambda each: each.name
)
def test_every_route_with_a_body_refuses_what_is_too_large_or_of_another_kind(
    trader: Trader, route: Route
) -> None:
    world = trader.world
    with world.nothing_changes():
        large = world.request("POST", route.path, raw=b" " * 65_537, jwt=trader.jwt)
        assert large.refusal == (413, "body_too_large", None)
        for media_type in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonl",
            "*/*",
            ";",
        ):
            headers = {"Content-Type": media_type}
            other = world.request("POST", route.path, raw=b"{}", jwt=trader.jwt, headers=headers)
            assert other.refusal == (415, "unsupported_media_type", None)


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x"]
)
def test_json_is_known_by_any_of_its_names(trader: Trader, media_type: str) -> None:
    headers = {"Content-Type": media_type}
    refused = trader.world.request("POST", "/orders/place", raw=b"{}", jwt=trader.jwt, headers=headers)
    assert refused.refusal == (400, "missing_field", "market")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "missing_field", "id")),
        ({"id": 5}, (400, "invalid_type", "id")),
        ({"id": None}, (400, "invalid_type", "id")),
        ({"id": "a" * 51}, (400, "invalid_value", "id")),
        ({"id": "a" * 26, "wait": -1}, (400, "invalid_value", "wait")),
        ({"id": "a" * 26, "all": True}, (400, "unknown_field", "all")),
        ({"id": "a" * 26}, (404, "order_not_found", "id")),
        ({"id": "A" * 26}, (404, "order_not_found", "id")),
        ({"id": "a" * 25}, (404, "order_not_found", "id")),
        ({"id": "a" * 25 + "\n"}, (404, "order_not_found", "id")),
        ({"id": "a" * 25 + "0"}, (404, "order_not_found", "id")),
        ({"id": ""}, (404, "order_not_found", "id")),
        ({"id": "../orders"}, (404, "order_not_found", "id")),
    ],
    ids=str,
)
def test_a_bad_cancel_is_refused_and_changes_nothing(trader: Trader, body: Json, refusal: Json) -> None:
    with trader.world.nothing_changes():
        assert trader.post("/orders/cancel", body).refusal == refusal


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/orders?limit=0", (400, "invalid_value", "limit")),
        ("/orders?limit=101", (400, "invalid_value", "limit")),
        ("/orders?limit=-1", (400, "invalid_value", "limit")),
        ("/orders?limit=ten", (400, "invalid_value", "limit")),
        ("/orders?limit=", (400, "invalid_value", "limit")),
        ("/orders?limit=1.5", (400, "invalid_value", "limit")),
        ("/orders?limit=" + "9" * 5_000, (400, "invalid_value", "limit")),
        ("/orders?page=2", (400, "unknown_field", "page")),
        ("/orders?before=", (400, "invalid_cursor", "before")),
        ("/orders?before=" + "a" * 201, (400, "invalid_value", "before")),
        ("/orders?before=1769860800000%23short", (400, "invalid_cursor", "before")),
        ("/orders?before=L%231769860800000%23KTA", (400, "invalid_cursor", "before")),
        ("/fills?before=W", (400, "invalid_cursor", "before")),
        ("/ledger?before=O%23" + "a" * 26, (400, "invalid_cursor", "before")),
        ("/ledger?before=L%23", (400, "invalid_cursor", "before")),
        ("/balances?token=USDT", (400, "unknown_field", "token")),
        ("/health?x", (400, "unknown_field", "x")),
        ("/orders/" + "a" * 26, (404, "order_not_found", "id")),
        ("/orders/x", (404, "order_not_found", "id")),
        ("/orders/%00", (404, "order_not_found", "id")),
        ("/markets/KTA-DOGE/book", (404, "market_not_found", "market")),
        ("/markets/KTA%2FUSDT/book", (404, "market_not_found", "market")),
        ("/markets//trades", (404, "market_not_found", "market")),
        ("/markets/KTA-USDT/book?levels=0", (400, "invalid_value", "levels")),
        ("/markets/KTA-USDT/book?levels=1001", (400, "invalid_value", "levels")),
        ("/markets/KTA-USDT/trades?before=0.0", (400, "invalid_cursor", "before")),
        ("/markets/KTA-USDT/trades?before=1", (400, "invalid_cursor", "before")),
        ("/markets/KTA-USDT/trades?before=1.-1", (400, "invalid_cursor", "before")),
        ("/markets/KTA-USDT/trades?before=1e5.1", (400, "invalid_cursor", "before")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_question_is_refused(trader: Trader, path: str, refusal: Json) -> None:
    assert trader.get(path).refusal == refusal


@pytest.mark.parametrize(
    ("token", "amount", "refusal"),
    [
        ("DOGE", "1", (400, "unknown_token", "token")),
        ("usdt", "1", (400, "unknown_token", "token")),
        ("USDT", "0", (400, "not_positive", "amount")),
        ("USDT", "-1", (400, "invalid_number", "amount")),
        ("USDT", "0.0000001", (400, "too_many_decimals", "amount")),
        ("USDT", "1" + "0" * 24, (400, "number_too_large", "amount")),
        ("USDT", 5, (400, "invalid_type", "amount")),
        (5, "1", (400, "invalid_type", "token")),
    ],
    ids=str,
)
def test_the_faucet_gives_no_such_amounts(trader: Trader, token: Json, amount: Json, refusal: Json) -> None:
    with trader.world.nothing_changes():
        assert trader.post("/local/faucet", {"token": token, "amount": amount}).refusal == refusal


# --- what the state of things does not allow ------------------------------------------------


def test_the_faucet_can_be_closed(world: World) -> None:
    world.restart(CEX_FAUCET="off")
    trader = world.trader()
    with world.nothing_changes():
        closed = trader.post("/local/faucet", {"token": "USDT", "amount": "1"})
        assert closed.refusal == (404, "no_faucet", None)


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
        assert (refused.refusal, refused.headers["Retry-After"]) == ((429, "rate_limited", None), "1")
        assert eager.cancel(admitted[0].body["id"]).refusal == (429, "rate_limited", None)
    assert calm.place("buy", "0.5", "2").status == 200
    world.clock.ms += 10_000
    assert eager.place("buy", "0.5", "2").status == 200
