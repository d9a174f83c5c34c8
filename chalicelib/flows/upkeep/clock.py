"""Who wakes a market in which something is due, when nobody sends it a command?

The book looks at no clock: time is a command. So a market is looked at every few seconds and
gets a Tick through its own queue. That what is due comes before any command, the matcher sees to.
"""

from chalicelib.flows.book.view import MarketView
from chalicelib.flows.ports import CommandQueue, Timer
from chalicelib.flows.records.commands import Tick
from chalicelib.ids import tick_command

# How often a market is looked at. An order may end so much later than its time; where one run of
# the function that looks ends and the next begins, some seconds more.
LOOK_MS = 2_000
# What is still due gets another Tick after this: a matcher whose clock is behind did nothing.
RESEND_MS = LOOK_MS


class Clock:
    def __init__(self, queue: CommandQueue, timer: Timer) -> None:
        self._queue = queue
        self._timer = timer

    def look(self, view: MarketView) -> bool:
        """Whether a Tick was sent. Raises StoreUnavailable, BookCorrupt, QueueUnavailable."""
        with view.current() as replica:
            due_ms = replica.book.next_due_ms
        late_ms = self._timer.now_ms() - due_ms if due_ms is not None else -1
        if due_ms is None or late_ms < 0:
            return False
        # The queue drops a repeated id: so whoever looks, and however often, few are sent.
        noticed_ms = due_ms + late_ms // RESEND_MS * RESEND_MS
        self._queue.send(view.market, [Tick(tick_command(view.market.id, noticed_ms))])
        return True
