"""Does anything of one request reach the next one, when the same container serves both?"""

import random
from collections.abc import Callable
from functools import partial

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.api.world import Answer, Trader, World

Ask = Callable[[], Answer]


class Broken:
    """A store's client that is not there."""

    def __getattr__(self, method: str) -> object:
        def fail(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

        return fail


@pytest.fixture
def alice(world: World) -> Trader:
    alice = world.trader(USDT="100")
    alice.place("buy", "0.5", "10", client_order_id="x")
    return alice


@pytest.fixture
def bob(world: World) -> Trader:
    bob = world.trader(KTA="50")
    bob.place("sell", "0.6", "20", client_order_id="x")
    return bob


def questions(world: World, alice: Trader, bob: Trader) -> list[Ask]:
    """None of them changes anything; some fail, in each of the places where a request can."""
    orders = {trader.jwt: trader.get("/orders").body["orders"][0]["id"] for trader in (alice, bob)}
    asks: list[Ask] = []
    for trader in (alice, bob):
        own, request = orders[trader.jwt], partial(world.request, jwt=trader.jwt)
        asks += [partial(trader.get, path) for path in ("/balances", "/orders?limit=1", "/fills", "/ledger")]
        asks += [partial(trader.get, f"/orders/{order}") for order in orders.values()]
        asks += [partial(trader.place, "buy", "0.5", "1000"), partial(trader.place, "sell", "0.5", "1000")]
        asks += [partial(trader.place, "sell", "0.6", "20", client_order_id="x")]
        asks += [
            partial(request, "POST", "/orders/cancel", raw=raw) for raw in (b"{", b"", b"[]", b'{"id": ""}')
        ]
        asks += [partial(request, "GET", f"/orders/{own}", headers={"Content-Type": "text/plain"})]
        asks += [partial(request, "DELETE", f"/orders/{own}")]
    asks += [partial(world.get, "/balances"), partial(world.get, "/balances", "x.y.z")]
    asks += [
        partial(world.get, "/nowhere"),
        partial(world.get, "/markets"),
        partial(world.get, "/markets/x/book"),
    ]
    asks += [partial(world.get, f"/markets/KTA-USDT/book{query}") for query in ("?levels=1", "", "?levels=0")]
    return asks


def told(answer: Answer) -> tuple[object, ...]:
    """What an answer says, without what is new every time."""
    headers = {key: value for key, value in answer.headers.items() if key != "x-amzn-RequestId"}
    return answer.status, headers, answer.body


def test_whatever_came_before_each_answer_is_that_of_a_cold_container(
    world: World, alice: Trader, bob: Trader
) -> None:
    asks = questions(world, alice, bob)
    cold = []
    for ask in asks:
        world.restart()
        cold.append(told(ask()))
    # Not so when all of them fail, or the two users see the same.
    assert {200, 400, 401, 403, 404, 405, 409, 422} <= {status for status, *_ in cold}
    assert cold[0] != cold[(len(asks) - 8) // 2]
    numbers = [*range(len(asks))] * 4
    random.Random(7).shuffle(numbers)
    world.restart()
    for number in numbers:
        assert told(asks[number]()) == cold[number], asks[number]


def test_two_users_in_turns_with_a_failure_between_them_stay_two(
    world: World, alice: Trader, bob: Trader
) -> None:
    expected = [trader.balances() for trader in (alice, bob)]
    assert expected == [{"USDT": ("95", "5")}, {"KTA": ("30", "20")}]
    for _ in range(5):
        assert alice.balances() == expected[0]
        assert world.request("POST", "/orders/place", raw=b"{", jwt=alice.jwt).status == 400
        assert bob.balances() == expected[1]
        assert world.get("/balances").status == 401
        assert bob.post("/orders/place", {"market": 5}).status == 400


@pytest.mark.parametrize("path", ["/balances", "/orders", "/markets/KTA-USDT/book", "/health"])
def test_a_container_that_lost_its_store_tells_so_and_goes_on_when_it_is_back(
    world: World, alice: Trader, path: str
) -> None:
    good = told(alice.get(path))
    client = world.store._client
    world.store._client = Broken()
    try:
        lost = alice.get(path)
    finally:
        world.store._client = client
    assert (lost.refusal, lost.headers["Retry-After"]) == ((503, "unavailable", None), "1")
    assert "127.0.0.1" not in str(lost.body)
    assert told(alice.get(path)) == good


def test_a_bug_is_told_as_our_fault_without_its_story_and_ends_with_its_request(
    world: World, alice: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "get", lambda key: 1 / 0)
        broken = alice.get("/balances")
    assert broken.refusal == (500, "internal_error", None)
    assert "Zero" not in str(broken.body)
    assert alice.balances() == {"USDT": ("95", "5")}
