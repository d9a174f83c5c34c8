"""How does a program speak to the exchange? Over HTTP alone, as any client would.

    api = Api("http://127.0.0.1:8400")
    ada = Trader(api, "Ada", new_wallet())
    ada.sign_in()
    order = ada.place("KTA/USDT", "buy", Decimal("0.5"), Decimal(100))

Answers are what the exchange sent, as dictionaries. It imports nothing of the exchange.
"""

import base64
import time
from collections.abc import Iterator
from decimal import Decimal
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from infra.traders.wallet import Statement, Wallet

Answer = dict[str, Any]
Side = Literal["buy", "sell"]

PAGE = 100
LEVELS_MAX = 1_000
WAIT_MS = 10_000
# How long an order may still be pending after that; the exchange ends it before.
PENDING_SECONDS = 30.0
TRIES_MAX = 8
PAUSE_SECONDS = 0.5
FINAL = ("filled", "canceled", "rejected", "expired")
# What an order can be once the matcher has seen it.
KNOWN = (*FINAL, "resting", "armed", "partially_filled")


class Refused(Exception):
    """The exchange said no. `status` is HTTP's number, `code` the stable reason, `field` what was wrong."""

    def __init__(self, status: int, problem: Answer) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code = str(problem.get("code"))
        self.field = problem.get("field")
        self.problem = problem


class NotMatched(Exception):
    """An order was still pending when its time had long passed."""


class Api:
    """One connection that is kept, and what needs no token. `transport` is for tests."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        # No proxy and no other setting of this machine stands between us and loopback.
        self._http = httpx.Client(base_url=url, transport=transport, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, jwt: str = "", **query: Any) -> Any:
        """Raises Refused."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", path, jwt, repeatable=True, params=given)

    def post(self, path: str, jwt: str = "", repeatable: bool = False, **body: Any) -> Any:
        """Raises Refused. `repeatable`: saying it twice is as good as saying it once."""
        return self._send("POST", path, jwt, repeatable, json=body)

    def market(self, name: str) -> Answer:
        """The terms of one market."""
        listed: list[Answer] = self.get("/markets")["markets"]
        return next(market for market in listed if market["market"] == name)

    def book(self, market: str, levels: int = LEVELS_MAX) -> Answer:
        book: Answer = self.get(f"/markets/{_slug(market)}/book", levels=levels)
        return book

    def trades(self, market: str) -> Iterator[Answer]:
        """All trades, newest first, page after page as they are asked for."""
        return self.pages(f"/markets/{_slug(market)}/trades", "trades")

    def pages(self, path: str, name: str, jwt: str = "") -> Iterator[Answer]:
        before = None
        while True:
            page = self.get(path, jwt, limit=PAGE, before=before)
            yield from page[name]
            before = page["next"]
            if before is None:
                return

    def _send(self, method: str, path: str, jwt: str, repeatable: bool, **request: Any) -> Any:
        headers = {"Authorization": f"Bearer {jwt}"} if jwt else {}
        for attempt in range(1, TRIES_MAX + 1):
            last = attempt == TRIES_MAX
            try:
                answer = self._http.request(method, path, headers=headers, **request)
            except httpx.TransportError:
                if last or not repeatable:
                    raise
            else:
                # 429 is said before anything was done; after 503 nobody knows.
                again = answer.status_code == 429 or (answer.status_code == 503 and repeatable)
                if last or not again:
                    return _read(answer)
            time.sleep(PAUSE_SECONDS)
        return None


