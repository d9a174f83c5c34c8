"""What does a market look like right now, to somebody who only reads?

A warm replica that follows the journal before every answer, so that a trader reads his
own writes as soon as their step has committed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.warm import WarmReplica
from chalicelib.flows.ports import JournalReader, Timer
from chalicelib.market import Market

# How often a waiting request looks: a matcher needs some milliseconds at the least, and a
# look costs half a read unit.
PAUSE_MS_FIRST = 5
PAUSE_MS_MAX = 100
# How old a look may be where only the market's mode is asked, which the matcher checks again.
RECENT_MS = 1_000


class MarketView:
    """Shared by the requests of one process, some of which may run at the same time."""

    def __init__(self, market: Market, journal: JournalReader, timer: Timer) -> None:
        self.market = market
        self._timer = timer
        self._lock = Lock()
        self._warm = WarmReplica(market, journal)

    @contextmanager
    def current(self) -> Iterator[Replica]:
        """The replica as of the journal's end now. Take what you need and let go."""
        with self._lock:
            yield self._warm.current(self._timer.now_ms(), follow=True)

    @contextmanager
    def recent(self) -> Iterator[Replica]:
        """The replica as somebody saw it within the last second; saves a read."""
        with self._lock:
            replica, now_ms = self._warm.loaded, self._timer.now_ms()
            old = replica is None or now_ms - replica.checked_ms >= RECENT_MS
            yield self._warm.current(now_ms, follow=old)

    def wait_until(self, reached: Callable[[Replica], bool], wait_ms: int) -> bool:
        """Whether the market got there; looks until it does or for `wait_ms`."""
        deadline_ms = self._timer.now_ms() + wait_ms
        pause_ms = PAUSE_MS_FIRST
        while (left_ms := deadline_ms - self._timer.now_ms()) > 0:
            self._timer.pause(min(pause_ms, left_ms))
            with self.current() as replica:
                if reached(replica):
                    return True
            pause_ms = min(2 * pause_ms, PAUSE_MS_MAX)
        return False
