"""Where does a user deposit? At an address that waits for him already, his alone from then on.

Each costs the house something, and only so many are made in a day. Keys cost nothing, so new addresses are
counted by the network that they are asked from: nobody takes all of a day's from one place.
"""

import hashlib

from chalicelib.errors import ConditionFailed, RateLimited, Unavailable, WriteContention
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.plan import Absent, AtMost, Delete, Plan, Present, Put, Update
from chalicelib.flows.ports import Reader, Timer, Writer
from chalicelib.ids import UserId

# Of so many that wait each user tries his own first, so that many at once seldom want the same.
LOOK = 20
TRIES_MAX = 6
DAY_MS = 86_400_000

# Where the count stands in the plan.
_COUNT = 3


class Addresses:
    """`per_source`: new addresses that a network may ask for on one day (UTC)."""

    def __init__(self, reader: Reader, writer: Writer, timer: Timer, per_source: int) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer
        self._per_source = per_source

    def of(self, user: UserId, source: str | None = None) -> str:
        """The user's address, taken from the pool if he has none.

        source: the network that he asks from; None for ourselves. Raises RateLimited, Unavailable.
        """
        for attempt in range(TRIES_MAX):
            if found := self.known(user):
                return found
            waiting = self._waiting()
            if not waiting:
                break
            address = waiting[(_spread(user) + attempt) % len(waiting)]
            now_ms = self._timer.now_ms()
            counted = () if source is None else (self._counted(source, now_ms),)
            try:
                self._writer.commit((*assign(user, address, now_ms), *counted))
            except ConditionFailed as fault:
                if fault.failed == (_COUNT,):
                    raise _too_many(now_ms) from None
                continue  # somebody was faster: at this address, or in this user's own name
            except WriteContention:
                continue
            return address
        raise Unavailable("no address is free now; ask again in a minute", code="no_address_free")

    def known(self, user: UserId) -> str | None:
        """The one he has already."""
        item = self._reader.get(schema.deposit_address(user))
        return str(item["address"]) if item else None

    def _waiting(self) -> list[str]:
        page = self._reader.page(table.free_address("0"), "~", LOOK)
        return [str(item["sk"]) for item in page.items]

    def _counted(self, source: str, now_ms: int) -> Update:
        day = now_ms // DAY_MS
        return Update(
            schema.addresses_of_source(source, day),
            set={schema.EXPIRES: (day + 2) * DAY_MS // 1000},
            add={"given": 1},
            require=(AtMost("given", self._per_source - 1),),
        )


def assign(user: UserId, address: str, now_ms: int) -> Plan:
    """Once for the user, once for the address."""
    return (
        Put(schema.deposit_address(user), {"address": address, "since_ms": now_ms}, require=(Absent(),)),
        Delete(table.free_address(address), require=(Present(),)),
        Put(table.rolled_address(address), {"owner": user}, require=(Absent(),)),
    )


def _too_many(now_ms: int) -> RateLimited:
    rest_s = -(-(DAY_MS - now_ms % DAY_MS) // 1000)
    detail = "too many new addresses were asked for from your network today (UTC)"
    return RateLimited(detail, code="too_many_addresses", retry_s=rest_s)


def _spread(user: UserId) -> int:
    return hashlib.sha256(user.encode()).digest()[0]
