"""Which blocks travel together with which votes?

A staple is what lands: some blocks, in the order in which they apply, and the votes that
all list exactly these blocks in this order. All of it lands or nothing.
(Keeta protocol: SDK `VoteStaple`.)
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.keeta import der
from chalicelib.keeta.blocks import Block, read_block
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import InvalidStaple, Malformed
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.network import Network
from chalicelib.keeta.reader import Reader
from chalicelib.keeta.votes import Vote, read_vote

# A staple of a thousand blocks has about a megabyte; this is where a zip bomb stops.
STAPLE_BYTES_MAX = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Staple:
    """Blocks as the votes list them, votes ascending by hash. `raw` is not compressed.

    Raises InvalidStaple when they do not belong together.
    """

    blocks: tuple[Block, ...]
    votes: tuple[Vote, ...]
    raw: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check(self.blocks, self.votes)
        object.__setattr__(self, "raw", _write(self.blocks, self.votes))

    @property
    def hash(self) -> bytes:
        """32 bytes that depend on which votes were collected."""
        return digest(self.raw)

    @property
    def blocks_hash(self) -> bytes:
        """32 bytes that do not: the staple's name in an account's history."""
        return self.votes[0].blocks_hash

    @property
    def moment(self) -> Moment:
        """When it landed, more or less: the average of the times of its votes."""
        times = [vote.body.valid_from for vote in self.votes]
        return min(times) + sum(time - min(times) for time in times) // len(times)


def staple(blocks: Iterable[Block], votes: Iterable[Vote]) -> Staple:
    """The staple of these, each put in its place. Raises InvalidStaple."""
    by_hash = {block.hash: block for block in blocks}
    ordered = tuple(sorted(votes, key=lambda vote: vote.hash))
    listed = ordered[0].blocks if ordered else ()
    if by_hash.keys() != set(listed):
        raise InvalidStaple(
            "the votes are for other blocks", code="VOTE_STAPLE_ALL_VOTES_MUST_HAVE_SAME_BLOCKS_MISSING"
        )
    return Staple(tuple(by_hash[hash_] for hash_ in listed), ordered)


def compress(staple: Staple) -> bytes:
    """The bytes to publish. They differ between builds of zlib: never compare them."""
    return zlib.compress(staple.raw)


def read_staple(compressed: bytes, network: Network) -> Staple:
    """The staple in these bytes; no signature is verified yet.

    Raises Malformed for bytes that are not one compressed staple in its canonical
    spelling, and whatever reading its blocks and votes raises.
    """
    raw = _decompress(compressed)
    with Reader(raw) as whole, whole.sequence() as fields:
        blocks = fields.sequence_of(Reader.octets)
        votes = fields.sequence_of(Reader.octets)
    return Staple(tuple(read_block(block, network) for block in blocks), tuple(map(read_vote, votes)))


def _write(blocks: tuple[Block, ...], votes: tuple[Vote, ...]) -> bytes:
    return der.sequence(
        der.sequence(*(der.octets(block.raw) for block in blocks)),
        der.sequence(*(der.octets(vote.raw) for vote in votes)),
    )


def _check(blocks: tuple[Block, ...], votes: tuple[Vote, ...]) -> None:
    if not votes:
        raise InvalidStaple("no votes", code="VOTE_MALFORMED_STAPLE_VOTES_AT_LEAST_ONE")
    listed = tuple(block.hash for block in blocks)
    if any(vote.blocks != listed for vote in votes):
        raise InvalidStaple(
            "a vote for other blocks, or in another order",
            code="VOTE_STAPLE_ALL_VOTES_MUST_HAVE_SAME_BLOCKS_ORDER",
        )
    if len({vote.issuer for vote in votes}) < len(votes):
        raise InvalidStaple("a representative votes twice", code="VOTE_STAPLE_DUPLICATE_VOTE_ISSUER")
    hashes = [vote.hash for vote in votes]
    if hashes != sorted(hashes):
        raise InvalidStaple("votes out of their order")


def _decompress(compressed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(compressed, STAPLE_BYTES_MAX)
    except zlib.error:
        raise Malformed("not compressed as a staple is") from None
    if not inflater.eof or inflater.unused_data:
        raise Malformed("a staple cut short, too large, or with more behind it")
    return raw
