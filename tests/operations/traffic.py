"""Who trades while operators work? Two traders who go on, and forget nothing they were promised."""

import threading
import time
from collections import Counter
from decimal import Decimal

import httpx

from infra.traders.api import Answer, Refused
from infra.traders.client import NotMatched, Trader
from infra.traders.story import equal

PRICE, QUANTITY = Decimal("0.5"), Decimal(30)
PAUSE_SECONDS = 0.15


class Traffic:
    """Mia sells and Tom buys, by names of their own: so whatever was answered, they may ask again."""

    def __init__(self, market: str, mia: Trader, tom: Trader) -> None:
        self._market = market
        self._mia = mia
        self._tom = tom
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._promised: list[tuple[Trader, str]] = []
        self.refused: Counter[str] = Counter()
        self.outages = 0
        self.trades = 0
        self.bug: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        if self.bug is not None:
            raise self.bug

    @property
    def orders(self) -> int:
        return len(self._promised)

    def check(self) -> int:
        """How many were in doubt until their owner canceled them. Raises Unexpected, Refused.

        Each promised order is found by its name, and has come to rest or to its end.
        """
        doubtful = [(name, order) for name, order in self._found().items() if order["status"] == "pending"]
        for (trader, _), order in doubtful:
            trader.cancel(order["id"])
        found = self._found()
        ends = Counter(order["status"] for order in found.values())
        equal("orders lost or in doubt", (ends["lost"], ends["pending"]), (0, 0))
        bought = sum(Decimal(order["filled_quantity"]) for (t, _), order in found.items() if t is self._tom)
        mine = sum(Decimal(fill["quantity"]) for fill in self._tom.fills())
        equal("what Tom's orders say and what his fills say", bought, mine)
        return len(doubtful)

    def _found(self) -> dict[tuple[Trader, str], Answer]:
        listed = {
            (t, order["client_order_id"]): order for t in (self._mia, self._tom) for order in t.orders()
        }
        return {each: listed.get(each, {"status": "lost"}) for each in self._promised}

    def _run(self) -> None:
        number = 0
        try:
            while not self._over.is_set():
                number += 1
                self._place(self._mia, "sell", "gtc", f"m{number}")
                taken = self._place(self._tom, "buy", "ioc", f"t{number}")
                self.trades += bool(taken and Decimal(taken["filled_quantity"]))
                time.sleep(PAUSE_SECONDS)
        except BaseException as bug:  # told where the day is checked
            self.bug = bug

    def _place(self, trader: Trader, side: str, tif: str, name: str) -> Answer | None:
        """Asked again until the exchange says something definite. None: it refused."""
        while True:
            try:
                order = trader.place(self._market, side, PRICE, QUANTITY, tif, name)  # type: ignore[arg-type]
            except Refused as refusal:
                if refusal.status < 500 or refusal.code.startswith("market_"):
                    self.refused[refusal.code] += 1
                    return None
                self.outages += 1
            except NotMatched:
                # Its message was lost with the local queue server, which saves every second only.
                self._promised.append((trader, name))
                return None
            except httpx.TransportError:
                self.outages += 1
            else:
                self._promised.append((trader, name))
                if order["reason"] is not None:
                    self.refused[order["reason"]] += 1
                return order
            time.sleep(PAUSE_SECONDS)
