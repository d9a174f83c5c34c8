"""Which destinations does a user trust, and may his coins go to others?

A new destination can be used only after a waiting time, so that whoever steals a session can not
add his own and be paid at once. For the same reason the mode that allows no others is over only
a waiting time after it was switched off.
"""

from typing import NamedTuple

from chalicelib.errors import ConditionFailed, Conflict, NotFound, PayoutRefused
from chalicelib.flows import schema
from chalicelib.flows.plan import Absent, Delete, Item, Present, Put, Update
from chalicelib.flows.ports import Reader, Timer, Writer
from chalicelib.flows.schema import Key
from chalicelib.ids import UserId

WAIT_MS = 24 * 3_600_000
ENTRIES_MAX = 100


class Entry(NamedTuple):
    address: str
    name: str
    usable_ms: int


class Listed(NamedTuple):
    """`only`: nothing goes anywhere else; `open_ms` is when that ends, 0 while it was not switched off."""

    entries: list[Entry]
    only: bool
    open_ms: int


class AddressBook:
    def __init__(self, reader: Reader, writer: Writer, timer: Timer) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer

    def of(self, user: UserId) -> Listed:
        first = Key(schema.ACCOUNTS, user, schema.BOOK_PREFIX)
        page = self._reader.page(first, schema.BOOK_PREFIX + "~", ENTRIES_MAX)
        only, open_ms = self._mode(user)
        return Listed([_entry(item) for item in page.items], only, open_ms)

    def add(self, user: UserId, address: str, name: str) -> Listed:
        """Adding again changes nothing. Raises Conflict when the book is full."""
        if len(self.of(user).entries) >= ENTRIES_MAX:
            raise Conflict(f"more than {ENTRIES_MAX} addresses", code="address_book_full")
        item: Item = {"name": name, "usable_ms": self._timer.now_ms() + WAIT_MS}
        try:
            self._writer.commit((Put(schema.book_entry(user, address), item, require=(Absent(),)),))
        except ConditionFailed:
            return self.of(user)
        return self.of(user)

    def remove(self, user: UserId, address: str) -> Listed:
        """Raises NotFound."""
        try:
            self._writer.commit((Delete(schema.book_entry(user, address), require=(Present(),)),))
        except ConditionFailed:
            raise NotFound("no such address in the book", code="address_not_found", field="address") from None
        return self.of(user)

    def only(self, user: UserId, only: bool) -> Listed:
        """Switched on at once, off after the waiting time."""
        is_on, open_ms = self._mode(user)
        if only:
            changed: Item = {"only": 1, "open_ms": 0}
        elif is_on and not open_ms:
            changed = {"only": 1, "open_ms": self._timer.now_ms() + WAIT_MS}
        else:
            return self.of(user)
        self._writer.commit((Update(schema.payout_controls(user), set=changed),))
        return self.of(user)

    def require(self, user: UserId, to: str) -> None:
        """Raises PayoutRefused unless this user's coins may go there now."""
        only, _ = self._mode(user)
        if not only:
            return
        item = self._reader.get(schema.book_entry(user, to))
        if item is None:
            raise PayoutRefused("the address is not in your address book", code="address_not_listed")
        if _entry(item).usable_ms > self._timer.now_ms():
            raise PayoutRefused("the address was added a short while ago", code="address_too_new")

    def _mode(self, user: UserId) -> tuple[bool, int]:
        item = self._reader.get(schema.payout_controls(user)) or {}
        open_ms = int(str(item.get("open_ms", 0)))
        on = int(str(item.get("only", 0))) == 1 and not 0 < open_ms <= self._timer.now_ms()
        return on, open_ms if on else 0


def _entry(item: Item) -> Entry:
    address = str(item["sk"]).removeprefix(schema.BOOK_PREFIX)
    return Entry(address, str(item["name"]), int(str(item["usable_ms"])))
