"""Do traders get through a day over HTTP alone, and does everybody read the same?"""

import pytest

from chalicelib.keeta.account import KeyType
from tests.api.world import Answer, World

# KTA/USDT takes a thousandth of what a maker gets, two of what a taker gets.


def shown(answer: Answer, *fields: str) -> tuple[object, ...]:
    assert answer.status == 200, answer
    return tuple(answer.body[field] for field in fields)


def test_an_order_rests_is_filled_in_part_and_canceled(world: World) -> None:
    alice = world.trader(KeyType.ED25519, USDT="1000")
    bob = world.trader(KeyType.SECP256K1, KTA="50")

    bid = alice.place("buy", "0.5", "100")
    assert shown(bid, "status", "filled_quantity", "remaining_quantity") == ("resting", "0", "100")
    assert alice.balances() == {"USDT": ("950", "50")}

    ask = bob.place("sell", "0.4", "30")
    assert shown(ask, "status", "filled_notional", "fee", "fee_token") == ("filled", "15", "0.03", "USDT")

    order = alice.get(f"/orders/{bid.body['id']}")
    assert shown(order, "status", "remaining_quantity", "fee") == ("partially_filled", "70", "0.03")
    canceled = alice.cancel(bid.body["id"])
    assert shown(canceled, "status", "reason", "remaining_quantity") == ("canceled", "requested", "70")
    assert alice.balances() == {"KTA": ("29.97", "0"), "USDT": ("985", "0")}
    assert bob.balances() == {"KTA": ("20", "0"), "USDT": ("14.97", "0")}


def test_everybody_reads_the_same_trade(world: World) -> None:
    alice = world.trader(KeyType.ED25519, USDT="100")
    bob = world.trader(KeyType.SECP256R1, KTA="50")
    alice.place("buy", "0.5", "100")
    bob.place("sell", "0.5", "30")

    book = world.get("/markets/KTA-USDT/book")
    assert shown(book, "bids", "asks") == ([{"price": "0.5", "quantity": "70", "orders": 1}], [])
    (trade,) = world.get("/markets/kta-usdt/trades").body["trades"]
    assert (trade["price"], trade["quantity"], trade["taker_side"]) == ("0.5", "30", "sell")
    (bought,) = alice.get("/fills").body["fills"]
    (sold,) = bob.get("/fills").body["fills"]
    assert bought["trade_id"] == sold["trade_id"] == trade["trade_id"]
    assert (bought["role"], sold["role"]) == ("maker", "taker")
    kta = next(market for market in world.get("/markets").body["markets"] if market["market"] == "KTA/USDT")
    assert (kta["last_price"], kta["mode"]) == ("0.5", "open")
    assert world.get("/health").body["status"] == "ok"


def test_the_ledger_adds_up_to_the_balances(world: World) -> None:
    alice, bob = world.trader(USDT="100"), world.trader(KTA="50")
    alice.place("buy", "0.5", "10")
    bob.place("sell", "0.5", "30")
    entries = alice.get("/ledger").body["entries"]
    assert [entry["kind"] for entry in entries] == ["fill", "credit"]
    assert [entry["source"] for entry in entries] == [None, "capital"]
    assert [entry["changes"] for entry in entries] == [
        [{"token": "KTA", "amount": "9.99"}, {"token": "USDT", "amount": "-5"}],
        [{"token": "USDT", "amount": "100"}],
    ]
    assert alice.balances() == {"KTA": ("9.99", "0"), "USDT": ("95", "0")}


@pytest.mark.parametrize(
    ("tif", "price", "status", "reason", "filled"),
    [
        ("ioc", "0.6", "canceled", "ioc_remainder", "30"),
        ("ioc", "0.4", "canceled", "ioc_remainder", "0"),
        ("postonly", "0.6", "rejected", "post_only_would_cross", "0"),
        ("postonly", "0.4", "resting", None, "0"),
    ],
)
def test_time_in_force_decides_what_becomes_of_the_rest(
    world: World, tif: str, price: str, status: str, reason: str | None, filled: str
) -> None:
    alice, bob = world.trader(USDT="100"), world.trader(KTA="50")
    bob.place("sell", "0.5", "30")
    answer = alice.place("buy", price, "40", tif=tif)
    assert shown(answer, "status", "reason", "filled_quantity") == (status, reason, filled)


def test_an_order_that_nobody_matched_in_time_is_pending(world: World) -> None:
    alice = world.trader(USDT="100")
    answer = alice.place("buy", "0.5", "10", wait=0)
    assert shown(answer, "status", "remaining_quantity") == ("pending", "10")
    world.pump()
    assert shown(alice.get(f"/orders/{answer.body['id']}"), "status") == ("resting",)


@pytest.mark.parametrize(
    ("path", "rows", "key"),
    [
        ("/orders", "orders", "id"),
        ("/fills", "fills", "order_id"),
        ("/ledger", "entries", "id"),
        ("/markets/KTA-USDT/trades", "trades", "trade_id"),
    ],
)
def test_pages_together_are_the_whole_list_once(world: World, path: str, rows: str, key: str) -> None:
    alice, bob = world.trader(USDT="100"), world.trader(KTA="50")
    alice.place("buy", "0.5", "60")
    for _ in range(5):
        world.clock.ms += 1
        bob.place("sell", "0.5", "3")
    whole = bob.get(path).body[rows]
    found, cursor = [], None
    for _ in range(len(whole) + 2):
        page = bob.get(path + "?limit=2" + (f"&before={cursor.replace('#', '%23')}" if cursor else "")).body
        assert len(page[rows]) <= 2
        found += page[rows]
        cursor = page["next"]
        if cursor is None:
            break
    assert cursor is None
    assert found == whole
    assert len({row[key] for row in found}) == len(found) >= 5
