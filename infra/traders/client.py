"""How does a trader sign in, trade, and move coins? Over HTTP alone, as any client would.

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
from typing import Literal

from infra.traders.api import Answer, Api, Refused, plain
from infra.traders.faucet import local_wallet, units, wait_until_it_is
from infra.traders.keeta_wallet import KeetaWallet
from infra.traders.wallet import Statement, Wallet

Side = Literal["buy", "sell"]

WAIT_MS = 10_000
# How long an order may still be pending after that; the exchange ends it before.
PENDING_SECONDS = 30.0
PAUSE_SECONDS = 0.5
FINAL = ("filled", "canceled", "rejected", "expired")
# What an order can be once the matcher has seen it.
KNOWN = (*FINAL, "resting", "armed", "partially_filled")


class NotMatched(Exception):
    """An order was still pending when its time had long passed."""


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

    def withdraw(
        self, token: str, amount: Decimal, to: str, client_id: str | None = None, expires_at: str = ""
    ) -> Answer:
        """As it stands when it was asked for; signed with one's key if it says until when. Raises Refused."""
        body: Answer = {"token": token, "amount": plain(amount), "to": to}
        if client_id is not None:
            body["client_id"] = client_id
        if client_id is not None and expires_at:
            signature = self.wallet.consent(token, plain(amount), to, client_id, expires_at)
            body |= {"expires_at": expires_at, "signature": base64.b64encode(signature).decode()}
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
