"""Whatever the functions may do, somebody does it here: a session that leads through every handler.

Each scene is a reason for some call to AWS. test_access.py says which route or schedule no scene
asks for; give it one.
"""

from typing import Any
from unittest import mock

from chalicelib.errors import StoreUnavailable, WriteContention
from chalicelib.flows import schema
from chalicelib.flows.commit import COMMIT_TRIES_MAX
from chalicelib.flows.intake.rate_limit import FREE_PER_WINDOW
from chalicelib.flows.plan import Plan
from chalicelib.flows.upkeep import fold
from chalicelib.flows.upkeep.stranded import Stranded, stranded
from chalicelib.ids import MarketId, OrderId, UserId
from chalicelib.keeta.sign_data import sign_data_message
from infra.local.lambda_events import sqs_event
from infra.resources import MATCHER_SECONDS
from tests.cloud import coins
from tests.cloud.world import RecordedWorld, arn

MATCHER = "matcher_kta_usdt"
KTA_USDT = MarketId("KTA/USDT")


# --- the scenes ---------------------------------------------------------------------------------


def sign_in_and_out(world: RecordedWorld) -> None:
    trader = world.trader(USDT="10")
    trader.challenge()
    assert trader.answer(trader.challenge()).status == 200, "asked for twice, there is one"
    asked = world.post("/auth/challenge", {}).body
    message = sign_data_message(asked["nonce"], asked["timestamp"], trader.key.account, tuple(asked["items"]))
    proof = {"pubkey": trader.address, "signature": trader.sign(message), "nonce": asked["nonce"]}
    assert world.post("/auth/verify", proof).status == 200
    assert trader.post("/auth/logout", {}).status == 200
    assert trader.get("/balances").status == 401


def trade(world: RecordedWorld) -> None:
    alice, bob = world.trader(USDT="1000"), world.trader(KTA="100")
    offer = bob.place("sell", "0.5", "50").body
    assert alice.place("buy", "0.5", "20", tif="ioc").body["status"] == "filled"
    assert bob.cancel(offer["id"]).body["status"] == "canceled"
    for path in ("/orders", "/fills", "/ledger", "/balances", f"/orders/{offer['id']}"):
        assert bob.get(path).status == 200
    for path in ("/health", "/markets", "/markets/KTA-USDT/book", "/markets/KTA-USDT/trades"):
        assert world.get(path).status == 200


def some_are_refused(world: RecordedWorld) -> None:
    """By intake, which holds nothing; and by the book, which gives back what was held."""
    alice, bob = world.trader(USDT="10"), world.trader(KTA="100")
    bob.place("sell", "0.5", "10")
    assert alice.place("buy", "0.5", "100").refusal[1] == "insufficient_funds"
    assert alice.place("buy", "0.5", "10", tif="postonly").body["status"] == "rejected"


def change_orders(world: RecordedWorld) -> None:
    """Reduced, replaced, in a batch, all at once, and when somebody stays away."""
    alice = world.trader(USDT="1000")
    order = alice.place("buy", "0.3", "50", client_order_id="mine").body["id"]
    market = {"market": "KTA/USDT"}
    for path, body in (
        ("/orders/reduce", {"id": order, "quantity": "40"}),
        ("/orders/replace", {"id": order, "price": "0.31", "quantity": "60"}),
        ("/orders/batch", {**market, "commands": [{"cancel": {"id": order}}]}),
        ("/orders/cancel-all", market),
        ("/orders/cancel-all-after", {**market, "seconds": 10}),
    ):
        assert alice.post(path, body).status == 200, path
    switch = "/orders/cancel-all-after?market=KTA/USDT"
    for path in ("/fees", "/orders/open", "/orders/client/mine", "/prevented-matches", switch):
        assert alice.get(path).status == 200, path


def something_is_due(world: RecordedWorld) -> None:
    """The clock wakes a market whose owner of orders stayed away."""
    alice = world.trader(USDT="1000")
    order = alice.place("buy", "0.3", "10").body["id"]
    assert alice.post("/orders/cancel-all-after", {"market": "KTA/USDT", "seconds": 10}).status == 200
    world.clock.ms += 11_000
    world.schedule("clock")
    assert alice.get(f"/orders/{order}").body["status"] == "canceled"


def volumes_are_counted(world: RecordedWorld) -> None:
    alice, bob = world.trader(USDT="1000"), world.trader(KTA="100")
    alice.place("buy", "0.5", "20")
    bob.place("sell", "0.5", "20")
    world.schedule("volumes")
    world.restart()
    assert bob.get("/fees").status == 200


