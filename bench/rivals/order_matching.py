"""order-matching: looks through all orders for each match, so that only a slice can be run."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from loguru import logger
from order_matching.enums import Side
from order_matching.matching_engine import MatchingEngine
from order_matching.order import LimitOrder
from order_matching.orders import Orders
from order_matching.trade import Trade

from bench.workloads import Command

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TICK = timedelta(seconds=1)

# It writes a line for every order; that is not what is timed here.
logging.disable(logging.CRITICAL)
logger.remove()


class Engine:
    def __init__(self) -> None:
        self.engine = MatchingEngine(seed=1)
        self.now = datetime(2025, 1, 1)
        self.trades: list[Trade] = []

    def run(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self.now += TICK
            if len(command) == 1:
                try:  # noqa: SIM105 - suppress() would cost it time
                    self.engine.cancel_order(command.id)
                except ValueError:
                    pass  # its answer to a cancel that comes too late
                continue
            order_id, user, side, price, quantity = command
            order = LimitOrder(
                side=SIDES[side],
                price=price,
                size=quantity,
                timestamp=self.now,
                order_id=order_id,
                trader_id=user,
            )
            self.engine.place(Orders([order]))
            self.trades += self.engine.match(self.now).trades

    def forget(self) -> None:
        self.trades.clear()

    def fills(self) -> list[tuple[str, str, int, int]]:
        return [
            (trade.incoming_order_id, trade.book_order_id, int(trade.price), int(trade.size))
            for trade in self.trades
        ]
