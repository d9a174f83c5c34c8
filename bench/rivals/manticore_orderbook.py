"""manticore-orderbook: orders as dicts, strategies by order type, events, locks and latency records."""

import logging
from collections.abc import Sequence

from manticore_orderbook import OrderBook

from bench.workloads import Command

# It writes a line for every order; that is not what is timed here.
logging.disable(logging.CRITICAL)


class Engine:
    def __init__(self) -> None:
        self.book = OrderBook("KTA/USDT", max_trade_history=10_000_000, enable_logging=False)

    def run(self, commands: Sequence[Command]) -> None:
        add, cancel = self.book.add_order, self.book.cancel_order
        for command in commands:
            if len(command) == 1:
                cancel(command.id)
                continue
            order_id, _, side, price, quantity = command
            add(side, price, quantity, order_id)

    def forget(self) -> None:
        self.book.book_manager._trade_history.clear()

    def fills(self) -> list[tuple[str, str, int, int]]:
        return [
            (trade["taker_order_id"], trade["maker_order_id"], int(trade["price"]), int(trade["quantity"]))
            for trade in self.book.book_manager.get_trades()
        ]
