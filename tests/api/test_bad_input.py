"""Is every request that can not be done refused with its own code and field, and nothing changed?"""

import pytest

from tests.api.bad_numbers import BAD_NUMBERS, MISSING, name
from tests.api.contract import Route, routes
from tests.api.world import PLACE, Json, Trader, World

DEEP = b"[" * 20_000

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
    ("tif", "day", "invalid_value", "tif"),
    ("tif", "GTC", "invalid_value", "tif"),
    ("tif", 1, "invalid_value", "tif"),
    ("type", "iceberg", "invalid_value", "type"),
    ("type", None, "invalid_value", "type"),
    ("self_trade", "CN", "invalid_value", "self_trade"),
    ("self_trade", None, "invalid_value", "self_trade"),
    ("stop", "gain", "invalid_value", "stop"),
    ("stop", True, "invalid_value", "stop"),
    ("expires_at", 5, "invalid_type", "expires_at"),
    ("expires_at", "2" * 31, "invalid_value", "expires_at"),
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
        ("/orders?market=KTA-USDT", (400, "unknown_market", "market")),
        ("/orders?client_order_id=a%20b", (400, "invalid_value", "client_order_id")),
        ("/orders/open?market=KTA/DOGE", (400, "unknown_market", "market")),
        ("/orders/cancel-all-after?market=KTA/DOGE", (400, "unknown_market", "market")),
        ("/orders/cancel-all-after", (400, "missing_field", "market")),
        ("/orders/open?limit=5", (400, "unknown_field", "limit")),
        ("/orders/client/never", (404, "order_not_found", "client_order_id")),
        ("/orders/client/a%20b", (404, "order_not_found", "client_order_id")),
        ("/orders/client/" + "a" * 65, (404, "order_not_found", "client_order_id")),
        ("/prevented-matches?before=W", (400, "invalid_cursor", "before")),
        ("/fees?market=KTA/USDT", (400, "unknown_field", "market")),
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
