"""What is the exchange that the benchmarks measure? Its real parts on a stand-in store, all counted.

Only the queue is not there: what would be sent is kept, and handed to the matcher on demand.
The clock stands still unless it is moved, so that counts are the same on every machine.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.meter import Meter
from bench.ours import limit_order
from chalicelib import handlers, listing
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.system import RandomIds, calm_the_collector
from chalicelib.adapters.telemetry.log import LogObserver
from chalicelib.adapters.telemetry.stdout import Stdout
from chalicelib.engine.order import Side
from chalicelib.flows.book.replica import load
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.intake.place_order import OrderRequest, PlaceWish
from chalicelib.flows.matcher.place import match
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.reading.orders import own_order
from chalicelib.flows.records.commands import Command, encode
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import MarketId, OrderId, UserId
from chalicelib.keeta.account import Account, KeyType
from chalicelib.market import Market
from chalicelib.money import Amount, scale
from chalicelib.wiring import Exchange
from infra.local import parts, ports, provision
from infra.local.child import Child, Leash
from infra.local.clients import dynamodb_client
from infra.local.environment import process_environment
from infra.local.state import ROOT

_ENVIRONMENT = {"CEX_STAGE": "bench", "CEX_PREFIX": "bench", "CEX_DOMAIN": "bench", "CEX_NETWORK": "test"}
START_MS = 1_800_000_000_000
RUN_MS = 60_000
ORDERS_PER_ENTRY = 100
OWNERS = 1_000


def user(number: int) -> UserId:
    """An address as long, and as hard to compress, as a real one."""
    key = Account(KeyType.ED25519, hashlib.sha256(str(number).encode()).digest())
    return UserId(key.address)


class Clock:
    """Stands still unless somebody moves it."""

    def __init__(self) -> None:
        self._now_ms = START_MS

    def now_ms(self) -> int:
        return self._now_ms

    def pause(self, ms: int) -> None:
        self._now_ms += ms

    def jitter(self, ms: int) -> int:
        return ms // 2


class Outbox:
    """Stands where the queue stands, and keeps what it is given, message by message."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._messages: list[str] = []

    def send(self, _: Market, commands: Sequence[Command]) -> None:
        body = encode(list(commands))
        self._meter.sent(body)
        self._messages.append(body)

    def take(self) -> list[dict[str, Any]]:
        """As Lambda hands them to a function."""
        taken, self._messages = self._messages, []
        sent = {"SentTimestamp": str(START_MS)}
        return [{"messageId": str(n), "body": body, "attributes": sent} for n, body in enumerate(taken)]


class Loud(LogObserver):
    """Writes what the exchange writes; what would wake somebody ends the measurement."""

    def alarm(self, event: str, **fields: object) -> None:
        raise RuntimeError(f"{event}: {fields}")


