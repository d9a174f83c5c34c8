"""pyorderbook: a heap of price levels, prices as Decimal, orders with random ids."""

import logging
from collections.abc import Sequence

from pyorderbook import Book, Order, ask, bid
from pyorderbook.trade_blotter import TradeBlotter

from bench.workloads import Command

SIDES = {"buy": bid, "sell": ask}
MARKET = "KTA/USDT"

# It writes a line for every cancel that comes too late; that is not what is timed here.
logging.disable(logging.CRITICAL)


class Engine:
    def __init__(self) -> None:
        self.book = Book()
        self.orders: dict[str, Order] = {}
        self.blotters: list[TradeBlotter] = []

    def run(self, commands: Sequence[Command]) -> None:
        match, cancel, orders = self.book.match, self.book.cancel, self.orders
        for command in commands:
            if len(command) == 1:
                order = orders.get(command.id)
                try:
                    if order is not None:
                        cancel(order)
                except KeyError:
                    pass  # its answer to a cancel that comes too late
                continue
            order_id, _, side, price, quantity = command
            orders[order_id] = order = SIDES[side](MARKET, price, quantity)
            blotter = match(order)
            if blotter.trades:
                self.blotters.append(blotter)

    def forget(self) -> None:
        self.blotters.clear()

    def fills(self) -> list[tuple[str, str, int, int]]:
        ours = {order.id: order_id for order_id, order in self.orders.items()}
        return [
            (
                ours[trade.incoming_order_id],
                ours[trade.standing_order_id],
                int(trade.fill_price),
                trade.fill_quantity,
            )
            for blotter in self.blotters
            for trade in blotter.trades
        ]
