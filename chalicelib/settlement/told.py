"""What does a representative tell us about accounts, chains and histories?

Only what one of them says: whether it is true is a matter of verified staples, or of enough
representatives that say the same.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.identifier import opening_hash
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.permissions import Permissions
from chalicelib.keeta.staple import Staple


class Side(Enum):
    """MAIN holds what has landed, SIDE what was promised and has not."""

    MAIN = "main"
    SIDE = "side"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """`supply` of a token in base units, `default` of an identifier, `quorum` of a multisig account."""

    name: str
    description: str
    metadata: str
    supply: int | None = None
    default: Permissions | None = None
    quorum: int | None = None


@dataclass(frozen=True, slots=True)
class AccountState:
    """`head` is the hash of the newest block, None before the first. Balances are ordered by token."""

    account: Account
    head: bytes | None
    height: int | None
    representative: Account | None
    balances: tuple[tuple[Account, int], ...]
    info: AccountInfo

    def balance(self, token: Account) -> int:
        """In base units; 0 for a token that is not there."""
        return dict(self.balances).get(token, 0)

    @property
    def previous(self) -> bytes:
        """What the account's next block must name as its `previous`."""
        return self.head or opening_hash(self.account)


class Head(NamedTuple):
    block: Block | None
    height: int | None


class ChainPage(NamedTuple):
    """Blocks newest first; `next` is the hash to start the next page with, None at the end."""

    blocks: tuple[Block, ...]
    next: bytes | None


class Entry(NamedTuple):
    """A staple as a history tells it. `id` is its blocks hash: where the next page starts after."""

    id: bytes
    moment: Moment
    staple: Staple


class Unreadable(NamedTuple):
    """A staple that we refuse to read, and why. A follower notes it and goes on."""

    id: bytes
    moment: Moment | None
    reason: str
    raw: bytes


class HistoryPage(NamedTuple):
    """Newest first. An empty page is the end; a short one is not."""

    entries: tuple[Entry | Unreadable, ...]

    @property
    def next(self) -> bytes | None:
        """The `start` of the page after this one: a history starts after what it names."""
        return self.entries[-1].id if self.entries else None


class RepresentativeInfo(NamedTuple):
    """`weight` in base units of the base token; `api` is its URL, as it says itself."""

    account: Account
    weight: int
    api: str | None
