"""Which destinations does a user trust, may his coins go to others, and must he sign for them?

A new destination can be used only after a waiting time, so that whoever steals a session can not
add his own and be paid at once. For the same reason the mode that allows no others, and the one that
wants each withdrawal signed, are over only a waiting time after they were switched off.
"""

from typing import NamedTuple

from chalicelib.errors import ConditionFailed, Conflict, NotFound, PayoutRefused
from chalicelib.flows import schema
from chalicelib.flows.gate import require_open
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


class Mode(NamedTuple):
    """`on`, and when that ends: 0 while it was not switched off."""

    on: bool
    ends_ms: int


class Listed(NamedTuple):
    """only: nothing goes anywhere else. signed: nothing goes without the user's signature."""

    entries: list[Entry]
    only: Mode
    signed: Mode


# How each mode is kept: whether it is on, and when it ends.
_ONLY, _SIGNED = ("only", "open_ms"), ("signed", "unsigned_ms")


class AddressBook:
    def __init__(self, reader: Reader, writer: Writer, timer: Timer) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer

    def of(self, user: UserId) -> Listed:
        first = Key(schema.ACCOUNTS, user, schema.BOOK_PREFIX)
        page = self._reader.page(first, schema.BOOK_PREFIX + "~", ENTRIES_MAX)
        entries = [_entry(item) for item in page.items]
        return Listed(entries, self._mode(user, _ONLY), self._mode(user, _SIGNED))

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
        """Switched on at once, off after the waiting time. Raises RateLimited while his gate is closed."""
        return self._switch(user, _ONLY, only)

    def signed(self, user: UserId, signed: bool) -> Listed:
        """Likewise."""
        return self._switch(user, _SIGNED, signed)

    def _switch(self, user: UserId, names: tuple[str, str], on: bool) -> Listed:
        name, end = names
        now = self._mode(user, names)
        if on:
            changed: Item = {name: 1, end: 0}
        elif now.on and not now.ends_ms:
            changed = {name: 1, end: self._timer.now_ms() + WAIT_MS}
        else:
            return self.of(user)
        # What is written there is also written where his payments are signed.
        require_open(self._reader.get(schema.gate(user)), self._timer.now_ms())
        self._writer.commit((Update(schema.payout_controls(user), set=changed),))
        return self.of(user)

    def must_sign(self, user: UserId) -> bool:
        return self._mode(user, _SIGNED).on

    def require(self, user: UserId, to: str) -> None:
        """Raises PayoutRefused unless this user's coins may go there now."""
        if not self._mode(user, _ONLY).on:
            return
        item = self._reader.get(schema.book_entry(user, to))
        if item is None:
            raise PayoutRefused("the address is not in your address book", code="address_not_listed")
        if _entry(item).usable_ms > self._timer.now_ms():
            raise PayoutRefused("the address was added a short while ago", code="address_too_new")

    def _mode(self, user: UserId, names: tuple[str, str]) -> Mode:
        name, end = names
        item = self._reader.get(schema.payout_controls(user)) or {}
        ends_ms = int(str(item.get(end, 0)))
        on = int(str(item.get(name, 0))) == 1 and not 0 < ends_ms <= self._timer.now_ms()
        return Mode(on, ends_ms if on else 0)


def _entry(item: Item) -> Entry:
    address = str(item["sk"]).removeprefix(schema.BOOK_PREFIX)
    return Entry(address, str(item["name"]), int(str(item["usable_ms"])))
