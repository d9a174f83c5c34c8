"""What is still told of a market that is delisted?"""

from chalicelib.ids import MarketId
from tests.api.world import Trader, World


def delist(world: World) -> None:
    """As a process sees it that was deployed after the listing said so."""
    world.restart()
    del world.house.markets[MarketId("KTA/USDT")]


def traded(world: World) -> tuple[Trader, str]:
    """Somebody who has bought, prevented a trade with himself, and has an order."""
    alice, bob = world.trader(USDT="1000", KTA="100"), world.trader(KTA="100")
    bob.place("sell", "0.5", "10")
    alice.place("buy", "0.5", "10")
    alice.place("sell", "0.6", "5")
    alice.place("buy", "0.6", "5", self_trade="cn")
    order: str = alice.place("buy", "0.4", "10").body["id"]
    return alice, order


def test_its_orders_are_told_and_can_not_be_changed(world: World) -> None:
    alice, order = traded(world)
    before = alice.get(f"/orders/{order}"), alice.get("/orders")
    delist(world)
    assert (alice.get(f"/orders/{order}").body, alice.get("/orders").body) == tuple(
        each.body for each in before
    )
    answers = [
        alice.post("/orders/cancel", {"id": order}),
        alice.post("/orders/reduce", {"id": order, "quantity": "5"}),
        alice.post("/orders/replace", {"id": order, "quantity": "5"}),
    ]
    assert {answer.refusal for answer in answers} == {(404, "order_not_found", "id")}


def test_what_it_did_to_accounts_is_told_as_before(world: World) -> None:
    alice, _ = traded(world)
    before = [alice.get(path).body for path in ("/fills", "/ledger", "/prevented-matches")]
    assert [
        len(body[name]) for body, name in zip(before, ("fills", "entries", "prevented_matches"), strict=True)
    ] == [1, 3, 1]
    delist(world)
    assert [alice.get(path).body for path in ("/fills", "/ledger", "/prevented-matches")] == before


def test_it_is_offered_no_more(world: World) -> None:
    alice, _ = traded(world)
    delist(world)
    assert "KTA/USDT" not in {each["market"] for each in alice.get("/markets").body["markets"]}
    assert alice.place("buy", "0.5", "10").refusal == (400, "unknown_market", "market")
    assert alice.get("/orders/open").body == {"orders": []}
