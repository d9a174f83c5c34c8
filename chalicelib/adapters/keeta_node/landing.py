"""Has a block landed? What one representative says is a claim; this is how it becomes a proof.

Either way is enough: the staple that somebody shows carries signatures of more than two thirds of
all weight; or that many show the very same staple on their main ledgers. The second way is for
old blocks, voted by representatives that are no longer in the configured set.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chalicelib.adapters.keeta_node.node import Node
from chalicelib.adapters.keeta_node.representatives import Representatives
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, verify_block
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.quorum import Weights, verify_staple
from chalicelib.keeta.staple import staple
from chalicelib.keeta.votes import Vote
from chalicelib.settlement.errors import KeetaNodeError, MalformedAnswer
from chalicelib.settlement.outlook import Landed
from chalicelib.settlement.told import Side

Known = Mapping[bytes, Block]


class Claim(NamedTuple):
    """What one representative shows on its main ledger."""

    votes: tuple[Vote, ...]
    blocks: tuple[Block, ...]


def landed(
    representatives: Representatives, hash_: bytes, now: Moment, known: Iterable[Block] = ()
) -> tuple[Landed | None, dict[Account, KeetaNodeError]]:
    """The staple in which the block has provably landed, if it has; and who did not answer.

    `known` blocks need not be fetched. No proof is no proof of the contrary.
    """
    blocks = {block.hash: block for block in known}

    def found(given: Mapping[Account, Claim | None]) -> bool:
        return proof(given, representatives, now) is not None

    given, failures = representatives.ask(lambda node: claim(node, hash_, blocks), found, grace=0)
    return proof(given, representatives, now), failures


def claim(node: Node, hash_: bytes, known: Known) -> Claim | None:
    """The staple that this representative shows for the block; None when it shows none."""
    votes = node.votes(hash_, Side.MAIN)
    if not votes:
        return None
    if any(vote.blocks != votes[0].blocks for vote in votes):
        raise MalformedAnswer("votes of two staples for a block that has landed")
    return Claim(votes, tuple(fetch(node, each, Side.MAIN, known) for each in votes[0].blocks))


def fetch(node: Node, hash_: bytes, side: Side, known: Known) -> Block:
    """Raises MalformedAnswer when it does not have a block that it shows votes for."""
    block = known.get(hash_) or node.block(hash_, side)
    if block is None:
        raise MalformedAnswer("votes for a block that is not there")
    return block


def proof(
    given: Mapping[Account, Claim | None], representatives: Representatives, now: Moment
) -> Landed | None:
    """What follows from claims about one block; None when they prove nothing."""
    claims = {who: each for who, each in given.items() if each is not None}
    for each in claims.values():
        if _is_final(each, representatives.weights, now) or _is_shown(each, claims, representatives):
            return Landed(each.blocks)
    return None


def _is_final(claim: Claim, weights: Weights, now: Moment) -> bool:
    try:
        verify_staple(staple(claim.blocks, claim.votes), weights, now)
    except KeetaError:
        return False
    return True


def _is_shown(claim: Claim, claims: Mapping[Account, Claim], representatives: Representatives) -> bool:
    alike = [who for who, each in claims.items() if each.blocks == claim.blocks]
    return representatives.weigh(alike) >= representatives.quorum and all(map(_is_signed, claim.blocks))


def _is_signed(block: Block) -> bool:
    try:
        verify_block(block)
    except KeetaError:
        return False
    return True
