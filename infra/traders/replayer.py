"""Do all answers, and what can be read afterwards, agree with a plain book that got the same commands?"""

import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from itertools import takewhile
from typing import NamedTuple

from infra.traders import corridor
from infra.traders.api import LEVELS_MAX, Answer, Api, Refused
from infra.traders.client import Side, Trader
from infra.traders.flow import Command, Fill, PlainBook
from infra.traders.reckoning import reckon
from infra.traders.wallet import new_wallet

MARKET = "BTC/USD"
CENT, SATOSHI = Decimal("0.01"), Decimal("0.00000001")


class Placed(NamedTuple):
    trader: Trader
    id: str
    quantity: int


class Replayer:
    """`differences` are told in words. `milliseconds` has one time per command that was sent."""

    def __init__(self, api: Api) -> None:
        self.terms = api.market(MARKET)
        self.differences: list[str] = []
        self.counts: Counter[str] = Counter()
        self.milliseconds: list[float] = []
        self.trades: list[Answer] = []
        self._api = api
        self._plain = PlainBook()
        self._traders: dict[Side, Trader] = {
            "buy": Trader(api, "bids", new_wallet()),
            "sell": Trader(api, "asks", new_wallet()),
        }
        self._paid_in: dict[Side, dict[str, Decimal]] = {}
        self._placed: dict[str, Placed] = {}
        self._last_trade = 0

    def empty_book(self) -> int:
        """Trade away what is in the book; the number of orders. Raises Refused, NoRoom."""
        sweeper = Trader(self._api, "sweeper", new_wallet())
        sweeper.sign_in()
        met = corridor.clear(self._api, sweeper, self.terms, None, None)
        self._last_trade = next((trade["trade_id"] for trade in self._api.trades(MARKET)), 0)
        return met

    def fund(self, commands: list[Command]) -> None:
        """Enough for all orders to wait at the same time. Raises Refused."""
        limits = [command for command in commands if command.op == "limit"]
        money = sum(_price(c.price) * _quantity(c.quantity) for c in limits if c.side == "buy")
        tokens = sum(_quantity(c.quantity) for c in limits if c.side == "sell")
        self._fund("buy", self.terms["quote"], Decimal(money))
        self._fund("sell", self.terms["base"], Decimal(tokens))

    def send(self, command: Command) -> None:
        """One command, until it was matched. Raises NotMatched, and Refused for what no flow can cause."""
        if command.op == "limit":
            self._place(command)
        elif command.order_id in self._placed:
            self._cancel(command.order_id)
        else:
            self.counts["cancels left out: the recording does not hold their orders"] += 1

    def compare(self) -> None:
        """What can be read afterwards: trades, book, balances. Raises Unexpected for the balances."""
        new = takewhile(lambda trade: trade["trade_id"] > self._last_trade, self._api.trades(MARKET))
        self.trades = list(new)[::-1]
        fills = [_fill(trade) for trade in self.trades]
        for number, (found, wanted) in enumerate(zip(fills, self._plain.fills, strict=False), start=1):
            self._equal(f"trade {number}", found, wanted)
        self._equal("number of trades", len(fills), len(self._plain.fills))
        book = self._api.book(MARKET)
        self._equal("bids", _levels(book["bids"]), self._plain.levels("buy")[:LEVELS_MAX])
        self._equal("asks", _levels(book["asks"]), self._plain.levels("sell")[:LEVELS_MAX])
        for side, trader in self._traders.items():
            reckon(trader, self.terms, self._paid_in[side])

    def _fund(self, side: Side, token: str, amount: Decimal) -> None:
        self._traders[side].sign_in()
        self._paid_in[side] = {token: amount}
        if amount:
            self._traders[side].take_from_faucet(token, amount)

    def _place(self, command: Command) -> None:
        _, order_id, side, price, quantity = command
        filled = self._plain.place(order_id, side, price, quantity)
        trader = self._traders[side]
        order = self._timed(
            lambda: trader.place(MARKET, side, _price(price), _quantity(quantity), client_order_id=order_id)
        )
        self._placed[order_id] = Placed(trader, order["id"], quantity)
        status = "filled" if filled == quantity else "partially_filled" if filled else "resting"
        self._equal(f"placed order {order_id}", _state(order), (status, filled))
        self.counts["orders placed"] += 1

    def _cancel(self, order_id: str) -> None:
        placed = self._placed[order_id]
        self._plain.cancel(order_id)
        left = self._plain.remaining[order_id]
        try:
            order = self._timed(lambda: placed.trader.cancel(placed.id))
        except Refused as refusal:
            found: object = refusal.code
        else:
            found = _state(order)
        wanted = ("canceled", placed.quantity - left) if left else "order_not_open"
        self._equal(f"canceled order {order_id}", found, wanted)
        self.counts["orders canceled" if left else "cancels refused: their orders were filled"] += 1

    def _timed(self, act: Callable[[], Answer]) -> Answer:
        began = time.perf_counter()
        try:
            return act()
        finally:
            self.milliseconds.append(1000 * (time.perf_counter() - began))

    def _equal(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.differences.append(f"{what}: expected {wanted}, found {found}")


def _price(cents: int) -> Decimal:
    return cents * CENT


def _quantity(satoshi: int) -> Decimal:
    return satoshi * SATOSHI


def _satoshi(quantity: str) -> int:
    return int(Decimal(quantity) / SATOSHI)


def _state(order: Answer) -> tuple[str, int]:
    return order["status"], _satoshi(order["filled_quantity"])


def _fill(trade: Answer) -> Fill:
    return Fill(int(Decimal(trade["price"]) / CENT), _satoshi(trade["quantity"]), trade["taker_side"])


def _levels(levels: list[Answer]) -> list[tuple[int, int, int]]:
    return [
        (int(Decimal(level["price"]) / CENT), _satoshi(level["quantity"]), level["orders"])
        for level in levels
    ]
