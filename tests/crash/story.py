"""One small trading day, told by real parts over real stand-ins, and what repairs it.

Nothing here knows about crashes. `tell` is the day; `recover` is what the exchange does by
itself in a fresh process afterwards; `check` is what must then be true.
"""

import json
import time
from collections import Counter
from contextlib import suppress
from typing import Any

from chalicelib import handlers
from chalicelib.adapters.system import SystemTimer
from chalicelib.engine.order import Side, TimeInForce
from chalicelib.errors import InsufficientFunds, OrderNotOpen
from chalicelib.flows import schema
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.intake.desk import Maker
from chalicelib.flows.intake.fee_tier import FeeTiers
from chalicelib.flows.intake.place_order import OrderRequest, PlaceWish
from chalicelib.flows.intake.reduce_order import ReduceWish
from chalicelib.flows.plan import Put
from chalicelib.flows.reading.orders import own_order
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.upkeep.audit import audit
from chalicelib.flows.upkeep.sweep import GRACE_MINUTES
from chalicelib.ids import MarketId, OrderId, UserId
from chalicelib.keeta.account import Account, KeyType
from chalicelib.market import Market
from chalicelib.money import Amount, scale
from chalicelib.wiring import Exchange, exchange
from infra.resources import MATCHER_SECONDS

MARKET = MarketId("KTA/USDT")
# One more than a step of a hundred writes has room for.
MAKERS = 25
# Long enough for every grace: of intake, sweeper and audit.
LATER_MS = 20 * 60_000
SCHEDULED_MS = 60_000


class Lambda:
    """The part of a Lambda context that handlers look at."""

    def get_remaining_time_in_millis(self) -> int:
        return 1_000 * MATCHER_SECONDS


class ShiftedTimer(SystemTimer):
    """The machine's clock, moved."""

    def __init__(self, shift_ms: int) -> None:
        self._shift_ms = shift_ms

    def now_ms(self) -> int:
        return super().now_ms() + self._shift_ms


def trader(name: str) -> UserId:
    return UserId(Account(KeyType.ED25519, name.encode().ljust(32, b".")).address)


ALICE, BOB, CAROL = trader("alice"), trader("bob"), trader("carol")


def prepare() -> None:
    """Funded traders, makers for a sweep, and a sweeper that need not look far back."""
    house, market = exchange(), _market()
    for user in (ALICE, BOB, CAROL):
        for asset in (market.base, market.quote):
            amount = Amount(asset.symbol, 1_000 * scale(asset.decimals))
            house.store.commit(credit(user, amount, "opening", house.timer.now_ms()))
    minute = house.timer.now_ms() // 60_000 - GRACE_MINUTES - 1
    house.store.commit((Put(schema.sweep_cursor(MARKET), {"minute": minute}),))
    for number in range(MAKERS):
        place(ALICE, f"maker{number}", "sell", "1.5", "1")
    while deliver():
        pass


def tell() -> None:
    """One of everything that may be broken off in the middle."""
    tell_of_orders()
    tell_of_changes()
    sweep()
    house = exchange()
    house.volumes.run(MARKET, house.timer.now_ms() + SCHEDULED_MS)


def tell_of_orders() -> None:
    """Orders rest, cross, are canceled and refused; a snapshot; a cold matcher; a sweep in two steps."""
    house = exchange()
    place(ALICE, "a1", "sell", "1", "10")
    place(ALICE, "a2", "sell", "1.01", "10")
    deliver()
    place(BOB, "b1", "buy", "1.01", "15")
    place(CAROL, "c1", "buy", "1.02", "30", "ioc")
    deliver()
    unseen = place(BOB, "b2", "buy", "0.9", "5")
    cancel(BOB, unseen)
    place(ALICE, "a3", "sell", "1.05", "2")
    deliver()
    house.folder.run(_market(), always=True)
    exchange.cache_clear()  # the next matcher starts cold, from that snapshot
    place(CAROL, "c2", "buy", "1.05", "1", "postonly")
    cancel(ALICE, place(ALICE, "a3", "sell", "1.05", "2"))
    deliver()
    place(CAROL, "c3", "buy", "1.5", str(MAKERS))
    deliver()


def tell_of_changes() -> None:
    """A replace, a batch whose trade wakes a stop, two orders of one user that meet, a cancel-all."""
    house, market = exchange(), _market()
    changed = place(ALICE, "a5", "sell", "1.6", "3")
    reduced = place(CAROL, "c0", "buy", "1.1", "2")
    place(BOB, "b3", "buy", "1.2", "2", "gtt", expires_ms=house.timer.now_ms() + 60_000)
    place(BOB, "b4", "buy", "1.8", "1", stop="entry", stop_price=market.parse_price("1.7"))
    deliver()
    replace(ALICE, changed, "1.7", "4")
    deliver()
    batch(CAROL, request("c4", "buy", "1.7", "1"), reduced, "1", request("c5", "buy", "1.2", "2"))
    deliver()
    place(ALICE, "a6", "buy", "1.7", "1", self_trade="dc")
    for user in (ALICE, CAROL):
        house.cancel_alls.cancel_all(user, house.views[MARKET], None, wait_ms=0)
    deliver()


