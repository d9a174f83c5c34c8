"""Is every command that makes no sense refused with its own code and field, and nothing changed?"""

import pytest

from tests.api.bad_numbers import BAD_NUMBERS, MISSING, name
from tests.api.world import PLACE, Json, Trader, World

SELL, BUY = {"side": "sell"}, {"side": "buy"}
MARKET = {"type": "market", "price": MISSING}
FUNDS = {**MARKET, "quantity": MISSING, "funds": "10"}
STOP = {"stop": "loss", "stop_price": "0.4"}
GTT = {"tif": "gtt", "expires_at": "2099-01-31T12:00:00.000Z"}
# Parts that are right by themselves, and do not go together.
BAD_TOGETHER = [
    ({"price": MISSING}, "missing_field", "price"),
    ({"quantity": MISSING}, "missing_field", "quantity"),
    ({"type": "market"}, "conflicting_field", "price"),
    ({**MARKET, "quantity": MISSING}, "missing_field", "quantity"),
    ({"funds": "10"}, "conflicting_field", "funds"),
    ({"funds": "10", "quantity": MISSING}, "conflicting_field", "funds"),
    ({**FUNDS, **SELL}, "conflicting_field", "funds"),
    ({**FUNDS, "quantity": "10"}, "conflicting_field", "funds"),
    *(({**MARKET, "tif": tif}, "conflicting_field", "tif") for tif in ("gtc", "gtt", "fok", "postonly")),
    ({**MARKET, **STOP}, "conflicting_field", "stop"),
    ({**STOP, "tif": "postonly"}, "conflicting_field", "tif"),
    ({"stop": "loss"}, "missing_field", "stop_price"),
    ({"stop": "entry", "stop_price": None}, "missing_field", "stop_price"),
    ({"stop_price": "0.4"}, "missing_field", "stop"),
    ({"tif": "gtt"}, "missing_field", "expires_at"),
    *(({**GTT, "tif": tif}, "conflicting_field", "expires_at") for tif in ("gtc", "ioc", "fok", "postonly")),
    ({"expires_at": GTT["expires_at"]}, "conflicting_field", "expires_at"),
    ({**GTT, "expires_at": "2001-01-31T12:00:00.000Z"}, "expires_in_past", "expires_at"),
    (GTT, "expires_too_late", "expires_at"),
    *(
        ({**GTT, "expires_at": text}, "invalid_time", "expires_at")
        for text in (
            *("", "Z", "tomorrow", "2099-01-31", "2099-01-31T12:00:00", "2099-01-31 12:00:00Z"),
            *("2099-01-31T12:00:00.0Z", "2099-01-31T12:00:00+00:00", "2099-02-30T12:00:00Z", "4073457600"),
            "2099-01-31T25:00:00.000Z",
        )
    ),
    *(
        ({**FUNDS, "funds": value}, code, "funds")
        for value, code in BAD_NUMBERS
        if value not in (None, MISSING)
    ),
    *(
        ({**STOP, "stop_price": value}, code, "stop_price")
        for value, code in BAD_NUMBERS
        if value not in (None, MISSING)
    ),
    ({**STOP, "stop_price": "0.00001"}, "off_tick", "stop_price"),
    ({**FUNDS, "funds": "1.0000001"}, "too_many_decimals", "funds"),
    ({**FUNDS, "funds": "0.999999"}, "below_minimum", "funds"),
]
BAD_AMENDS = [
    ("reduce", {}, (400, "missing_field", "id")),
    ("reduce", {"id": "{id}"}, (400, "missing_field", "quantity")),
    ("reduce", {"id": "{id}", "quantity": "0"}, (400, "not_positive", "quantity")),
    ("reduce", {"id": "{id}", "quantity": "0.001"}, (400, "off_lot", "quantity")),
    ("reduce", {"id": "{id}", "quantity": 5}, (400, "invalid_type", "quantity")),
    ("reduce", {"id": "{id}", "quantity": None}, (400, "invalid_type", "quantity")),
    ("reduce", {"id": "{id}", "quantity": "50", "price": "1"}, (400, "unknown_field", "price")),
    ("reduce", {"id": "{id}", "quantity": "50", "wait": -1}, (400, "invalid_value", "wait")),
    ("reduce", {"id": "{id}", "quantity": "100.01"}, (409, "not_a_reduction", "quantity")),
    ("reduce", {"id": "a" * 26, "quantity": "50"}, (404, "order_not_found", "id")),
    ("reduce", {"id": "\0", "quantity": "50"}, (404, "order_not_found", "id")),
    ("replace", {"price": "0.4"}, (400, "missing_field", "id")),
    ("replace", {"id": "{id}"}, (400, "missing_field", "price")),
    ("replace", {"id": "{id}", "price": None}, (400, "missing_field", "price")),
    ("replace", {"id": "{id}", "price": "0.00001"}, (400, "off_tick", "price")),
    ("replace", {"id": "{id}", "price": "0"}, (400, "not_positive", "price")),
    ("replace", {"id": "{id}", "quantity": "x"}, (400, "invalid_number", "quantity")),
    ("replace", {"id": "{id}", "quantity": "0.001"}, (400, "off_lot", "quantity")),
    ("replace", {"id": "{id}", "price": "0.0001"}, (400, "below_minimum", "quantity")),
    ("replace", {"id": "{id}", "quantity": "90071992547410"}, (400, "number_too_large", "quantity")),
    ("replace", {"id": "{id}", "price": "0.4", "side": "sell"}, (400, "unknown_field", "side")),
    ("replace", {"id": "{id}", "price": "900719925474.0992"}, (422, "insufficient_funds", "price")),
    ("replace", {"id": "a" * 26, "price": "0.4"}, (404, "order_not_found", "id")),
    ("cancel-all", {}, (400, "missing_field", "market")),
    ("cancel-all", {"market": "KTA/DOGE"}, (400, "unknown_market", "market")),
    ("cancel-all", {"market": "KTA/USDT", "side": "both"}, (400, "invalid_value", "side")),
    ("cancel-all", {"market": "KTA/USDT", "id": "{id}"}, (400, "unknown_field", "id")),
    ("cancel-all-after", {"market": "KTA/USDT"}, (400, "missing_field", "seconds")),
    *(
        ("cancel-all-after", {"market": "KTA/USDT", "seconds": seconds}, (400, code, "seconds"))
        for seconds, code in (
            *((-1, "invalid_value"), (1, "invalid_value"), (4, "invalid_value"), (3_601, "invalid_value")),
            *(("60", "invalid_type"), (6.5, "invalid_type"), (True, "invalid_type"), (None, "invalid_type")),
        )
    ),
    ("cancel-all-after", {"market": "\0", "seconds": 5}, (400, "unknown_market", "market")),
    ("batch", {"market": "KTA/USDT"}, (400, "missing_field", "commands")),
    ("batch", {"market": "KTA/USDT", "commands": []}, (400, "invalid_value", "commands")),
    ("batch", {"market": "KTA/USDT", "commands": [{}] * 21}, (400, "invalid_value", "commands")),
    ("batch", {"market": "KTA/USDT", "commands": {}}, (400, "invalid_type", "commands")),
    ("batch", {"market": "KTA/DOGE", "commands": [{}]}, (400, "unknown_market", "market")),
]


