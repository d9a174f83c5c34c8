"""How do tests trade on a whole exchange inside their own process?

HTTP goes through chalice's own gateway, commands through a queue and the handlers of
`app.py`, and every write into a table: only the stores are moto's, and time is the test's.
While a request waits, that clock moves and the queues are emptied; so nothing ever sleeps.
Each answer is held against the published description of the API.
"""

import base64
import importlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock
from urllib.parse import urlparse

from chalice.config import Config
from chalice.local import LocalGateway, LocalGatewayException

from chalicelib import listing, wiring
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.flows import schema
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.plan import Plan
from chalicelib.flows.records.commands import Command
from chalicelib.ids import MarketId, UserId
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.signature import PrivateKey, sign
from chalicelib.market import Market
from chalicelib.money import Amount, parse_units
from infra.local.lambda_events import Context, sqs_event
from infra.local.provision import provision
from infra.resources import MATCHER_SECONDS
from tests.api import contract

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

Json = Any
Items = dict[tuple[str, str], Json]
SECRET_A, SECRET_B = "a" * 64, "b" * 64
TOKEN_SECRETS = {"current": "a", "keys": {"a": SECRET_A}}
KTA, USDX = listing.MARKETS[MarketId("KTA/USDT")], listing.MARKETS[MarketId("USDX/USDT")]
# An order that is good, for somebody with five USDT.
PLACE = {"market": "KTA/USDT", "side": "buy", "price": "0.5", "quantity": "10"}
BATCH_MAX = 10
# A pump that finds messages again and again has met one that is never taken.
BATCHES_MAX = 200


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Json

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        """Status, code and field of a problem."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        return self.status, self.body["code"], self.body.get("field")


class Clock:
    """A timer that moves only when somebody waits, or a test says so."""

    def __init__(self) -> None:
        self.ms = time.time_ns() // 1_000_000
        self.while_waiting: Any = lambda: None

    def now_ms(self) -> int:
        return self.ms

    def pause(self, ms: int) -> None:
        self.ms += ms
        self.while_waiting()

    def jitter(self, ms: int) -> int:
        return ms // 2


class CountingStore(DynamoStore):
    """Counts what was written that moves with orders; who signed in is another matter."""

    writes = 0

    def commit(self, plan: Plan) -> None:
        super().commit(plan)
        self.writes += any(write.key.table != schema.AUTH for write in plan)


class NotingQueue(SqsQueue):
    """Knows whether anything can wait in a queue, so that an empty one need not be asked."""

    used = False

    def send(self, market: Market, commands: Sequence[Command]) -> None:
        self.used = True
        super().send(market, commands)


class World:
    """One exchange: tables and queues of its own, its parts, and its clients."""

    def __init__(self, dynamodb: "DynamoDBClient", sqs: "SQSClient", prefix: str, secrets: Path) -> None:
        provision(dynamodb, sqs, prefix, listing.MARKETS.values())
        self.app = local_app()
        self.sqs, self.prefix, self.secrets = sqs, prefix, secrets
        self.queues = {
            schema.matcher_name(market): sqs.get_queue_url(QueueName=schema.queue_name(prefix, market))[
                "QueueUrl"
            ]
            for market in listing.MARKETS.values()
        }
        self.clock = Clock()
        self.clock.while_waiting = self.pump
        self.store = CountingStore(dynamodb, prefix)
        self.queue = NotingQueue(sqs, prefix)
        self._seen: tuple[int, Items] | None = None
        self._gateway = LocalGateway(self.app.app, Config.create())
        self._traders = 0
        self.restart()

    def restart(self, token_secrets: Json = TOKEN_SECRETS, **environment: str) -> None:
        """A cold start: what was kept warm is gone, what was stored is there."""
        self.write_secrets(token_secrets)
        os.environ.update({**self.environment, **environment})
        wiring.exchange.cache_clear()
        self.house = wiring.exchange()
        given = {"store": self.store, "queue": self.queue, "timer": self.clock}
        self.house.__dict__.update(given)

    def write_secrets(self, token_secrets: Json) -> None:
        self.secrets.touch(mode=0o600)
        self.secrets.write_text(json.dumps({"jwt": token_secrets}))

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CEX_STAGE": "local",
            "CEX_PREFIX": self.prefix,
            "CEX_DOMAIN": "exchange.example",
            "CEX_NETWORK": "test",
            "CEX_SECRETS": f"file:{self.secrets}",
        }

    # --- HTTP -------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        jwt: str | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, as the gateway hands it over; `raw` is a body of any bytes."""
        assert wiring.exchange() is self.house, "another world was made meanwhile"
        sent = {"Content-Type": "application/json", "Host": "localhost"}
        if jwt is not None:
            sent["Authorization"] = f"Bearer {jwt}"
        sent |= headers or {}
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        try:
            found = self._gateway.handle_request(method, path, sent, content)
        except (LocalGatewayException, UnicodeEncodeError):
            # The gateway's own refusal, which it can not even write down for some headers.
            return Answer(403, {}, None)
        answer = Answer(found["statusCode"], found["headers"], json.loads(found["body"] or "null"))
        contract.check(method, urlparse(path).path, *answer)
        return answer

    def get(self, path: str, jwt: str | None = None) -> Answer:
        return self.request("GET", path, jwt=jwt)

    def post(self, path: str, body: Json, jwt: str | None = None) -> Answer:
        return self.request("POST", path, body, jwt=jwt)

    # --- queues -----------------------------------------------------------------------------

    def pump(self) -> None:
        """Deliver what waits in any queue to the function of its market."""
        if not self.queue.used:
            return
        self.queue.used = False
        for function, url in self.queues.items():
            for _ in range(BATCHES_MAX):
                if not self._deliver(url, function):
                    break
            else:
                raise AssertionError(f"{function}: messages come back without end")

    def lose_messages(self) -> None:
        for url in self.queues.values():
            self.sqs.purge_queue(QueueUrl=url)

    def _deliver(self, url: str, function: str) -> bool:
        wanted: Any = {"QueueUrl": url, "MaxNumberOfMessages": BATCH_MAX}
        everything: Any = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        received = self.sqs.receive_message(**wanted, **everything)
        messages = received.get("Messages", [])
        if not messages:
            return False
        event = sqs_event(messages, f"arn:aws:sqs:us-east-1:000000000000:{url.rpartition('/')[2]}")
        answer = getattr(self.app, function)(event, Context(function, MATCHER_SECONDS))
        assert answer == {"batchItemFailures": []}
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True

    # --- who trades, and what is there --------------------------------------------------------

    def trader(self, key_type: KeyType = KeyType.ED25519, **funds: str) -> "Trader":
        """Somebody new, signed in; `funds` by token, as KTA="50"."""
        trader = self.stranger(key_type)
        trader.jwt = trader.sign_in().body["jwt"]
        for token, amount in funds.items():
            given = Amount(token, parse_units(amount, listing.ASSETS[token].decimals))
            self.store.commit(credit(UserId(trader.address), given, uuid.uuid4().hex, self.clock.ms))
        return trader

    def stranger(self, key_type: KeyType = KeyType.ED25519) -> "Trader":
        """Somebody new, who did not sign in yet."""
        self._traders += 1
        return Trader(self, PrivateKey(key_type, self._traders.to_bytes(32, "big")))

    def everything(self) -> Items:
        """All that moves with an order: every wallet, order, ledger and journal item."""
        items = [*self.store.scan(schema.ACCOUNTS), *self.store.scan(schema.MARKETS)]
        found = {(str(item["pk"]), str(item["sk"])): item for item in items}
        self._seen = self.store.writes, found
        return found

    @contextmanager
    def nothing_changes(self) -> Iterator[None]:
        """What waits in the queues counts as done."""
        self.pump()
        known = self._seen is not None and self._seen[0] == self.store.writes
        before = self._seen[1] if self._seen and known else self.everything()
        yield
        self.pump()
        assert self.everything() == before


