"""Who is there on the day, and what do they look at? Three traders, their traffic, and the desk."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from chalicelib.adapters.custody_keys import signer
from infra.local.state import new_key
from infra.local.supervisor import Stack
from infra.traders.api import Answer, Api
from infra.traders.client import Trader
from infra.traders.faucet import local_wallet
from infra.traders.story import Story, equal
from infra.traders.terminal import Terminal
from infra.traders.wallet import new_wallet
from tests.operations.desk import Desk, eventually
from tests.operations.lines import Lines
from tests.operations.traffic import Traffic

# One with flow, and one where nobody else trades.
MARKET, QUIET = "KTA/USDT", "USDX/USDT"


class Scene:
    """`restarted` kills all processes of the exchange and starts them again."""

    restarted: Callable[[], Stack]

    def __init__(self, stack: Stack, api: Api, terminal: Terminal) -> None:
        self.stack = stack
        self.api = api
        self.terminal = terminal
        self.lines = Lines(stack.state.logs)
        self.desk = Desk(stack.process_environment(), stack.state.log("ops"), terminal)
        self.terms = self.api.market(MARKET)
        self.story = Story(terminal, self.terms, Decimal("0.5"))
        self.mia, self.tom, self.wanda = (
            Trader(self.api, name, new_wallet()) for name in ("Mia", "Tom", "Wanda")
        )
        self.paid_in = {token: Decimal(30_000) for token in ("KTA", "USDT")}
        self.traffic = Traffic(MARKET, self.mia, self.tom)

    def _trades_go_on(self, what: str) -> None:
        before = self.traffic.trades
        eventually(what, lambda: self.traffic.bug or self.traffic.trades > before + 1)
        if self.traffic.bug is not None:
            raise self.traffic.bug
        self.terminal.done("", what, f"{self.traffic.trades} trades")

    def _market_trades(self) -> int:
        return sum(1 for _ in self.api.trades(MARKET))

    def _promise(self, market: str, side: str, price: Decimal, tif: str) -> Answer:
        """An order of Wanda's that nobody has matched yet."""
        order: Answer = self.api.post(
            "/orders/place",
            self.wanda.jwt,
            market=market,
            side=side,
            price=str(price),
            quantity="30",
            tif=tif,
            wait=0,
        )
        equal("a promised order", order["status"], "pending")
        return order

    def _ended(self, order: Answer, status: str, reason: str) -> Answer:
        def ended() -> Answer | None:
            found = self.wanda.order(order["id"])
            return found if found["status"] == status else None

        found: Answer = eventually(f"order {order['id']} is {status}", ended)
        equal("why", found["reason"], reason)
        return found

    def _late_place(self) -> Any:
        letters = self.desk.ask("dead-letter", "explain", QUIET)["letters"]
        place, cancel = (each["commands"][0] for each in letters)
        return (place, cancel) if place["late_ms"] > 0 else None

    def _held(self, token: str) -> Decimal:
        return Decimal(self.wanda.balances()[token]["held"])

    def _withdraw(self, what: str, amount: Decimal) -> None:
        wallet = local_wallet()
        had = wallet.balance("USDT")
        asked = self.wanda.withdraw("USDT", amount, wallet.address, what.replace(" ", "-"))
        paid = eventually("it is paid", lambda: self._paid(asked["id"]))
        equal("the withdrawal", paid["state"], "landed")
        equal("what arrived", wallet.balance("USDT") - had, int(amount * 10 ** wallet.decimals("USDT")))
        self.terminal.done(
            "Wanda", f"withdraws {amount.normalize():f} USDT: {what}", f"block {paid['block'][:16]}"
        )

    def _paid(self, withdrawal_id: str) -> Answer | None:
        found = self.wanda.withdrawal(withdrawal_id)
        return found if found["status"] not in ("pending", "processing") else None

    def _refused_payment(self) -> None:
        self.story.refused(
            "Wanda",
            "withdraws",
            "payouts_stopped",
            lambda: self.wanda.withdraw("USDT", Decimal(1), local_wallet().address),
        )

    def _missing(self) -> Any:
        return self.desk.ask("reconcile", code=1)

    def _stopped(self) -> list[str]:
        """What was stopped and not cleared since, oldest word first."""
        stopped: dict[str, bool] = {}
        for note in self.desk.ask("notes", "stop")["notes"]:
            stopped[note["asset"]] = bool(note["stopped"])
        return sorted(asset for asset, is_so in stopped.items() if is_so)

    def _operator(self) -> str:
        return signer(f"file:{self.stack.state.operator}").account.address

    def _write_key(self, path: Path) -> None:
        path.touch(mode=0o600)
        path.write_text(json.dumps(new_key()))

    def _restart(self) -> None:
        """Like a power cut in the middle of everything."""
        dead = set(self.stack.description()["pids"].values())
        self.stack = self.restarted()
        alive = set(self.stack.description()["pids"].values())
        equal("processes that lived on", dead & alive, set())
        self.desk.tell("sees every process killed, and started again", f"{len(dead)} processes")
        self._trades_go_on("traders go on")
