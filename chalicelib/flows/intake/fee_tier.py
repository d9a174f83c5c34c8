"""Which fee rates is a user promised, by what he traded within 30 days?"""

from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.ports import Reader, Timer
from chalicelib.flows.records.volumes import volume_of
from chalicelib.ids import MarketId, UserId
from chalicelib.market import Market, Rates

# Volumes are counted within the hour; a minute more changes nothing, and saves most reads.
REMEMBER_MS = 60_000
# Volumes remembered at once by one process; forgetting one costs a read.
VOLUMES_MAX = 10_000


class _Known(NamedTuple):
    volume: int
    until_ms: int


class FeeTiers:
    """Shared by the requests of one process."""

    def __init__(self, reader: Reader, timer: Timer) -> None:
        self._reader = reader
        self._timer = timer
        self._known: dict[tuple[UserId, MarketId], _Known] = {}

    def rates(self, user: UserId, market: Market) -> Rates:
        """Raises StoreUnavailable."""
        if not market.tiers:
            return market.rates(0)
        now_ms = self._timer.now_ms()
        known = self._known.get((user, market.id))
        if known is None or now_ms >= known.until_ms:
            if len(self._known) >= VOLUMES_MAX:
                self._known.clear()
            known = _Known(self.volume(user, market), now_ms + REMEMBER_MS)
            self._known[user, market.id] = known
        return market.rates(known.volume)

    def volume(self, user: UserId, market: Market) -> int:
        """Quote units traded within 30 days, as far as they were counted. Raises StoreUnavailable."""
        return volume_of(self._reader.get(schema.volume(user, market.id)), self._timer.now_ms())
