"""Which orders has a user in this market? All that rest or sleep, none that only passes."""

from collections import defaultdict
from typing import TypeAlias

from chalicelib.engine.level import Resting
from chalicelib.engine.order import StopOrder
from chalicelib.ids import OrderId, UserId

OpenOrder: TypeAlias = Resting | StopOrder


class Owners(defaultdict[UserId, set[OrderId]]):
    """Open orders by user: `owners[user].add(order_id)`. A user is named as long as he has one."""

    def __init__(self) -> None:
        super().__init__(set)

    def drop(self, user: UserId, order_id: OrderId) -> None:
        orders = self[user]
        orders.remove(order_id)
        if not orders:
            del self[user]

    def count(self, user: UserId) -> int:
        return len(self.get(user, ()))
