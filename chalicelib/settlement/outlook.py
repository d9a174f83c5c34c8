"""What do the representatives show of a staple, and what follows from it?

    LANDED    it is on the main ledger, provably and whole: post it
    RIVAL     another staple stands where it was to go, provably: with others' blocks, with blocks of
              an earlier round, or with some of ours alone, for anybody may ask for votes for those
    FINISH    somebody has voted for ever: it will not die, and can only be finished
    PENDING   somebody's temporary vote is alive: go on with the steps
    SILENT    somebody did not answer, and may hold a permanent vote: wait, ask again
    NOTHING   everybody answered, and nobody holds a vote: begin anew, on the SAME `previous` and
              with the same idempotent key

Beginning anew on the same `previous` can never pay twice; on another one it can. But it can
split the permanent votes between two staples, so that neither ever lands and the account is stuck
for good: `may_begin_anew` says when that is impossible.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, Purpose
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.quorum import Weights, quorum
from chalicelib.keeta.staple import Staple
from chalicelib.keeta.votes import Vote
from chalicelib.keeta.votes.vote import SLOP
from chalicelib.settlement.errors import KeetaNodeError
from chalicelib.settlement.publishing import Publishing, weight_of


class Verdict(Enum):
    LANDED = "landed"
    RIVAL = "rival"
    FINISH = "finish"
    PENDING = "pending"
    SILENT = "silent"
    NOTHING = "nothing"


class Landed(NamedTuple):
    """A staple that is provably final. Who publishes it once more makes it known to everybody."""

    staple: Staple

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All that landed together, the fee block last."""
        return self.staple.blocks

    @property
    def fee_block(self) -> Block | None:
        """The one whose fees were really paid; an earlier round may have had another."""
        return next((block for block in self.blocks if block.body.purpose is Purpose.FEE), None)

    def first_met(self, publishing: Publishing) -> list[Block]:
        """Those that stand where the first block of an account was to go: one of ours, or another."""
        starts = publishing.starts
        return [block for block in self.blocks if starts.get(block.body.account) == block.body.previous]


class Outlook(NamedTuple):
    """landed: with all of our blocks. rival: a staple with a block on the `previous` of one of them.
    votes: alive on side ledgers, verified, for our first block. blocks: what they are for."""

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


def may_begin_anew(publishing: Publishing, outlook: Outlook, weights: Weights, now: Moment) -> bool:
    """Whether enough representatives are free to vote for ever for another staple, and stay so.

    Those who have voted for ever are not free, and those who are silent may not be. While the votes
    of this round can still be shown, a request that was long on its way may yet bind somebody.
    """
    if outlook.landed or outlook.rival or _can_be_shown(publishing, now):
        return False
    bound = {vote.issuer for vote in outlook.votes if vote.permanent(now)} | set(outlook.silent)
    return weight_of(weights.keys() - bound, weights) >= quorum(weights)


def _can_be_shown(publishing: Publishing, now: Moment) -> bool:
    return any(now <= vote.body.valid_to + SLOP for vote in (*publishing.temporary, *publishing.renewed))
