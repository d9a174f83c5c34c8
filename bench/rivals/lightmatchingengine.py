"""LightMatchingEngine: one dict of lists a side, the best price found by looking at all of them."""

from collections.abc import Sequence
from typing import Any

from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side

from bench.workloads import Command

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
MARKET = "KTA/USDT"


class Engine:
    def __init__(self) -> None:
        self.engine = LightMatchingEngine()
        self.orders: dict[str, int] = {}
        self.trades: list[list[Any]] = []

    def run(self, commands: Sequence[Command]) -> None:
        add, cancel, orders = self.engine.add_order, self.engine.cancel_order, self.orders
        for command in commands:
            if len(command) == 1:
                try:  # noqa: SIM105 - suppress() would cost it time
                    cancel(orders.get(command.id), MARKET)
                except AssertionError:
                    pass  # its answer to a cancel of what was filled, when the level has gone
                continue
            order_id, _, side, price, quantity = command
            order, trades = add(MARKET, price, quantity, SIDES[side])
            orders[order_id] = order.order_id
            if trades:
                self.trades.append(trades)

    def forget(self) -> None:
        self.trades.clear()

    def fills(self) -> list[tuple[str, str, int, int]]:
        """Each trade of the taker comes once for him, and then once for every maker in it."""
        ours = {number: order_id for order_id, number in self.orders.items()}
        return [
            (ours[trades[0].order_id], ours[trade.order_id], trade.trade_price, trade.trade_qty)
            for trades in self.trades
            for trade in trades
            if trade.order_id != trades[0].order_id
        ]
