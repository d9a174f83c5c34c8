"""Who waits at one price, and in which order?

A level is a queue: the first to come is the first to trade, and anybody may leave from the
middle. A dict does both at one cost in a queue of two and of two million, and keeps the order
in which they came. Only an order that comes back (a leaving is taken back) stands at the wrong
end of it; then the queue is put in order again.
"""

from typing import TypeAlias

from chalicelib.engine.events import OrderRested
from chalicelib.ids import OrderId

# An order that waits is the event that put it there, with what remains of it by now.
Resting: TypeAlias = OrderRested
Level: TypeAlias = dict[OrderId, Resting]


def sum_of(level: Level) -> int:
    """What remains of all its orders together."""
    return sum([order.remaining for order in level.values()])


def put_in_order(level: Level) -> None:
    """Who came first, first."""
    orders = sorted(level.values())  # a seq stands first in each, and no two are the same
    level.clear()
    level.update((order.order_id, order) for order in orders)
