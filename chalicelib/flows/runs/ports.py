"""What does a run need from the network and from the keys? Small protocols; `wiring` fills them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from chalicelib.flows.custody.accounts import ManyReader
from chalicelib.flows.ports import Observer, Reader, Timer, Writer
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, BlockBody
from chalicelib.keeta.identifier import opening_hash
from chalicelib.keeta.network import Network
from chalicelib.keeta.quorum import Weights
from chalicelib.keeta.staple import Staple
from chalicelib.settlement.outlook import Landed, Outlook
from chalicelib.settlement.publishing import Publishing


class ChainState(NamedTuple):
    """As enough representatives see it. `balances` by token, in base units."""

    account: Account
    head: bytes | None
    balances: dict[Account, int]

    @property
    def previous(self) -> bytes:
        """What the account's next block must name as its `previous`."""
        return self.head or opening_hash(self.account)


class Chain(Protocol):
    """The steps raise KeetaNodeError; so does `states` while too few agree."""

    @property
    def network(self) -> Network: ...

    @property
    def weights(self) -> Weights: ...

    def states(self, accounts: Sequence[Account]) -> list[ChainState]:
        """In the order of `accounts`."""

    def some_states(self, accounts: Sequence[Account]) -> list[ChainState]:
        """Without those that change this moment."""

    def sendable(
        self, signer: Account, legs: Sequence[tuple[Account, Account]]
    ) -> set[tuple[Account, Account]]:
        """Of these (account, token) those that the signer may send as things stand; one is given at least."""

    def senders(self, signer: Account, accounts: Sequence[Account]) -> set[Account]:
        """From which of these accounts the signer may send, by a row of its own."""

    def ask_temporary(self, publishing: Publishing) -> Publishing: ...

    def ask_permanent(self, publishing: Publishing) -> Publishing: ...

    def renew(self, publishing: Publishing) -> Publishing: ...

    def is_raced(self, publishing: Publishing) -> bool:
        """Whether somebody shows a vote for ever for our first block in another staple. A glance."""

    def publish(self, publishing: Publishing) -> object: ...

    def spread(self, staple: Staple) -> object:
        """Give a staple that is final to everybody."""

    def look(self, publishing: Publishing) -> Outlook: ...

    def after(self, account: Account, previous: bytes) -> Landed | None:
        """The staple that provably holds the account's block after `previous`. None proves nothing."""


class Signer(Protocol):
    @property
    def account(self) -> Account: ...

    def sign(self, body: BlockBody) -> Block: ...


class StoreReader(Reader, ManyReader, Protocol):
    """Single items, many of them, and pages."""


class Desk(NamedTuple):
    """What everybody who runs something has at hand."""

    chain: Chain
    reader: StoreReader
    writer: Writer
    timer: Timer
    observer: Observer
