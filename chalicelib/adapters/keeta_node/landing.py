"""Has a block landed? What one representative says is a claim; this is how it becomes a proof.

The staple that somebody shows must carry signatures of more than two thirds of all weight. Then
it does not matter who shows it. Only for old blocks, voted by representatives that are no longer
in the configured set, one may ask to be content with less: that so many say the same.
"""

from collections.abc import Mapping

from chalicelib.adapters.keeta_node.node import Node
from chalicelib.adapters.keeta_node.representatives import Representatives
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, verify_block
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.quorum import Weights, verify_staple
from chalicelib.keeta.staple import Staple, staple
from chalicelib.settlement.errors import KeetaNodeError, MalformedAnswer
from chalicelib.settlement.outlook import Landed
from chalicelib.settlement.told import Side


def landed(
    representatives: Representatives, hash_: bytes, now: Moment, *, by_word: bool = False
) -> tuple[Landed | None, dict[Account, KeetaNodeError]]:
    """The staple in which the block has provably landed, if it has; and who did not answer.

    by_word: representatives of a quorum that show the same staple are enough, whoever voted for it.
    No proof is no proof of the contrary.
    """

    def found(given: Mapping[Account, Staple | None]) -> Landed | None:
        return proof(given, representatives, now, by_word=by_word)

    given, failures = representatives.ask(
        lambda node: claim(node, hash_, {}), lambda given: found(given) is not None, grace=0
    )
    return found(given), failures


def claim(node: Node, hash_: bytes, known: Mapping[bytes, Block]) -> Staple | None:
    """The staple that this representative shows for the block; None when it shows none.

    Raises KeetaNodeError, or InvalidStaple for votes and blocks that do not belong together.
    """
    votes = node.votes(hash_, Side.MAIN)
    if not votes:
        return None
    return staple([fetch(node, each, Side.MAIN, known) for each in votes[0].blocks], votes)


def fetch(node: Node, hash_: bytes, side: Side, known: Mapping[bytes, Block]) -> Block:
    """Raises MalformedAnswer when it does not have a block that it shows votes for."""
    block = known.get(hash_) or node.block(hash_, side)
    if block is None:
        raise MalformedAnswer("votes for a block that is not there")
    return block


def proof(
    given: Mapping[Account, Staple | None],
    representatives: Representatives,
    now: Moment,
    *,
    by_word: bool = False,
) -> Landed | None:
    """What follows from claims about one block; None when they prove nothing."""
    claims = {who: each for who, each in given.items() if each is not None}
    for each in claims.values():
        shown = by_word and _is_shown(each, claims, representatives)
        if shown or _is_final(each, representatives.weights, now):
            return Landed(each)
    return None


def _is_final(shown: Staple, weights: Weights, now: Moment) -> bool:
    try:
        verify_staple(shown, weights, now)
    except KeetaError:
        return False
    return True


def _is_shown(shown: Staple, claims: Mapping[Account, Staple], representatives: Representatives) -> bool:
    alike = [who for who, each in claims.items() if each.blocks == shown.blocks]
    return representatives.weigh(alike) >= representatives.quorum and all(map(_is_signed, shown.blocks))


def _is_signed(block: Block) -> bool:
    try:
        verify_block(block)
    except KeetaError:
        return False
    return True
