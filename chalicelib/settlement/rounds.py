"""Which round is gone on with, when somebody has voted for ever?

A permanent vote can not be had back, and whoever has given one gives none for another round. Rounds differ in
their fee block: whoever has seen our blocks may add his own and ask for votes with it. Split between two
rounds, so that neither can reach a quorum, votes would freeze every account in them for good. So a
stranger's round that can still reach it is finished, not raced: he and we ask for the same, and he pays.
"""

from collections.abc import Iterable

from chalicelib.keeta.errors import InvalidStaple
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.network import Network
from chalicelib.keeta.operations import Send
from chalicelib.keeta.quorum import Weights, quorum
from chalicelib.keeta.votes import Vote, fee_sends
from chalicelib.settlement.outlook import Outlook
from chalicelib.settlement.publishing import Publishing, sends_of, weight

Hashes = tuple[bytes, ...]


def adopt(publishing: Publishing, outlook: Outlook, weights: Weights, now: Moment) -> Publishing:
    """The same blocks with the permanent votes that were found, to go on with.

    They may be for another round, with another fee block; then that one is taken over, with those temporary
    votes that it pays. Raises InvalidStaple when there are none to take.
    """
    rounds: dict[Hashes, list[Vote]] = {}
    for vote in outlook.votes:
        if vote.permanent(now):
            rounds.setdefault(vote.blocks, []).append(vote)
    if not rounds:
        raise InvalidStaple("no permanent votes to go on with")
    ours = {hashes: votes for hashes, votes in rounds.items() if _is_ours(publishing, hashes)}
    if not ours:
        raise InvalidStaple("our blocks in a staple that is not ours")
    free = sum(weights.values()) - weight((vote for votes in rounds.values() for vote in votes), weights)

    def rank(hashes: Hashes) -> tuple[bool, bool, int]:
        held = weight(ours[hashes], weights)
        reachable = held + free >= quorum(weights)
        return reachable, reachable and hashes != publishing.hashes, held

    hashes = max(ours, key=rank)
    if hashes == publishing.hashes:
        return publishing.with_permanent(ours[hashes])
    fee_block = outlook.blocks[hashes[-1]] if len(hashes) > len(publishing.blocks) else None
    sends = sends_of(fee_block) if fee_block else ()
    shown = _paid(sends, _temporary(publishing, outlook, now), publishing.network)
    return Publishing(
        publishing.network,
        publishing.blocks,
        temporary=shown if weight(shown, weights) >= quorum(weights) else (),
        fee_block=fee_block,
        permanent=tuple(ours[hashes]),
    )


def _is_ours(publishing: Publishing, hashes: Hashes) -> bool:
    """Our blocks, and at most a fee block behind them."""
    own = tuple(block.hash for block in publishing.blocks)
    return hashes[: len(own)] == own and len(hashes) <= len(own) + 1


def _temporary(publishing: Publishing, outlook: Outlook, now: Moment) -> Iterable[Vote]:
    """One of each representative, for our blocks alone."""
    own = tuple(block.hash for block in publishing.blocks)
    seen = (vote for vote in outlook.votes if not vote.permanent(now) and vote.blocks == own)
    return {vote.issuer: vote for vote in (*seen, *publishing.temporary)}.values()


def _paid(sends: tuple[Send, ...], votes: Iterable[Vote], network: Network) -> tuple[Vote, ...]:
    """Those that can be shown with a fee block of these sends: it pays all of them, and none besides. When
    they are free, one that nobody asked for does no harm. (Keeta protocol: SDK `Ledger.vote`.)"""
    due = {vote: fee_sends((vote,), network) for vote in votes}
    shown = tuple(vote for vote, fees in due.items() if set(fees) <= set(sends))
    paid = sum(len(due[vote]) for vote in shown)
    return shown if paid in (0, len(sends)) else ()