@pytest.fixture(scope="module")
def trader(shared_world: World) -> Trader:
    """Rich, and with an order in the book; so there is much that could change."""
    trader = shared_world.trader(USDT="1000000", KTA="1000000")
    assert trader.place("buy", "0.4", "100").body["status"] == "resting"
    return trader


@pytest.fixture(scope="module")
def open_order(trader: Trader) -> str:
    """A hundred KTA for 0.4 each."""
    order_id: str = trader.place("buy", "0.4", "100").body["id"]
    return order_id


@pytest.mark.parametrize(("other", "code", "to_blame"), BAD_TOGETHER, ids=name)
def test_parts_that_do_not_go_together_are_refused_and_change_nothing(
    trader: Trader, other: Json, code: str, to_blame: str
) -> None:
    body = {key: part for key, part in {**PLACE, **other}.items() if part is not MISSING}
    with trader.world.nothing_changes():
        assert trader.post("/orders/place", body).refusal == (400, code, to_blame)


@pytest.mark.parametrize("other", [FUNDS, MARKET, {**MARKET, **SELL}, {**STOP, "tif": "fok"}], ids=name)
def test_the_parts_that_all_bad_ones_were_made_from_go_together(trader: Trader, other: Json) -> None:
    ask = trader.place("sell", "0.6", "10").body
    body = {key: part for key, part in {**PLACE, **other}.items() if part is not MISSING}
    assert trader.post("/orders/place", body).status == 200
    trader.cancel(ask["id"])


