"""Has the network taken this staple, going by its signatures alone?

Nobody's word is needed: a staple whose blocks are signed by their signers, and that
representatives of more than two thirds of all weight have voted for permanently, is on
the main ledger or can be put there by anybody. There is no way back from it.
(Keeta protocol: SDK `Ledger`, `LEDGER_INSUFFICIENT_VOTING_WEIGHT`.)
"""

from collections.abc import Iterable, Mapping

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import verify_block
from chalicelib.keeta.errors import InvalidStaple, QuorumNotReached
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.staple import Staple
from chalicelib.keeta.votes import Vote, verify_vote

Weights = Mapping[Account, int]


def quorum(weights: Weights) -> int:
    """The least weight that is enough."""
    return sum(weights.values()) // 3 * 2 + 1


def check_quorum(votes: Iterable[Vote], weights: Weights) -> None:
    """Raises QuorumNotReached. A vote counts once per issuer; strangers count nothing."""
    reached = sum(weights.get(issuer, 0) for issuer in {vote.issuer for vote in votes})
    if reached < quorum(weights):
        raise QuorumNotReached(f"weight {reached} of the {quorum(weights)} needed")


def verify_staple(staple: Staple, weights: Weights, now: Moment) -> None:
    """Raises BadSignature, InvalidVote, InvalidStaple, QuorumNotReached unless it is final."""
    for block in staple.blocks:
        verify_block(block)
    for vote in staple.votes:
        verify_vote(vote, now)
        if not vote.permanent(now):
            raise InvalidStaple("a vote that will expire", code="VOTE_STAPLE_PERMANENCE_MISMATCH")
    check_quorum(staple.votes, weights)
