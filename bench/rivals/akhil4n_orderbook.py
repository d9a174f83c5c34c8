"""akhil4n-orderbook: sorted price levels, an ordered dict as the queue of each."""

from collections.abc import Sequence

from orderbook import Order, OrderBook, OrderSide

from bench.workloads import Command

SIDES = {"buy": OrderSide.BID, "sell": OrderSide.ASK}


class Engine:
    def __init__(self) -> None:
        self.book = OrderBook()
        self.orders: dict[str, Order] = {}

    def run(self, commands: Sequence[Command]) -> None:
        add, cancel, orders = self.book.add_limit_order, self.book.cancel_order, self.orders
        for command in commands:
            if len(command) == 1:
                order = orders.get(command.id)
                if order is not None:
                    cancel(order.order_id)
                continue
            order_id, _, side, price, quantity = command
            orders[order_id] = order = Order(SIDES[side], price, quantity)
            add(order)

    def forget(self) -> None:
        self.book.trade_log.clear()

    def fills(self) -> list[tuple[str, str, int, int]]:
        ours = {order.order_id: order_id for order_id, order in self.orders.items()}
        return [
            (ours[trade.aggressor_id], ours[trade.filler_id], trade.price, trade.quantity_filled)
            for trade in self.book.trade_log
        ]