class World(Exchange):
    """One process of the exchange. What users do goes through intake alone; `match` does the rest."""

    def __init__(self, client: Any) -> None:
        super().__init__(_ENVIRONMENT)
        self.counts, self.client = Meter(), client
        self.market = listing.MARKETS[MarketId("KTA/USDT")]
        self.outbox = Outbox(self.counts)
        parts = {
            "timer": Clock(),
            "ids": RandomIds(),
            "observer": Loud(self.meter),
            "store": DynamoStore(client, _ENVIRONMENT["CEX_PREFIX"]),
            "queue": self.outbox,
        }
        vars(self).update(parts)
        self.counts.attach(client)

    def fund(self, users: list[UserId]) -> None:
        for each in users:
            for asset in (self.market.base, self.market.quote):
                amount = Amount(asset.symbol, 10**9 * scale(asset.decimals))
                self.store.commit(credit(each, amount, self.ids.uuid(), self.timer.now_ms()))

    def place(self, owner: UserId, side: Side, price: int, quantity: int = 1_000, **more: Any) -> OrderId:
        request = self._request(side, price, quantity, **more)
        return self.intake.place(owner, request, self.views[self.market.id], wait_ms=0).record.id

    def place_many(self, owner: UserId, side: Side, prices: Sequence[int], quantity: int = 1_000) -> None:
        """As one batch."""
        requests = [self._request(side, price, quantity) for price in prices]
        makers = [lambda visit, request=request: PlaceWish(visit, request) for request in requests]
        self.intake.batch(owner, self.views[self.market.id], makers, wait_ms=0)

    def cancel(self, owner: UserId, order_id: OrderId) -> None:
        self.intake.cancel(self._own(owner, order_id), self.views[self.market.id], wait_ms=0)

    def reduce(self, owner: UserId, order_id: OrderId, quantity: int) -> None:
        self.intake.reduce(self._own(owner, order_id), quantity, self.views[self.market.id], wait_ms=0)

    def replace(self, owner: UserId, order_id: OrderId, price: int, quantity: int) -> None:
        order = self._own(owner, order_id)
        self.intake.replace(order, price, quantity, self.views[self.market.id], wait_ms=0)

    def cancel_all(self, owner: UserId) -> None:
        self.cancel_alls.cancel_all(owner, self.views[self.market.id], None, wait_ms=0)

    def match(self, batch: int) -> None:
        """Deliver what intake sent, `batch` messages at a time."""
        messages = self.outbox.take()
        for start in range(0, len(messages), batch):
            event = {"Records": messages[start : start + batch]}
            answer = handlers.match(self.market, event, self)
            assert not answer["batchItemFailures"], answer

    def get_remaining_time_in_millis(self) -> int:
        """As the context of a Lambda tells it."""
        return RUN_MS

    def deepen(self, count: int, prices: tuple[int, int], per_entry: int = ORDERS_PER_ENTRY) -> None:
        """`count` more orders in the book, far apart, by journal entries like the matcher's own.

        As after a day of trading: nobody has seen their intake, and their commands are forgotten.
        """
        replica = load(self.market, self.journal, self.timer.now_ms())
        for start in range(0, count, per_entry):
            step = Step(replica, self.timer.now_ms())
            for number in range(start, min(start + per_entry, count)):
                side: Side = "buy" if number % 2 else "sell"
                price = prices[number % 2 == 0] + number % 500
                order_id, owner = OrderId(self.ids.uuid()), user(1_000_000 + number % OWNERS)
                match(step, limit_order(order_id, owner, side, price, 1_000), None)
            entry = step.entry()
            self.store.commit(step.plan(entry))
            replica.advance(entry)

    def forget_book(self) -> None:
        """As a process that has just started."""
        self._matchers.clear()
        vars(self).pop("views", None)

    def _request(self, side: Side, price: int, quantity: int, tif: Any = "gtc", **more: Any) -> OrderRequest:
        self.timer.pause(1)
        return OrderRequest(self.market, side, price, quantity, tif, "", **more)

    def _own(self, owner: UserId, order_id: OrderId) -> OrderRecord:
        self.timer.pause(1)
        return own_order(self.orders, owner, order_id)


@contextmanager
def world() -> Iterator[World]:
    """A fresh market on dynoxide. Raises RuntimeError where dynoxide does not run."""
    if not parts.has_dynoxide():
        raise RuntimeError("this needs dynoxide, which runs on Linux x86-64; `make bench` installs it")
    calm_the_collector()
    with tempfile.TemporaryDirectory() as name:
        directory, leash, port = Path(name), Leash(), ports.any_free().dynamodb
        part = parts.dynoxide(port, directory / "database")
        child = Child(part, directory / "log", process_environment({}, ROOT), leash, ROOT)
        child.start()
        try:
            child.wait_until_ready()
            client = dynamodb_client(f"http://{ports.HOST}:{port}")
            provision.create_tables(client, _ENVIRONMENT["CEX_PREFIX"])
            house = World(client)
            unread = patch.object(Stdout, "write", lambda _, line: len(line))
            with unread, patch.object(handlers, "exchange", lambda: house):
                yield house
        finally:
            child.stop()
            leash.let_go()