class Trader:
    """A Keeta key, and the requests of its holder."""

    def __init__(self, world: World, key: PrivateKey) -> None:
        self.world = world
        self.key = key
        self.address = key.account.address
        self.jwt = ""

    def challenge(self) -> Json:
        return self.world.post("/auth/challenge", {"pubkey": self.address}).body

    def sign(self, message: bytes) -> str:
        return base64.b64encode(sign(self.key, message)).decode()

    def answer(self, challenge: Json, **other: Json) -> Answer:
        signature = self.sign(base64.b64decode(challenge["message"]))
        body = {"pubkey": self.address, "signature": signature, **other}
        return self.world.post("/auth/verify", body)

    def sign_in(self) -> Answer:
        return self.answer(self.challenge())

    def get(self, path: str) -> Answer:
        return self.world.get(path, self.jwt)

    def post(self, path: str, body: Json) -> Answer:
        return self.world.post(path, body, self.jwt)

    def place(self, side: str, price: Json, quantity: Json, **other: Json) -> Answer:
        body = {"market": "KTA/USDT", "side": side, "price": price, "quantity": quantity, **other}
        return self.post("/orders/place", body)

    def cancel(self, order_id: str) -> Answer:
        return self.post("/orders/cancel", {"id": order_id})

    def balances(self) -> dict[str, tuple[str, str]]:
        """Available and held, by token."""
        return {row["token"]: (row["available"], row["held"]) for row in self.get("/balances").body}


def local_app() -> ModuleType:
    """`app.py` as a developer's machine has it. A process can load it for one stage only."""
    with mock.patch.dict(os.environ, {"CEX_STAGE": wiring.LOCAL}):
        app = importlib.import_module("app")
    assert app.LOCAL_STAGE, "app.py was loaded before, for another stage"
    return app
