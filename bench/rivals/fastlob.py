"""fastlob: prices and quantities as Decimal; of a trade it tells the price and the sum, not the makers."""

import logging
from collections.abc import Sequence

from fastlob import ExecutionResult, Orderbook, OrderParams, OrderSide, ResultType

from bench.workloads import Command

SIDES = {"buy": OrderSide.BID, "sell": OrderSide.ASK}

# It writes several lines for every order; that is not what is timed here.
logging.disable(logging.CRITICAL)


class Engine:
    def __init__(self) -> None:
        self.book = Orderbook("KTA/USDT", start=True)
        self.orders: dict[str, str] = {}
        self.results: list[ExecutionResult] = []

    def run(self, commands: Sequence[Command]) -> None:
        process, cancel, orders = self.book.process, self.book.cancel, self.orders
        for command in commands:
            if len(command) == 1:
                cancel(orders.get(command.id))
                continue
            order_id, _, side, price, quantity = command
            result = process(OrderParams(SIDES[side], price, quantity))
            orders[order_id] = result.orderid()
            if result.kind() != ResultType.LIMIT:
                self.results.append(result)

    def forget(self) -> None:
        self.results.clear()

    def fills(self) -> list[tuple[str, str, int, int]]:
        self.book.stop()
        ours = {number: order_id for order_id, number in self.orders.items()}
        return [
            (ours[result.orderid()], "", int(price), int(quantity))
            for result in self.results
            for price, quantity in result.execprices().items()
        ]
