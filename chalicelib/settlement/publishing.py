"""What is known of one staple under way, and what is the next step?

    TEMPORARY   ask every representative for a vote that lives five minutes
    FEE         some of them ask a fee: sign one more block that pays exactly these votes
    PERMANENT   show them all these votes, and ask for one that never ends
    PUBLISH     give everybody the staple; permanent votes alone move nothing
    RENEW       votes have expired, but somebody has voted for ever: go on with the others
    EXPIRED     votes have expired, and too few have voted for ever for others to join them:
                look, then begin anew on the SAME `previous`, with blocks of now
                (`outlook.may_begin_anew` says when)

A `Publishing` is a plain value, saved before each step and enough to go on with after a crash.
What a step has not saved the representatives still know: asking them again, or looking, finds it.
No step signs or sends anything else than what this value says, so none of them can pay twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.errors import InvalidStaple
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.network import Network
from chalicelib.keeta.operations import Send
from chalicelib.keeta.quorum import Weights, quorum
from chalicelib.keeta.staple import Staple, staple
from chalicelib.keeta.votes import Vote, fee_sends
from chalicelib.settlement import rules


class Step(Enum):
    TEMPORARY = "temporary"
    FEE = "fee"
    PERMANENT = "permanent"
    PUBLISH = "publish"
    RENEW = "renew"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Publishing:
    """One staple under way.

    blocks: signed, in the order in which they apply, without the fee block. temporary: votes for
    these, with or without a fee. fee_block: pays those fees. permanent: votes for all blocks.
    renewed: temporary votes for all blocks, free, given on the strength of the permanent ones.

    Raises InvalidStaple, with the network's code, when the parts do not belong together.
    """

    network: Network
    blocks: tuple[Block, ...]
    temporary: tuple[Vote, ...] = ()
    fee_block: Block | None = None
    permanent: tuple[Vote, ...] = ()
    renewed: tuple[Vote, ...] = ()

    def __post_init__(self) -> None:
        rules.check_blocks(self.blocks, self.network)
        _check_votes(self.temporary, tuple(block.hash for block in self.blocks))
        if self.fee_block is not None:
            self._check_fee_block(self.fee_block)
        elif self.fees and (self.permanent or self.renewed):
            raise InvalidStaple("the fees are not paid", code="LEDGER_MISSING_REQUIRED_FEE_BLOCK")
        _check_votes(self.permanent, self.hashes)
        _check_votes(self.renewed, self.hashes)

    def _check_fee_block(self, block: Block) -> None:
        rules.check_chain(self.all_blocks)
        # Whoever has voted for ever has checked it; one that was found under way may pay more than ours.
        rules.check_fee_block(block, sends_of(block) if self.permanent else self.fees)

    @cached_property
    def all_blocks(self) -> tuple[Block, ...]:
        """Those that land together, the fee block last."""
        return self.blocks if self.fee_block is None else (*self.blocks, self.fee_block)

    @cached_property
    def hashes(self) -> tuple[bytes, ...]:
        """Of all blocks, as permanent votes list them."""
        return tuple(block.hash for block in self.all_blocks)

    @cached_property
    def starts(self) -> dict[Account, bytes]:
        """Where the first block of each account is to go. What stands there tells what becomes of it;
        what stands further on tells nothing before this one is known."""
        own = {block.hash for block in self.blocks}
        return {b.body.account: b.body.previous for b in self.blocks if b.body.previous not in own}

    @cached_property
    def fees(self) -> tuple[Send, ...]:
        """What the votes of the first round ask for; none when they are free."""
        return fee_sends(self.temporary, self.network)

    @property
    def supporting(self) -> tuple[Vote, ...]:
        """The votes that are shown to get permanent ones."""
        return (*self.renewed, *self.permanent) if self.renewed else self.temporary

    @property
    def staple(self) -> Staple:
        """Raises InvalidStaple without permanent votes; whether they are enough is `next_step`'s."""
        return staple(self.all_blocks, self.permanent)

    def with_temporary(self, votes: Iterable[Vote]) -> "Publishing":
        """The first round, done or done again. It must come before anything permanent."""
        if self.permanent or self.renewed or self.fee_block:
            raise InvalidStaple("the second round has begun")
        return replace(self, temporary=tuple(votes))

    def with_fee_block(self, block: Block) -> "Publishing":
        """Once only. Permanent votes may have been given for the first one; were others given for
        a second, neither could ever reach a quorum, and the accounts would be stuck for good.
        """
        if self.fee_block is not None:
            raise InvalidStaple("there is a fee block", code="LEDGER_MULTIPLE_FEE_BLOCK")
        return replace(self, fee_block=block)

    def with_permanent(self, votes: Iterable[Vote]) -> "Publishing":
        """More permanent votes; one that is there stays."""
        return replace(self, permanent=_merged(self.permanent, votes))

    def with_renewed(self, votes: Iterable[Vote]) -> "Publishing":
        """Those of representatives that have voted for ever do not count twice."""
        done = {vote.issuer for vote in self.permanent}
        return replace(self, renewed=tuple(vote for vote in votes if vote.issuer not in done))


