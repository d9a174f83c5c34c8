"""Does a user see what two people changed of his, and why?"""

from chalicelib.ids import UserId
from chalicelib.money import Amount
from chalicelib.wiring import exchange

from .world import World


def test_an_adjustment_stands_in_the_ledger_with_its_reason(world: World) -> None:
    alice = world.trader(USDT="10")
    world.clock.ms += 1
    desk = exchange().adjustments
    draft = desk.draft(UserId(alice.address), Amount("USDT", -2_500_000), "capital", "credited twice", "kim")
    desk.approve(desk.request(draft).id, "lou")
    newest, _ = alice.get("/ledger").body["entries"]
    assert newest["kind"] == "adjustment"
    assert (newest["source"], newest["reason"]) == ("capital", "credited twice")
    assert newest["changes"] == [{"token": "USDT", "amount": "-2.5"}]
    assert alice.balances()["USDT"] == ("7.5", "0")
