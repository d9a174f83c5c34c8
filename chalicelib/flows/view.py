"""What does a market look like right now, to somebody who only reads?

A warm replica that follows the journal before every answer, so that a trader reads his
own writes as soon as their step has committed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from chalicelib.errors import BookCorrupt
from chalicelib.flows.ports import JournalReader, Timer
from chalicelib.flows.replica import Replica, catch_up, load
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
        self._journal = journal
        self._timer = timer
        self._lock = Lock()
        self._replica: Replica | None = None

    @contextmanager
    def current(self) -> Iterator[Replica]:
        """The replica as of the journal's end now. Take what you need and let go."""
        with self._lock:
            yield self._follow()

    @contextmanager
    def recent(self) -> Iterator[Replica]:
        """The replica as somebody saw it within the last second; saves a read."""
        with self._lock:
            replica, now_ms = self._replica, self._timer.now_ms()
            fresh = replica is not None and now_ms - replica.checked_ms < RECENT_MS
            yield replica if replica is not None and fresh else self._follow()

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

    def _follow(self) -> Replica:
        now_ms = self._timer.now_ms()
        if self._replica is not None and not self._replica.is_stale(now_ms):
            try:
                catch_up(self._replica, self._journal, now_ms)
            except BookCorrupt:
                self._replica = None  # then the whole story again, from the store
            else:
                return self._replica
        self._replica = load(self.market, self._journal, now_ms)
        return self._replica
