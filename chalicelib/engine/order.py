"""What does the engine know of an order?"""

from typing import Literal, NamedTuple

from chalicelib.ids import OrderId, UserId

Side = Literal["buy", "sell"]
TimeInForce = Literal["gtc", "ioc", "postonly"]

OPPOSITE: dict[Side, Side] = {"buy": "sell", "sell": "buy"}


class LimitOrder(NamedTuple):
    """An incoming limit order. Prices count ticks, quantities count lots.

    `quantity` is what the owner ordered, `remaining` what is not yet filled: they differ
    only while a sweep over many makers is being continued in several steps.
    """

    order_id: OrderId
    user: UserId
    side: Side
    price: int
    quantity: int
    remaining: int
    tif: TimeInForce
