"""What becomes of an order whose market is listed no more?"""

from chalicelib.ids import MarketId
from tests.api.world import World


def test_it_is_not_found_and_hides_no_others(world: World) -> None:
    alice = world.trader(USDT="1000")
    order = alice.place("buy", "0.5", "10").body["id"]
    world.restart()
    del world.house.markets[MarketId("KTA/USDT")]
    answers = [
        alice.get(f"/orders/{order}"),
        alice.post("/orders/cancel", {"id": order}),
        alice.post("/orders/reduce", {"id": order, "quantity": "5"}),
        alice.post("/orders/replace", {"id": order, "quantity": "5"}),
    ]
    assert {answer.refusal for answer in answers} == {(404, "order_not_found", "id")}
    assert alice.get("/orders").body == {"orders": [], "next": None}