def recover() -> None:
    """Deliver what waits; later sweep what nobody saw, and deliver that."""
    _drain()
    exchange.cache_clear()
    house = exchange()
    house.timer = ShiftedTimer(LATER_MS)
    sweep()
    house.clock.look(house.views[MARKET])
    _drain()
    sweep()
    house.volumes.run(MARKET, house.timer.now_ms() + SCHEDULED_MS)


def check() -> dict[str, Any]:
    """What is wrong, if anything, and how the orders ended."""
    house = exchange()
    report = audit(house.store, house.journal, house.every_market, house.timer.now_ms())
    with house.views[MARKET].current() as replica:
        book = replica.book
    states: Counter[str] = Counter()
    differences = [list(map(str, difference)) for difference in report.differences]
    for item in house.store.scan(schema.ACCOUNTS):
        if str(item["sk"]).startswith(schema.ORDER_PREFIX):
            record = OrderRecord.from_item(item)
            if record.is_open and not book.knows(record.id):
                differences.append(["end", record.id, "one final state", record.status])
            if record.replacing:
                differences.append(["end", record.id, "an answer to its replace", "none"])
            states[record.status] += 1
    volume = FeeTiers(house.store, house.timer).volume(ALICE, _market())
    return {
        "differences": differences,
        "states": dict(states),
        "trades": report.counts["trades"],
        "volume": volume,
    }


def sweep() -> None:
    house = exchange()
    house.sweeper.run(house.views[MARKET], house.timer.now_ms() + 60_000)


def request(
    client_id: str, side: Side, price: str, quantity: str, tif: TimeInForce = "gtc", **more: Any
) -> OrderRequest:
    market = _market()
    return OrderRequest(
        market, side, market.parse_price(price), market.parse_quantity(quantity), tif, client_id, **more
    )


def place(user: UserId, *terms: Any, **more: Any) -> OrderId | None:
    house = exchange()
    try:
        return house.intake.place(user, request(*terms, **more), house.views[MARKET], wait_ms=0).record.id
    except InsufficientFunds:
        return None


def replace(user: UserId, order_id: OrderId | None, price: str, quantity: str) -> None:
    house, market = exchange(), _market()
    if order_id is not None:
        order = own_order(house.orders, user, order_id)
        terms = (market.parse_price(price), market.parse_quantity(quantity))
        house.intake.replace(order, *terms, house.views[MARKET], wait_ms=0)


def batch(
    user: UserId, first: OrderRequest, reduced: OrderId | None, quantity: str, last: OrderRequest
) -> None:
    """Two orders and a reduce between them, in one message."""
    house = exchange()
    assert reduced is not None
    order, lots = own_order(house.orders, user, reduced), _market().parse_quantity(quantity)
    makers: list[Maker] = [
        lambda visit: PlaceWish(visit, first),
        lambda visit: ReduceWish(visit, order, lots),
        lambda visit: PlaceWish(visit, last),
    ]
    house.intake.batch(user, house.views[MARKET], makers, wait_ms=0)


def cancel(user: UserId, order_id: OrderId | None) -> None:
    house = exchange()
    if order_id is not None:
        with suppress(OrderNotOpen):
            order = own_order(house.orders, user, order_id)
            house.intake.cancel(order, house.views[MARKET], wait_ms=0)


def deliver() -> int:
    """One batch, the way Lambda's event source mapping hands it over. How many messages it had."""
    url = _url(exchange())
    sqs: Any = exchange().queue._client
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    messages = answer.get("Messages", [])
    if not messages:
        return 0
    records = [
        {
            "messageId": m["MessageId"],
            "receiptHandle": m["ReceiptHandle"],
            "body": m["Body"],
            "attributes": m["Attributes"],
        }
        for m in messages
    ]
    failures = handlers.match(_market(), {"Records": records}, Lambda())["batchItemFailures"]
    failed = {failure["itemIdentifier"] for failure in failures}
    entries = [
        {"Id": str(i), "ReceiptHandle": record["receiptHandle"]}
        for i, record in enumerate(records)
        if record["messageId"] not in failed
    ]
    if entries:
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return len(messages)


def _drain() -> None:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs: Any = exchange().queue._client
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        counts = sqs.get_queue_attributes(QueueUrl=_url(exchange()), AttributeNames=names)["Attributes"]
        if counts[names[0]] == counts[names[1]] == "0":
            return
        if counts[names[0]] != "0":
            deliver()
        else:
            time.sleep(0.1)  # in the hands of the dead, until its visibility ends
    raise TimeoutError(f"the queue never ran empty: {json.dumps(counts)}")


def _market() -> Market:
    return exchange().markets[MARKET]


def _url(house: Exchange) -> str:
    return house.queue._url(house.markets[MARKET])
