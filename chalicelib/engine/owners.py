"""Which orders has a user in this market? All that rest or sleep, none that only passes."""

from collections import defaultdict
from typing import TypeAlias

from chalicelib.engine.level import Resting
from chalicelib.engine.order import StopOrder
from chalicelib.ids import UserId

OpenOrder: TypeAlias = Resting | StopOrder


class Owners(defaultdict[UserId, set[OpenOrder]]):
    """Open orders by user: `owners[user].add(order)`. A user is named as long as he has one."""

    def __init__(self) -> None:
        super().__init__(set)

    def drop(self, user: UserId, order: OpenOrder) -> None:
        orders = self[user]
        orders.remove(order)
        if not orders:
            del self[user]

    def count(self, user: UserId) -> int:
        return len(self.get(user, ()))

    def orders_of(self, user: UserId) -> list[OpenOrder]:
        """By arrival."""
        return sorted(self.get(user, ()), key=_arrival)

    def first_of(self, user: UserId) -> OpenOrder | None:
        """Who came earliest."""
        return min(self.get(user, ()), key=_arrival, default=None)


def _arrival(order: OpenOrder) -> int:
    return order.arrival
