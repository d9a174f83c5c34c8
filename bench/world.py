"""A market on a real stand-in store, with every AWS call counted."""

import hashlib
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib import listing
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.journal import DynamoJournal
from chalicelib.adapters.orders import DynamoOrders
from chalicelib.adapters.system import LogObserver, RandomIds, SystemTimer
from chalicelib.engine.order import Side, TimeInForce
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.intake.place_order import OrderIntake, OrderRequest
from chalicelib.flows.matcher.match import Matcher, Message
from chalicelib.flows.records.commands import CancelOrder, Command
from chalicelib.ids import CommandId, MarketId, OrderId, UserId
from chalicelib.keeta.account import Account, KeyType
from chalicelib.market import Market
from chalicelib.money import Amount, scale
from infra.local import parts, ports, provision
from infra.local.child import Child, Leash
from infra.local.clients import dynamodb_client
from infra.local.environment import process_environment
from infra.local.state import ROOT

_WRITES = {"PutItem": 1, "UpdateItem": 1, "DeleteItem": 1}


def user(number: int) -> UserId:
    """An address as long, and as hard to compress, as a real one."""
    key = Account(KeyType.ED25519, hashlib.sha256(str(number).encode()).digest())
    return UserId(key.address)


@dataclass
class Count:
    """AWS calls, items written, and the units that the store says were consumed."""

    calls: int = 0
    items: int = 0
    write_units: float = 0.0
    read_units: float = 0.0


@dataclass
class Meter:
    """Listens to every DynamoDB call of one client. Units are the store's own count."""

    now: Count = field(default_factory=Count)

    def attach(self, client: Any) -> None:
        events = client.meta.events
        events.register("provide-client-params.dynamodb", self._ask)
        events.register("after-call.dynamodb", self._answered)

    def take(self) -> Count:
        """The count since the last time."""
        taken, self.now = self.now, Count()
        return taken

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params = {**params, "ReturnConsumedCapacity": "TOTAL"}
        self.now.items += _WRITES.get(model.name, len(params.get("TransactItems", ())))
        return params

    def _answered(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity") or []
        units = sum(one["CapacityUnits"] for one in (consumed if isinstance(consumed, list) else [consumed]))
        self.now.calls += 1
        if model.name in _WRITES or model.name == "TransactWriteItems":
            self.now.write_units += units
        else:
            self.now.read_units += units


class Outbox:
    """Stands where the queue stands, and keeps what it is given."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def send(self, _: Market, command: Command) -> None:
        self.commands.append(command)

    def take(self) -> list[Command]:
        taken, self.commands = self.commands, []
        return taken


class World:
    """One market, its intake and its matcher. `limit` rests or crosses an order."""

    def __init__(self, client: Any, prefix: str) -> None:
        self.market = listing.MARKETS[MarketId("KTA/USDT")]
        self.client, self.meter = client, Meter()
        self.store = DynamoStore(client, prefix)
        self.journal, self.orders = DynamoJournal(self.store), DynamoOrders(self.store)
        self.timer, self.outbox = SystemTimer(), Outbox()
        self.intake = OrderIntake(self.store, self.orders, self.store, self.outbox, self.timer, RandomIds())
        self.matcher = self.new_matcher()
        self._view = MarketView(self.market, self.journal, self.timer)
        self._numbers = itertools.count()
        self.meter.attach(client)

    def new_matcher(self) -> Matcher:
        return Matcher(self.market, self.journal, self.orders, self.store, self.timer, LogObserver())

    def fund(self, users: list[UserId]) -> None:
        for user, asset in itertools.product(users, (self.market.base, self.market.quote)):
            amount = Amount(asset.symbol, 10**9 * scale(asset.decimals))
            self.store.commit(credit(user, amount, RandomIds().uuid(), self.timer.now_ms()))

    def place(
        self, user: UserId, side: Side, price: int, quantity: int = 1_000, tif: TimeInForce = "gtc"
    ) -> OrderId:
        """Intake alone; `match` does the rest."""
        request = OrderRequest(self.market, side, price, quantity, tif, "")
        return self.intake.place(user, request, self._view, wait_ms=0).record.id

    def cancel(self, user: UserId, order_id: OrderId) -> None:
        number = next(self._numbers)
        self.outbox.commands.append(CancelOrder(CommandId(f"c-{number}"), order_id, user))

    def match(self, batch: int) -> None:
        """Deliver what intake sent, `batch` messages at a time."""
        commands = self.outbox.take()
        for start in range(0, len(commands), batch):
            some = commands[start : start + batch]
            messages = [Message(str(i), (command,)) for i, command in enumerate(some)]
            outcome = self.matcher.run(messages, self.timer.now_ms() + 60_000)
            assert outcome.fault is None, outcome.fault


@contextmanager
def world() -> Iterator[World]:
    """A fresh market on dynoxide. Raises RuntimeError where dynoxide does not run."""
    if not parts.has_dynoxide():
        raise RuntimeError("this needs dynoxide, which runs on Linux x86-64; `make bench` installs it")
    with tempfile.TemporaryDirectory() as name:
        directory, leash, port = Path(name), Leash(), ports.any_free().dynamodb
        part = parts.dynoxide(port, directory / "database")
        child = Child(part, directory / "log", process_environment({}, ROOT), leash, ROOT)
        child.start()
        try:
            child.wait_until_ready()
            client = dynamodb_client(f"http://{ports.HOST}:{port}")
            provision.create_tables(client, "bench")
            yield World(client, "bench")
        finally:
            child.stop()
            leash.let_go()
