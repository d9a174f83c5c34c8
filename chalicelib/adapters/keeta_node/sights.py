"""What do the representatives show of a staple that is under way?

Everybody is asked: that nobody has voted for ever can only be said when nobody was silent.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chalicelib.adapters.keeta_node.landing import claim, fetch, landed, proof
from chalicelib.adapters.keeta_node.node import Node
from chalicelib.adapters.keeta_node.representatives import Representatives
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, verify_block
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.staple import Staple
from chalicelib.keeta.votes import Vote, verify_vote
from chalicelib.settlement.errors import MalformedAnswer
from chalicelib.settlement.outlook import Landed, Outlook
from chalicelib.settlement.publishing import Publishing
from chalicelib.settlement.told import Side


class Sight(NamedTuple):
    """claim: the staple with our first block that it shows on its main ledger. Without one, votes: its
    own, alive, for our first block; blocks: those of these votes; rivals: hashes of blocks on its
    main ledger that have the `previous` of one of ours."""

    claim: Staple | None
    votes: tuple[Vote, ...] = ()
    blocks: tuple[Block, ...] = ()
    rivals: tuple[bytes, ...] = ()


def look(representatives: Representatives, publishing: Publishing, now: Moment) -> Outlook:
    """What has landed is known as soon as it is proven; for all else everybody is waited for."""

    def proven(given: Mapping[Account, Sight], *, whole: bool = True) -> Landed | None:
        claims = {who: each.claim for who, each in given.items()}
        chosen = {who: shown for who, shown in claims.items() if shown and _holds(shown, publishing) is whole}
        return proof(chosen, representatives, now)

    given, failures = representatives.ask_each(
        lambda issuer, node: sight(node, issuer, publishing, now),
        lambda given: proven(given) is not None,
        grace=0,
    )
    blocks = {block.hash: block for each in given.values() for block in each.blocks}
    votes = tuple(vote for each in given.values() for vote in each.votes)
    found = proven(given)
    # A staple of anybody's may hold some of our blocks without the others.
    rival = None if found else proven(given, whole=False)
    if found is None and rival is None:
        unproven = [who for who, each in given.items() if each.claim is not None]
        failures |= dict.fromkeys(unproven, MalformedAnswer("shows a staple that proves nothing"))
        rival = _proven_rival(representatives, given.values(), now)
    return Outlook(found, rival, votes, blocks, failures)


def sight(node: Node, issuer: Account, publishing: Publishing, now: Moment) -> Sight:
    """Raises KeetaNodeError, or BadSignature for a block that somebody else made."""
    ours = {block.hash: block for block in publishing.all_blocks}
    # In this order: what lands in between moves from the side to the main ledger.
    promised = node.votes(publishing.hashes[0], Side.SIDE)
    shown = claim(node, publishing.hashes[0], ours)
    if shown is not None:
        return Sight(shown)
    votes = tuple(vote for vote in promised if _is_good(vote, issuer, now))
    listed = dict.fromkeys(hash_ for vote in votes for hash_ in vote.blocks)
    blocks = tuple(fetch(node, hash_, Side.BOTH, ours) for hash_ in listed)
    for block in blocks:
        verify_block(block)
    return Sight(None, votes, blocks, _rivals(node, publishing))


def is_raced(node: Node, issuer: Account, publishing: Publishing, now: Moment) -> bool:
    """Raises KeetaNodeError."""
    promised = node.votes(publishing.hashes[0], Side.SIDE)
    others = (each for each in promised if each.permanent(now) and each.blocks != publishing.hashes)
    return any(_is_good(each, issuer, now) for each in others)


def _holds(shown: Staple, publishing: Publishing) -> bool:
    """Whether all of our blocks are in it."""
    return {block.hash for block in publishing.blocks} <= {block.hash for block in shown.blocks}


def _rivals(node: Node, publishing: Publishing) -> tuple[bytes, ...]:
    """What has landed where the first block of each account was to go; ours too, if it came by itself.

    Of many accounts the heads are told at once; what came after a block is asked only where that is not the
    head any more.
    """
    firsts = publishing.starts
    asked = list(firsts)
    if len(asked) > 1:
        asked = [each.account for each in node.accounts(asked) if each.previous != firsts[each.account]]
    after = ((account, node.successor(firsts[account])) for account in asked)
    return tuple(rival.hash for account, rival in after if rival and rival.body.account == account)


def _proven_rival(representatives: Representatives, sights: Iterable[Sight], now: Moment) -> Landed | None:
    for hash_ in dict.fromkeys(hash_ for each in sights for hash_ in each.rivals):
        found, _ = landed(representatives, hash_, now)
        if found is not None:
            return found
    return None


def _is_good(vote: Vote, issuer: Account, now: Moment) -> bool:
    try:
        verify_vote(vote, now)
    except KeetaError:
        return False
    return vote.issuer == issuer
