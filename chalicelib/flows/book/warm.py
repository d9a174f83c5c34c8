"""How is a book kept warm between requests, and when is it not to be trusted?"""

from chalicelib.errors import BookCorrupt
from chalicelib.flows.book.replica import Replica, catch_up, load
from chalicelib.flows.ports import JournalReader
from chalicelib.market import Market


class WarmReplica:
    """A replica that is loaded when it is first needed and follows the journal after that."""

    def __init__(self, market: Market, journal: JournalReader) -> None:
        self._market = market
        self._journal = journal
        self._replica: Replica | None = None

    @property
    def loaded(self) -> Replica | None:
        """As it stands, however old; None while nothing is loaded."""
        return self._replica

    def drop(self) -> None:
        """Forget it; the store tells the whole story again."""
        self._replica = None

    def has_moved(self) -> bool:
        """Whether the journal holds an entry that the replica does not know."""
        seq = self._replica.seq if self._replica else 0
        return self._journal.has(self._market.id, seq + 1)

    def current(self, now_ms: int, *, follow: bool) -> Replica:
        """The replica; at the journal's end if `follow`, else as far as it was last seen.

        Raises BookCorrupt when the store itself does not add up, and StoreUnavailable.
        """
        if self._replica is None or self._replica.is_stale(now_ms):
            return self._load(now_ms)
        if follow:
            try:
                catch_up(self._replica, self._journal, now_ms)
            except BookCorrupt:
                return self._load(now_ms)  # half an entry may be in it
        return self._replica

    def _load(self, now_ms: int) -> Replica:
        self._replica = None
        self._replica = load(self._market, self._journal, now_ms)
        return self._replica
