"""Does the scripts' client ask again when it may, and only then?"""

import json
from decimal import Decimal

import httpx
import pytest

from infra.traders import client
from infra.traders.api import Api, Refused
from infra.traders.client import NotMatched, Trader
from infra.traders.wallet import new_wallet

RESTING = {
    "id": "a" * 26,
    "status": "resting",
    "quantity": "10",
    "filled_quantity": "0",
    "filled_notional": "0",
    "reason": None,
}


def serving(answer):
    """An Api that gets what `answer` makes of each request."""
    return Api("http://exchange", httpx.MockTransport(answer))


def flaky(*answers):
    """Gives these in turn; an exception is raised. Also the requests made so far."""
    left, requests = list(answers), []

    def answer(request):
        requests.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given, json={"code": "unavailable", "detail": ""} if given >= 400 else RESTING)

    return answer, requests


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(client, "PAUSE_SECONDS", 0.0)


def test_a_repeatable_request_is_made_until_it_is_answered(hasty):
    answer, requests = flaky(503, httpx.ReadError("gone"), 429, 200)
    assert serving(answer).get("/orders/a") == RESTING
    assert len(requests) == 4


def test_what_must_not_happen_twice_is_not_asked_for_twice(hasty):
    answer, requests = flaky(httpx.ReadError("gone"), 200)
    with pytest.raises(httpx.ReadError):
        serving(answer).post("/orders/cancel", id="x")
    answer, _ = flaky(503, 200)
    with pytest.raises(Refused, match="503"):
        serving(answer).post("/orders/cancel", id="x")
    assert len(requests) == 1


def test_a_client_id_makes_placing_repeatable(hasty):
    answer, requests = flaky(503, 200)
    ada = Trader(serving(answer), "Ada", new_wallet())
    ada.place("KTA/USDT", "buy", Decimal(1), Decimal(1), client_order_id="mine")
    assert requests[0].content == requests[1].content


def test_a_pending_order_is_asked_for_until_it_was_matched(hasty):
    states = iter(["pending", "pending", "resting"])
    api = serving(lambda request: httpx.Response(200, json=RESTING | {"status": next(states)}))
    order = Trader(api, "Ada", new_wallet()).place("KTA/USDT", "buy", Decimal(1), Decimal(1))
    assert order["status"] == "resting"


def test_an_order_that_stays_pending_is_given_up(hasty, monkeypatch):
    monkeypatch.setattr(client, "PENDING_SECONDS", 0.0)
    api = serving(lambda request: httpx.Response(200, json=RESTING | {"status": "pending"}))
    with pytest.raises(NotMatched):
        Trader(api, "Ada", new_wallet()).place("KTA/USDT", "buy", Decimal(1), Decimal(1))


def test_an_answer_that_is_not_json_is_a_refusal():
    with pytest.raises(Refused, match="no_json"):
        serving(lambda request: httpx.Response(502, text="<html>")).get("/health")


def test_numbers_are_sent_without_exponent():
    sent = []
    api = serving(
        lambda request: sent.append(json.loads(request.content)) or httpx.Response(200, json=RESTING)
    )
    Trader(api, "Ada", new_wallet()).place("BTC/USD", "buy", Decimal("1E+3"), Decimal("1E-8"))
    assert (sent[0]["price"], sent[0]["quantity"]) == ("1000", "0.00000001")


@pytest.mark.parametrize(
    ("ask", "path", "repeatable"),
    [
        (lambda ada: ada.reduce("a", Decimal(1)), "/orders/reduce", True),
        (lambda ada: ada.replace("a", price=Decimal(1)), "/orders/replace", True),
        (lambda ada: ada.cancel_all_after("KTA/USDT", 60), "/orders/cancel-all-after", True),
        (lambda ada: ada.place_at_market("KTA/USDT", "buy", funds=Decimal(1)), "/orders/place", False),
    ],
)
def test_what_names_the_wanted_state_is_asked_for_again_and_what_adds_to_it_is_not(
    hasty, ask, path, repeatable
):
    answer, requests = flaky(503, 200)
    ada = Trader(serving(answer), "Ada", new_wallet())
    if repeatable:
        ask(ada)
    else:
        with pytest.raises(Refused, match="503"):
            ask(ada)
    assert [request.url.path for request in requests] == [path] * (2 if repeatable else 1)
