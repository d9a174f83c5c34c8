"""What does a block say, before anybody signs it?

An account's blocks form a chain: `previous` is the hash of the one before, or the
account's opening hash. Of all blocks with one `previous` at most one ever reaches the
main ledger. So a payment that is signed again on the SAME `previous` can not pay twice;
on a new one it can.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks.signer import Signer
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.operations import Operation


class Purpose(IntEnum):
    GENERIC = 0
    FEE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockBody:
    """Everything that is hashed and signed.

    network: the id of the network. account: whose chain this is. signer: who acts for
    it, often the account itself. previous: 32 bytes. date: the network takes a block
    only within 5 minutes of it. idempotent: at most one block of the account with this
    key ever lands. version: 1 is what wallets write; fees and multisig need 2.
    """

    network: int
    account: Account
    signer: Signer
    previous: bytes
    date: Moment
    operations: tuple[Operation, ...]
    purpose: Purpose = Purpose.GENERIC
    idempotent: bytes | None = None
    version: Literal[1, 2] = 2
