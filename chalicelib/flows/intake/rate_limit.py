"""May this user send another order now?

Counted per user in windows of time. A small share of each window costs nothing: every
warm process grants it on its own. Beyond that, a process takes permits from a counter
that all of them share, many at a time; so the busy pay a twentieth of a write each, the quiet
pay nothing, and no number of processes lets one user exceed the limit by more than their
free shares.
"""

from dataclasses import dataclass

from chalicelib.errors import ConditionFailed, RateLimited, WriteContention
from chalicelib.flows import schema
from chalicelib.flows.plan import AtMost, Update
from chalicelib.flows.ports import Timer, Writer
from chalicelib.ids import UserId

WINDOW_MS = 10_000
FREE_PER_WINDOW = 20
PERMITS_PER_LEASE = 20
# Users remembered at once by one process; forgetting one only grants the free share again.
USERS_MAX = 10_000


@dataclass
class _Grant:
    window: int
    permits: int


class RateLimit:
    """At most `per_window` permits in WINDOW_MS for each user, plus the free shares."""

    def __init__(self, per_window: int, writer: Writer, timer: Timer) -> None:
        self._per_window = per_window
        self._writer = writer
        self._timer = timer
        self._grants: dict[UserId, _Grant] = {}

    def admit(self, user: UserId, permits: int = 1) -> None:
        """Uses up permits. Raises RateLimited."""
        window = self._timer.now_ms() // WINDOW_MS
        grant = self._grants.get(user)
        if grant is None or grant.window != window:
            if len(self._grants) >= USERS_MAX:
                self._grants.clear()
            grant = self._grants[user] = _Grant(window, FREE_PER_WINDOW)
        while grant.permits < permits:
            self._lease(user, window)
            grant.permits += PERMITS_PER_LEASE
        grant.permits -= permits

    def _lease(self, user: UserId, window: int) -> None:
        room = AtMost("permits", self._per_window - PERMITS_PER_LEASE)
        forget_s = (window + 2) * WINDOW_MS // 1000
        lease = Update(
            schema.request_window(user, window),
            set={schema.EXPIRES: forget_s},
            add={"permits": PERMITS_PER_LEASE},
            require=(room,),
        )
        try:
            self._writer.commit((lease,))
        except (ConditionFailed, WriteContention):
            raise RateLimited(f"more than {self._per_window} orders in {WINDOW_MS // 1000} s") from None
