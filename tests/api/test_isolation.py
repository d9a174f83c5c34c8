"""Can one user see, change or even notice what belongs to another?"""

import pytest

from tests.api.world import Answer, Json, Trader, World

UNKNOWN = "a" * 26


@pytest.fixture(scope="module")
def world(shared_world: World) -> World:
    return shared_world


@pytest.fixture(scope="module")
def bob(world: World) -> Trader:
    return world.trader(USDT="100", KTA="100")


@pytest.fixture(scope="module")
def hers(world: World, bob: Trader) -> list[Json]:
    """Alice's orders, one of every fate: open, filled, canceled, refused by the book."""
    alice = world.trader(USDT="100", KTA="100")
    world.clock.ms += 1
    canceled = alice.place("buy", "0.5", "10", client_order_id="hers")
    alice.cancel(canceled.body["id"])
    filled = alice.place("buy", "0.5", "10")
    bob.place("sell", "0.5", "10")
    open_one = alice.place("buy", "0.5", "10")
    refused = alice.place("sell", "0.5", "10", tif="postonly")
    orders = [alice.get(f"/orders/{each.body['id']}").body for each in (canceled, filled, open_one, refused)]
    assert [each["status"] for each in orders] == ["canceled", "filled", "resting", "rejected"]
    return orders


def test_anothers_order_answers_as_one_that_does_not_exist(
    world: World, bob: Trader, hers: list[Json]
) -> None:
    unknown = bob.get(f"/orders/{UNKNOWN}"), bob.cancel(UNKNOWN)
    assert [each.refusal for each in unknown] == [(404, "order_not_found", "id")] * 2
    with world.nothing_changes():
        for order in hers:
            assert same((bob.get(f"/orders/{order['id']}"), bob.cancel(order["id"])), unknown)


def same(answers: tuple[Answer, ...], others: tuple[Answer, ...]) -> bool:
    """All of it: status, headers and body."""
    return [tuple(answer) for answer in answers] == [tuple(other) for other in others]


def test_ones_lists_hold_ones_own_and_nothing_else(bob: Trader, hers: list[Json]) -> None:
    own = {order["id"] for order in bob.get("/orders").body["orders"]}
    assert len(own) == 1
    assert own.isdisjoint(order["id"] for order in hers)
    assert {fill["order_id"] for fill in bob.get("/fills").body["fills"]} == own
    assert {entry["order_id"] for entry in bob.get("/ledger").body["entries"]} == own | {None}
    assert bob.balances() == {"KTA": ("90", "0"), "USDT": ("104.99", "0")}


def test_anothers_cursor_opens_no_other_list(bob: Trader, world: World, hers: list[Json]) -> None:
    alice = world.trader(USDT="10")
    for _ in range(2):
        alice.place("buy", "0.3", "10")
    for path, rows in (("/orders", "orders"), ("/ledger", "entries")):
        cursor = alice.get(f"{path}?limit=1").body["next"].replace("#", "%23")
        assert cursor
        found = bob.get(f"{path}?before={cursor}").body[rows]
        whole = bob.get(path).body[rows]
        assert [row for row in found if row not in whole] == []


def test_a_client_order_id_is_ones_own(world: World, hers: list[Json]) -> None:
    mine = world.trader(USDT="2").place("buy", "0.3", "5", client_order_id="hers")
    assert (mine.status, mine.body["status"]) == (200, "resting")
    assert mine.body["id"] not in {order["id"] for order in hers}


@pytest.mark.parametrize(
    "path", ["/markets", "/markets/KTA-USDT/book", "/markets/KTA-USDT/trades", "/health"]
)
def test_what_everybody_sees_names_nobody(world: World, bob: Trader, hers: list[Json], path: str) -> None:
    shown = str(world.get(path).body)
    assert "keeta_" not in shown
    assert not [order["id"] for order in hers if order["id"] in shown]


def test_what_bob_sees_never_names_alice(bob: Trader, hers: list[Json]) -> None:
    shown = str([bob.get(path).body for path in ("/orders", "/fills", "/ledger", "/balances")])
    assert "keeta_" not in shown
    assert not [order["id"] for order in hers if order["id"] in shown]


def test_a_challenge_for_a_known_key_tells_no_more_than_one_for_an_unknown(world: World, bob: Trader) -> None:
    known = world.post("/auth/challenge", {"pubkey": bob.address})
    unknown = world.post("/auth/challenge", {"pubkey": world.stranger().address})
    assert known.status == unknown.status == 200
    assert known.headers == unknown.headers
    assert {key: type(part) for key, part in known.body.items()} == {
        key: type(part) for key, part in unknown.body.items()
    }
