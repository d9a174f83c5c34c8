"""Which orders has a user in this market? All that rest or sleep, none that only passes."""

from typing import TypeAlias

from chalicelib.engine.level import Resting
from chalicelib.engine.order import StopOrder
from chalicelib.ids import UserId

OpenOrder: TypeAlias = Resting | StopOrder


class Owners:
    """Open orders by user. A user is named here as long as he has one."""

    __slots__ = ("_by_user",)

    def __init__(self) -> None:
        self._by_user: dict[UserId, set[OpenOrder]] = {}

    def add(self, user: UserId, order: OpenOrder) -> None:
        orders = self._by_user.get(user)
        if orders is None:
            self._by_user[user] = {order}
        else:
            orders.add(order)

    def drop(self, user: UserId, order: OpenOrder) -> None:
        orders = self._by_user[user]
        orders.remove(order)
        if not orders:
            del self._by_user[user]

    def count(self, user: UserId) -> int:
        return len(self._by_user.get(user, ()))

    def orders_of(self, user: UserId) -> list[OpenOrder]:
        """By arrival."""
        return sorted(self._by_user.get(user, ()), key=_arrival)

    def first_of(self, user: UserId) -> OpenOrder | None:
        """Who came earliest."""
        return min(self._by_user.get(user, ()), key=_arrival, default=None)


def _arrival(order: OpenOrder) -> int:
    return order.arrival