def begin(network: Network, blocks: Iterable[Block], now: Moment) -> Publishing:
    """Raises BadSignature, or InvalidStaple for what the network would refuse at once."""
    publishing = Publishing(network, tuple(blocks))
    rules.check_fresh(publishing.blocks, now)
    return publishing


def next_step(publishing: Publishing, weights: Weights, now: Moment) -> Step:
    """What to do next, going by the value alone; after a crash, look first."""
    if weight(publishing.permanent, weights) >= quorum(weights):
        return Step.PUBLISH
    supporting = weight(_alive(publishing.supporting, now), weights)
    if supporting >= quorum(weights):
        unpaid = publishing.fees and publishing.fee_block is None
        return Step.FEE if unpaid else Step.PERMANENT
    if publishing.permanent:
        return Step.RENEW if renewable(publishing, weights) else Step.EXPIRED
    return Step.EXPIRED if publishing.temporary else Step.TEMPORARY


def renewable(publishing: Publishing, weights: Weights) -> bool:
    """Whether the permanent votes weigh enough for others to join them: more than a quarter.

    (Keeta protocol: SDK `Ledger.vote`, a temporary vote asked for with permanent ones.)
    """
    return weight(publishing.permanent, weights) > sum(weights.values()) // 4


def weight(votes: Iterable[Vote], weights: Weights) -> int:
    """Each issuer once; a stranger's vote weighs nothing."""
    return weight_of((vote.issuer for vote in votes), weights)


def sends_of(block: Block) -> tuple[Send, ...]:
    return tuple(each for each in block.body.operations if isinstance(each, Send))


def weight_of(issuers: Iterable[Account], weights: Weights) -> int:
    return sum(weights.get(issuer, 0) for issuer in set(issuers))


def _alive(votes: Iterable[Vote], now: Moment) -> tuple[Vote, ...]:
    """One that has expired spoils the request it is shown in; all must be good still."""
    found = tuple(votes)
    return found if all(vote.body.valid_to >= now for vote in found) else ()


def _merged(known: tuple[Vote, ...], more: Iterable[Vote]) -> tuple[Vote, ...]:
    issuers = {vote.issuer for vote in known}
    return (*known, *(vote for vote in more if vote.issuer not in issuers))


def _check_votes(votes: tuple[Vote, ...], hashes: tuple[bytes, ...]) -> None:
    if any(vote.blocks != hashes for vote in votes):
        raise InvalidStaple("a vote for other blocks", code="LEDGER_BLOCKS_DIFFER_FROM_VOTED_ON")
    if len({vote.hash for vote in votes}) < len(votes):
        raise InvalidStaple("a vote twice", code="LEDGER_DUPLICATE_VOTE_FOUND")
    if len({vote.issuer for vote in votes}) < len(votes):
        raise InvalidStaple("a representative votes twice", code="LEDGER_DUPLICATE_VOTE_ISSUER_FOUND")