def a_replace_is_lost(world: RecordedWorld) -> None:
    """The sweeper gives back what was held for it."""
    alice = world.trader(USDT="1000")
    order = alice.place("buy", "0.3", "10").body["id"]
    assert alice.post("/orders/replace", {"id": order, "price": "0.35", "wait": 0}).status == 200
    world.lose_messages()
    world.clock.ms += 5 * 60_000
    world.schedule("sweeper")
    assert alice.balances()["USDT"] == ("997", "3")


def ask_again(world: RecordedWorld) -> None:
    """The same order twice: what is there already is looked up."""
    alice = world.trader(USDT="1000")
    for _ in range(2):
        assert alice.place("buy", "0.3", "10", client_order_id="once").status == 200


def one_user_sends_many_orders(world: RecordedWorld) -> None:
    """Beyond the first ones of a window they are counted where every process sees it."""
    alice = world.trader(USDT="1000")
    for _ in range(FREE_PER_WINDOW + 1):
        assert alice.place("buy", "0.3", "10", wait=0).status == 200
    world.pump()


def the_store_is_down(world: RecordedWorld) -> None:
    """The matcher leaves its batch on the queue, to come back soon."""
    alice = world.trader(USDT="1000")
    order = alice.place("buy", "0.3", "10", wait=0).body
    url = world.queues[MATCHER]
    messages = world.receive(url)
    with mock.patch.object(type(world.store), "commit", side_effect=StoreUnavailable("down")):
        answer = world.run(MATCHER, sqs_event(messages, arn(url)), MATCHER_SECONDS)
    assert len(answer["batchItemFailures"]) == len(messages) == 1
    for message in messages:  # its time of waiting is over
        handle = message["ReceiptHandle"]
        world.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    world.queue.used = True
    world.pump()
    assert alice.get(f"/orders/{order['id']}").body["status"] == "resting"


def a_wallet_is_contended(world: RecordedWorld) -> None:
    """The matcher closes its owner's gate for a moment."""
    alice, bob = world.trader(USDT="1000"), world.trader(KTA="100")
    alice.place("buy", "0.4", "50")
    commit, left = type(world.store).commit, [COMMIT_TRIES_MAX]

    def contended(store: Any, plan: Plan) -> None:
        at = [i for i, write in enumerate(plan) if write.key == schema.wallet(alice.address)]
        if len(plan) > 3 and at and left[0]:
            left[0] -= 1
            raise WriteContention("contended", tuple(at))
        commit(store, plan)

    with mock.patch.object(type(world.store), "commit", contended):
        bob.place("sell", "0.4", "10")
        world.clock.ms += 10_000
        world.pump()
    assert world.house.store.get(schema.gate(alice.address)) is not None


def a_message_is_lost(world: RecordedWorld) -> None:
    """The sweeper finds the order that no book ever saw."""
    alice = world.trader(USDT="1000")
    order = alice.place("buy", "0.3", "10", wait=0).body
    world.lose_messages()
    world.clock.ms += 5 * 60_000
    world.schedule("sweeper")
    assert alice.get(f"/orders/{order['id']}").body["status"] == "expired"


def an_order_had_no_end(world: RecordedWorld) -> None:
    """The sweeper forgets what it had noted, once somebody has ended it."""
    alice = world.trader(USDT="1000")
    order = OrderId(alice.place("buy", "0.3", "10").body["id"])
    world.store.commit((Stranded(UserId(alice.address), order, "", 0).put(KTA_USDT),))
    assert alice.post("/orders/cancel", {"id": order}).status == 200
    world.schedule("sweeper")
    assert stranded(world.store, world.house.orders, KTA_USDT) == []


def books_are_written_down(world: RecordedWorld) -> None:
    """Three generations, so that the first is deleted; then everybody reads from a snapshot."""
    alice = world.trader(USDT="1000")
    with mock.patch.object(fold, "TAIL_MIN", 1):
        for _ in range(3):
            alice.place("buy", "0.3", "10")
            world.clock.ms += 1000
            world.schedule("snapshots")
    world.restart()
    alice.place("buy", "0.3", "10")
    world.schedule("sweeper")


SCENES = (
    *coins.SCENES,
    sign_in_and_out,
    trade,
    some_are_refused,
    change_orders,
    something_is_due,
    volumes_are_counted,
    a_replace_is_lost,
    ask_again,
    one_user_sends_many_orders,
    the_store_is_down,
    a_wallet_is_contended,
    a_message_is_lost,
    an_order_had_no_end,
    books_are_written_down,
)