@pytest.mark.parametrize(("route", "body", "refusal"), BAD_AMENDS, ids=name)
def test_a_bad_change_is_refused_and_changes_nothing(
    trader: Trader, open_order: str, route: str, body: Json, refusal: Json
) -> None:
    given = {key: open_order if part == "{id}" else part for key, part in body.items()}
    with trader.world.nothing_changes():
        assert trader.post(f"/orders/{route}", given).refusal == refusal


BAD_COMMANDS = [
    (5, (400, "invalid_value", None)),
    (None, (400, "invalid_value", None)),
    ({}, (400, "invalid_value", None)),
    ({"place": PLACE, "cancel": {"id": "a" * 26}}, (400, "invalid_value", None)),
    ({"halt": {}}, (400, "unknown_field", "halt")),
    ({"cancel": []}, (400, "invalid_type", None)),
    ({"cancel": {}}, (400, "missing_field", "id")),
    ({"cancel": {"id": "a" * 26}}, (404, "order_not_found", "id")),
    ({"cancel": {"client_order_id": "never"}}, (404, "order_not_found", "client_order_id")),
    ({"place": {"side": "buy"}}, (400, "missing_field", "price")),
    ({"place": {**PLACE}}, (400, "unknown_field", "market")),
    ({"place": {"side": "buy", "price": "0.5", "quantity": "0.001"}}, (400, "off_lot", "quantity")),
    ({"place": {"side": "buy", "price": "0.5", "quantity": "10", "wait": 0}}, (400, "unknown_field", "wait")),
    ({"reduce": {"id": "a" * 26}}, (400, "missing_field", "quantity")),
    ({"reduce": {"id": "a" * 26, "quantity": "5"}}, (404, "order_not_found", "id")),
    ({"replace": {"id": "a" * 26, "price": "0.5"}}, (404, "order_not_found", "id")),
]


@pytest.mark.parametrize(("command", "refusal"), BAD_COMMANDS, ids=name)
def test_a_bad_command_of_a_batch_has_its_own_problem_and_changes_nothing(
    trader: Trader, command: Json, refusal: Json
) -> None:
    body = {"market": "KTA/USDT", "commands": [command]}
    with trader.world.nothing_changes():
        (result,) = trader.post("/orders/batch", body).body["results"]
    problem = result["problem"]
    assert (problem["status"], problem["code"], problem.get("field")) == refusal


def test_an_order_of_another_market_is_not_found_by_a_batch(trader: Trader) -> None:
    order = trader.post("/orders/place", {**PLACE, "market": "USDX/USDT", "price": "1"}).body
    commands = [{"cancel": {"id": order["id"]}}, {"reduce": {"id": order["id"], "quantity": "5"}}]
    with trader.world.nothing_changes():
        found = trader.post("/orders/batch", {"market": "KTA/USDT", "commands": commands}).body["results"]
    assert [each["problem"]["code"] for each in found] == ["order_not_found"] * 2


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "missing_field", "id")),
        ({"id": 5}, (400, "invalid_type", "id")),
        ({"id": None}, (400, "missing_field", "id")),
        ({"id": "a" * 26, "client_order_id": "x"}, (400, "conflicting_field", "client_order_id")),
        ({"client_order_id": "never"}, (404, "order_not_found", "client_order_id")),
        ({"client_order_id": "a b"}, (400, "invalid_value", "client_order_id")),
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
