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

from infra.traders.faucet import local_wallet, units, wait_until_it_is
from infra.traders.keeta_wallet import KeetaWallet
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

    def deposit_address(self) -> str:
        """Where this trader's coins go on Keeta. Raises Refused.

        An exchange that was just started makes its first addresses now.
        """
        patience = wait_until_it_is()
        while True:
            try:
                return str(self._api.get("/deposits/address", self.jwt)["address"])
            except Refused as refusal:
                if refusal.code != "no_address_free" or not patience.left():
                    raise

    def deposits(self) -> Iterator[Answer]:
        """Newest first."""
        return self._api.pages("/deposits", "deposits", self.jwt)

    def take_from_faucet(self, token: str, amount: Decimal) -> None:
        """The local network's faucet pays to the deposit address. Raises NotPaid, NotMatched."""
        wallet = local_wallet()
        self._wait_for(wallet.take(self.deposit_address(), token, units(wallet, token, amount)))

    def receive(self, wallet: KeetaWallet, token: str, amount: Decimal) -> None:
        """A wallet pays to the deposit address. Raises NotPaid, NotMatched."""
        self._wait_for(wallet.send(self.deposit_address(), token, units(wallet, token, amount)))

    def _wait_for(self, block: str) -> None:
        patience = wait_until_it_is()
        while block not in {deposit["block"] for deposit in self.deposits()}:
            if not patience.left():
                raise NotMatched(f"the deposit of block {block} was never credited")

    def withdraw(self, token: str, amount: Decimal, to: str, client_id: str | None = None) -> Answer:
        """As it stands when it was asked for. Raises Refused."""
        body: Answer = {"token": token, "amount": plain(amount), "to": to}
        if client_id is not None:
            body["client_id"] = client_id
        asked: Answer = self._api.post("/withdrawals/request", self.jwt, client_id is not None, **body)
        return asked

    def withdrawal(self, withdrawal_id: str) -> Answer:
        found: Answer = self._api.get(f"/withdrawals/{withdrawal_id}", self.jwt)
        return found

    def paid_out(self, withdrawal_id: str) -> Answer:
        """The withdrawal once it has ended. Raises NotMatched when that takes too long."""
        patience = wait_until_it_is()
        while (found := self.withdrawal(withdrawal_id))["status"] in ("pending", "processing"):
            if not patience.left():
                raise NotMatched(f"withdrawal {withdrawal_id} is still {found['state']}")
        return found

    def place(
        self,
        market: str,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        tif: str = "gtc",
        client_order_id: str | None = None,
    ) -> Answer:
        """The order as the matcher left it. Raises Refused, NotMatched."""
        body: Answer = {"market": market, "side": side, "tif": tif, "wait": WAIT_MS}
        body |= {"price": plain(price), "quantity": plain(quantity)}
        if client_order_id is not None:
            body["client_order_id"] = client_order_id
        order = self._api.post("/orders/place", self.jwt, client_order_id is not None, **body)
        over = FINAL if tif == "ioc" else (*FINAL, "resting", "partially_filled")
        return self._wait_until(over, order)

    def cancel(self, order_id: str) -> Answer:
        """The order once it was canceled. Raises Refused, NotMatched."""
        order = self._api.post("/orders/cancel", self.jwt, True, id=order_id, wait=WAIT_MS)
        return self._wait_until(FINAL, order)

    def order(self, order_id: str) -> Answer:
        order: Answer = self._api.get(f"/orders/{order_id}", self.jwt)
        return order

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
