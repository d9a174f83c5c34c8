"""Where does a user deposit? At an address that waits for him already, his alone from then on."""

import hashlib

from chalicelib.errors import ConditionFailed, Unavailable, WriteContention
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.plan import Absent, Delete, Plan, Present, Put
from chalicelib.flows.ports import Reader, Timer, Writer
from chalicelib.ids import UserId

# Of so many that wait each user tries his own first, so that many at once seldom want the same.
LOOK = 20
TRIES_MAX = 6


class Addresses:
    def __init__(self, reader: Reader, writer: Writer, timer: Timer) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer

    def of(self, user: UserId) -> str:
        """The user's address, taken from the pool if he has none. Raises Unavailable."""
        for attempt in range(TRIES_MAX):
            if found := self.known(user):
                return found
            waiting = self._waiting()
            if not waiting:
                break
            address = waiting[(_spread(user) + attempt) % len(waiting)]
            try:
                self._writer.commit(assign(user, address, self._timer.now_ms()))
            except (ConditionFailed, WriteContention):
                continue  # somebody was faster: at this address, or in this user's own name
            return address
        raise Unavailable("no address is free now; ask again in a minute", code="no_address_free")

    def known(self, user: UserId) -> str | None:
        """The one he has already."""
        item = self._reader.get(schema.deposit_address(user))
        return str(item["address"]) if item else None

    def _waiting(self) -> list[str]:
        page = self._reader.page(table.free_address("0"), "~", LOOK)
        return [str(item["sk"]) for item in page.items]


def assign(user: UserId, address: str, now_ms: int) -> Plan:
    """Once for the user, once for the address."""
    return (
        Put(schema.deposit_address(user), {"address": address, "since_ms": now_ms}, require=(Absent(),)),
        Delete(table.free_address(address), require=(Present(),)),
        Put(table.rolled_address(address), {"owner": user}, require=(Absent(),)),
    )


def _spread(user: UserId) -> int:
    return hashlib.sha256(user.encode()).digest()[0]
