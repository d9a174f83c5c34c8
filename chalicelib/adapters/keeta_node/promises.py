"""How does one get a vote of one representative, and is it what was asked for?

A vote that is asked for twice is refused the second time, though the first one holds: so after
such a refusal, or when the answer is lost, the representative is asked what it has promised.
"""

from collections.abc import Callable, Sequence

from chalicelib.adapters.keeta_node.node import Node
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.votes import Vote, verify_vote
from chalicelib.settlement.errors import KeetaNodeError, MalformedAnswer, NoAnswer, Refused
from chalicelib.settlement.told import Side

Now = Callable[[], Moment]


def temporary(
    node: Node,
    issuer: Account,
    blocks: Sequence[Block],
    now: Now,
    *,
    quote: Vote | None = None,
    shown: Sequence[Vote] = (),
) -> Vote:
    """Its vote that will expire, given now or before. Raises KeetaNodeError."""
    return _get(node, issuer, blocks, now, lambda: node.vote(blocks, shown, quote), permanent=False)


def permanent(node: Node, issuer: Account, blocks: Sequence[Block], shown: Sequence[Vote], now: Now) -> Vote:
    """Its vote that will never expire, given now or before. Raises KeetaNodeError."""
    return _get(node, issuer, blocks, now, lambda: node.vote(blocks, shown), permanent=True)


def quote(node: Node, issuer: Account, blocks: Sequence[Block], now: Now) -> Vote:
    """Its price for a vote. Raises KeetaNodeError."""
    return checked(node.quote(blocks), issuer, _hashes(blocks), now(), permanent=False)


def held(
    node: Node, issuer: Account, blocks: Sequence[Block], now: Moment, *, permanent: bool
) -> Vote | None:
    """The vote of this kind that it has given for exactly these blocks, if it has."""
    for vote in node.votes(blocks[0].hash, Side.SIDE):
        if vote.permanent(now) is permanent and vote.blocks == _hashes(blocks):
            return checked(vote, issuer, _hashes(blocks), now, permanent=permanent)
    return None


def checked(vote: Vote, issuer: Account, hashes: tuple[bytes, ...], now: Moment, *, permanent: bool) -> Vote:
    """The vote itself. Raises MalformedAnswer unless it is this representative's for these blocks."""
    if vote.issuer != issuer:
        raise MalformedAnswer("the vote of somebody else")
    if vote.blocks != hashes:
        raise MalformedAnswer("a vote for other blocks")
    try:
        verify_vote(vote, now)
    except KeetaError as error:
        raise MalformedAnswer(f"a vote that is not good: {error.code}") from error
    if vote.permanent(now) is not permanent:
        raise MalformedAnswer("a vote of the other kind")
    return vote


def _get(
    node: Node,
    issuer: Account,
    blocks: Sequence[Block],
    now: Now,
    ask: Callable[[], Vote],
    *,
    permanent: bool,
) -> Vote:
    try:
        return checked(ask(), issuer, _hashes(blocks), now(), permanent=permanent)
    except KeetaNodeError as error:
        found = held(node, issuer, blocks, now(), permanent=permanent) if _may_hold(error) else None
        if found is None:
            raise
        return found


def _may_hold(error: KeetaNodeError) -> bool:
    if isinstance(error, Refused):
        return error.code == "LEDGER_SUCCESSOR_VOTE_EXISTS"
    return isinstance(error, NoAnswer)


def _hashes(blocks: Sequence[Block]) -> tuple[bytes, ...]:
    return tuple(block.hash for block in blocks)
