"""What do the representatives show of a staple, and what follows from it?

    LANDED    it is on the main ledger, provably: post it
    RIVAL     another block with the same `previous` is, provably: ours can never land
    FINISH    somebody has voted for ever: it will not die, and can only be finished
    PENDING   somebody's temporary vote is alive: go on with the steps
    SILENT    somebody did not answer, and may hold a permanent vote: wait, ask again
    NOTHING   everybody answered, and nobody holds a vote: it can be begun anew, on the SAME
              `previous` and with the same idempotent key

Beginning anew on the same `previous` can never pay twice, whatever the verdict; on another
`previous` it can. The verdict says what is worth doing, and when there is nothing left to do.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, Purpose
from chalicelib.keeta.errors import InvalidStaple
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.votes import Vote
from chalicelib.settlement.errors import KeetaNodeError
from chalicelib.settlement.publishing import Publishing


class Verdict(Enum):
    LANDED = "landed"
    RIVAL = "rival"
    FINISH = "finish"
    PENDING = "pending"
    SILENT = "silent"
    NOTHING = "nothing"


class Landed(NamedTuple):
    """All blocks of a staple that is provably on the main ledger, the fee block with them."""

    blocks: tuple[Block, ...]

    @property
    def fee_block(self) -> Block | None:
        """The one whose fees were really paid; an earlier round may have had another."""
        return next((block for block in self.blocks if block.body.purpose is Purpose.FEE), None)


class Outlook(NamedTuple):
    """votes: alive on side ledgers, verified, for our first block. blocks: what they are for."""

    landed: Landed | None
    rival: Landed | None
    votes: tuple[Vote, ...]
    blocks: Mapping[bytes, Block]
    silent: Mapping[Account, KeetaNodeError]


def verdict(outlook: Outlook, now: Moment) -> Verdict:
    """The first that holds, in the order above."""
    if outlook.landed or outlook.rival:
        return Verdict.LANDED if outlook.landed else Verdict.RIVAL
    if outlook.votes:
        return Verdict.FINISH if any(vote.permanent(now) for vote in outlook.votes) else Verdict.PENDING
    return Verdict.SILENT if outlook.silent else Verdict.NOTHING


def adopt(publishing: Publishing, outlook: Outlook, now: Moment) -> Publishing:
    """The same staple with the permanent votes that were found, to go on with.

    They may be for an earlier round of ours, with another fee block; then that one is taken over,
    since permanent votes can not be had back. Raises InvalidStaple when there are none to take.
    """
    ours = publishing.anew()
    permanent = [vote for vote in outlook.votes if vote.permanent(now)]
    same = [vote for vote in permanent if vote.blocks == publishing.hashes]
    if same:
        return publishing.with_permanent(same)
    for vote in permanent:
        if all(hash_ in outlook.blocks for hash_ in vote.blocks):
            blocks = tuple(outlook.blocks[hash_] for hash_ in vote.blocks)
            alike = tuple(each for each in permanent if each.blocks == vote.blocks)
            return _adopted(ours, blocks, alike)
    raise InvalidStaple("no permanent votes to go on with")


def _adopted(ours: Publishing, blocks: tuple[Block, ...], permanent: tuple[Vote, ...]) -> Publishing:
    own, rest = blocks[: len(ours.blocks)], blocks[len(ours.blocks) :]
    if own != ours.blocks or len(rest) > 1:
        raise InvalidStaple("our blocks in a staple that is not ours")
    fee_block = rest[0] if rest else None
    return Publishing(ours.network, ours.blocks, fee_block=fee_block, permanent=permanent)