class Trader:
    """Somebody with a key. `name` is for people who read along; the exchange knows the address."""

    def __init__(self, api: Api, name: str, wallet: Wallet) -> None:
        self.name = name
        self.wallet = wallet
        self._api = api
        self.jwt = ""

    def sign_in(self) -> Answer:
        """Prove the key and keep the token. Raises WillNotSign, Refused."""
        challenge = self._api.post("/auth/challenge", pubkey=self.wallet.address)
        statement = Statement(
            challenge["nonce"],
            challenge["timestamp"],
            challenge["items"],
            base64.b64decode(challenge["message"]),
        )
        proof = {
            "pubkey": self.wallet.address,
            "signature": base64.b64encode(self.wallet.answer(statement)).decode(),
            "nonce": challenge["nonce"],
        }
        session: Answer = self._api.post("/auth/verify", **proof)
        self.jwt = session["jwt"]
        return proof

    def log_out(self) -> None:
        """The token is dead from here on, though this trader goes on showing it."""
        self._api.post("/auth/logout", self.jwt)

    def take_from_faucet(self, token: str, amount: Decimal) -> None:
        self._api.post("/local/faucet", self.jwt, token=token, amount=plain(amount))

    def place(
        self,
        market: str,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        tif: str = "gtc",
        client_order_id: str | None = None,
        **more: str,
    ) -> Answer:
        """The order as the matcher left it. `more`: other fields. Raises Refused, NotMatched."""
        body: Answer = {"market": market, "side": side, "tif": tif, "wait": WAIT_MS, **more}
        body |= {"price": plain(price), "quantity": plain(quantity)}
        if client_order_id is not None:
            body["client_order_id"] = client_order_id
        order = self._api.post("/orders/place", self.jwt, client_order_id is not None, **body)
        return self._wait_until(FINAL if tif in ("ioc", "fok") else KNOWN, order)

    def place_at_market(self, market: str, side: Side, **size: Decimal) -> Answer:
        """The order once it was matched. `size` is a quantity, or the funds of a buy. As `place`."""
        body: Answer = {"market": market, "type": "market", "side": side, "wait": WAIT_MS}
        body |= {name: plain(number) for name, number in size.items()}
        return self._wait_until(FINAL, self._api.post("/orders/place", self.jwt, **body))

    def cancel(self, order_id: str) -> Answer:
        """The order once it was canceled. Raises Refused, NotMatched."""
        order = self._api.post("/orders/cancel", self.jwt, True, id=order_id, wait=WAIT_MS)
        return self._wait_until(FINAL, order)

    def cancel_all(self, market: str) -> list[str]:
        """The orders that ended by it, or before it. Raises Refused."""
        answer = self._api.post("/orders/cancel-all", self.jwt, True, market=market, wait=WAIT_MS)
        ended: list[str] = answer["ended"]
        return ended

    def cancel_all_after(self, market: str, seconds: int) -> Answer:
        """The dead man's switch; 0 turns it off. Raises Refused."""
        body: Answer = {"market": market, "seconds": seconds, "wait": WAIT_MS}
        answer: Answer = self._api.post("/orders/cancel-all-after", self.jwt, True, **body)
        return answer

    def reduce(self, order_id: str, quantity: Decimal) -> Answer:
        """The order, smaller. The same again is harmless. Raises Refused."""
        body: Answer = {"id": order_id, "quantity": plain(quantity), "wait": WAIT_MS}
        answer: Answer = self._api.post("/orders/reduce", self.jwt, True, **body)
        return answer

    def replace(self, order_id: str, **changes: Decimal) -> Answer:
        """The order with another price or quantity. The same again is harmless. Raises Refused."""
        body: Answer = {"id": order_id, "wait": WAIT_MS}
        body |= {name: plain(number) for name, number in changes.items()}
        answer: Answer = self._api.post("/orders/replace", self.jwt, True, **body)
        return answer

    def batch(self, market: str, commands: list[Answer]) -> list[Answer]:
        """What became of each command: its order, or its problem. Raises Refused."""
        body: Answer = {"market": market, "commands": commands, "wait": WAIT_MS}
        results: list[Answer] = self._api.post("/orders/batch", self.jwt, **body)["results"]
        return results

    def order(self, order_id: str) -> Answer:
        order: Answer = self._api.get(f"/orders/{order_id}", self.jwt)
        return order

    def order_called(self, client_order_id: str) -> Answer:
        """By one's own name for it."""
        order: Answer = self._api.get(f"/orders/client/{client_order_id}", self.jwt)
        return order

    def open_orders(self, market: str) -> list[Answer]:
        """What waits in the book now, oldest first."""
        orders: list[Answer] = self._api.get("/orders/open", self.jwt, market=market)["orders"]
        return orders

    def prevented(self) -> Iterator[Answer]:
        """Trades with oneself that were prevented, newest first."""
        return self._api.pages("/prevented-matches", "prevented_matches", self.jwt)

    def fees(self, market: str) -> Answer:
        """One's own rates."""
        listed: list[Answer] = self._api.get("/fees", self.jwt)["fees"]
        return next(fees for fees in listed if fees["market"] == market)

    def orders(self) -> Iterator[Answer]:
        """Newest first."""
        return self._api.pages("/orders", "orders", self.jwt)

    def fills(self) -> Iterator[Answer]:
        """Newest first."""
        return self._api.pages("/fills", "fills", self.jwt)

    def ledger(self) -> Iterator[Answer]:
        """Newest first."""
        return self._api.pages("/ledger", "entries", self.jwt)

    def balances(self) -> dict[str, Answer]:
        """By token."""
        return {balance["token"]: balance for balance in self._api.get("/balances", self.jwt)}

    def _wait_until(self, over: tuple[str, ...], order: Answer) -> Answer:
        until = time.monotonic() + PENDING_SECONDS
        while order["status"] not in over:
            if time.monotonic() > until:
                raise NotMatched(f"order {order['id']} is still {order['status']}")
            time.sleep(PAUSE_SECONDS)
            order = self.order(order["id"])
        return order


def plain(number: Decimal) -> str:
    """Without an exponent, which the exchange would refuse."""
    return format(number, "f")


def _slug(market: str) -> str:
    return market.replace("/", "-")


def _read(answer: httpx.Response) -> Any:
    try:
        body = answer.json()
    except ValueError:
        body = {"code": "no_json", "detail": answer.text[:200]}
    if answer.is_success:
        return body
    raise Refused(answer.status_code, body if isinstance(body, dict) else {"detail": str(body)})
