"""What do the stories need from the outside world? Small protocols; `wiring` fills them.

Errors that each of them raises are named in `errors.py`, never those of a library.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chalicelib.flows.plan import Item, Plan
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.commands import Command
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.records.snapshot import Snapshot
from chalicelib.flows.schema import Key
from chalicelib.ids import CommandId, MarketId, OrderId, UserId
from chalicelib.market import Market

if TYPE_CHECKING:
    from chalicelib.auth.token import TokenKeys


class Page(NamedTuple):
    """Items in order, and the sort key to go on after (None: there is no more)."""

    items: list[Item]
    next: str | None


class OrderKey(NamedTuple):
    user: UserId
    order_id: OrderId


class AmendmentKey(NamedTuple):
    user: UserId
    command: CommandId


class OrderPage(NamedTuple):
    """Keys in order, and the cursor to go on from (None: there is no more).

    Amendments stand among the orders of a minute; a user's orders come without them.
    """

    keys: list[OrderKey]
    next: str | None
    amendments: tuple[AmendmentKey, ...] = ()


class Writer(Protocol):
    def commit(self, plan: Plan) -> None:
        """All or nothing. Raises ConditionFailed, WriteContention, WriteRefused, StoreUnavailable."""


class Reader(Protocol):
    """Consistent reads: what a finished commit wrote is there."""

    def get(self, key: Key) -> Item | None: ...

    def page(
        self, first: Key, last_sk: str, limit: int, *, newest_first: bool = False, after: str | None = None
    ) -> Page:
        """Items of one partition with sort keys from `first.sk` to `last_sk`, both included.

        `after` is where an earlier page ended.
        """


class JournalReader(Protocol):
    def tail(self, market: MarketId, after: int) -> Iterable[JournalEntry]:
        """Entries after number `after`, in order, read consistently."""

    def has(self, market: MarketId, seq: int) -> bool: ...

    def last_seq(self, market: MarketId) -> int:
        """Number of the newest entry, 0 when there is none."""

    def snapshot(self, market: MarketId) -> Snapshot | None: ...


class OrderReader(Protocol):
    def get(self, user: UserId, order_id: OrderId) -> OrderRecord | None: ...

    def get_many(self, keys: list[OrderKey]) -> list[OrderRecord]:
        """Those that exist, in the order of `keys`."""

    def of_user(self, user: UserId, before: str | None, limit: int) -> OrderPage:
        """Newest first. The index lags by milliseconds; the records themselves do not."""

    def of_minute(self, market: MarketId, minute: int, part: int, after: str | None, limit: int) -> OrderPage:
        """Orders and amendments of one market accepted in one minute since 1970, oldest first; those of
        one of its parts (schema.MINUTE_PARTS)."""

    def amendments(self, keys: list[AmendmentKey]) -> list[Amendment]:
        """Those that exist, in the order of `keys`."""


class Identifiers(Protocol):
    def uuid(self) -> str:
        """A random UUID that nobody can guess, in lower case."""


class KeySource(Protocol):
    """Secrets of tokens. Kept by a process for a while, since they rarely change."""

    def current(self, now_ms: int) -> "TokenKeys": ...

    def refreshed(self, now_ms: int) -> "TokenKeys":
        """Read anew, if that was not done just before."""


class CommandQueue(Protocol):
    def send(self, market: Market, commands: Sequence[Command]) -> None:
        """One message. Raises QueueUnavailable; it may have been taken all the same."""


class Timer(Protocol):
    def now_ms(self) -> int: ...

    def pause(self, ms: int) -> None: ...

    def jitter(self, ms: int) -> int:
        """A random number of milliseconds up to `ms`."""


class Observer(Protocol):
    def note(self, event: str, **fields: str | int) -> None:
        """Something worth counting happened."""

    def alarm(self, event: str, **fields: str | int) -> None:
        """Something happened that a person must look at."""
