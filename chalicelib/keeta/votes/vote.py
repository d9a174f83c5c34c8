"""Is this a representative's vote for these blocks, and is it good now?

A temporary vote lives five minutes and is a promise not to vote for another successor.
A permanent vote, given against a quorum of temporary ones, can never be taken back.
A quote is a vote in form only: a price that holds five minutes.
(Keeta protocol: SDK `Vote`, `VoteQuote`.)
"""

from dataclasses import dataclass, field

from chalicelib.keeta.account import Account
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import InvalidVote, Malformed, VoteNotValidNow
from chalicelib.keeta.moment import Moment, iso
from chalicelib.keeta.signature import PrivateKey, sign_certificate, verify_certificate
from chalicelib.keeta.votes.certificate import VoteBody, read_vote_fields, write_body, write_vote
from chalicelib.keeta.votes.fee import Fee

# How far the clocks of representatives may be apart, and from when on a vote is for ever.
SLOP = 60_000
FOREVER = 100 * 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Vote:
    """A signed vote, or a quote. `raw` are its bytes, `hash` the 32 bytes that order it."""

    body: VoteBody
    signature: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    hash: bytes

    @property
    def issuer(self) -> Account:
        return self.body.issuer

    @property
    def blocks(self) -> tuple[bytes, ...]:
        return self.body.blocks

    @property
    def fee(self) -> Fee | None:
        return self.body.fee

    @property
    def blocks_hash(self) -> bytes:
        """What names a staple, whichever representatives vote for it."""
        return digest(b"".join(self.body.blocks))

    def permanent(self, now: Moment) -> bool:
        return self.body.valid_to > now + FOREVER


def sign_vote(body: VoteBody, key: PrivateKey) -> Vote:
    """What a representative does. Raises InvalidVote when the key is not the issuer's."""
    if key.account != body.issuer:
        raise InvalidVote("not the issuer's key")
    signature = sign_certificate(key, write_body(body))
    return _vote(body, signature, write_vote(body, signature))


def read_vote(raw: bytes) -> Vote:
    """The vote in these bytes; nothing is verified yet.

    Raises Malformed for bytes that are not the one canonical spelling of a vote,
    InvalidAccount, InvalidVote for what it says, also when it is only a quote.
    """
    vote = _read(raw)
    if vote.body.quote:
        raise InvalidVote("a quote is no vote", code="VOTE_FEE_IS_QUOTE")
    return vote


def read_quote(raw: bytes) -> Vote:
    """The quote in these bytes; as `read_vote`, which see."""
    quote = _read(raw)
    if not quote.body.quote:
        raise InvalidVote("a vote is no quote", code="VOTE_FEE_NOT_QUOTE")
    return quote


def verify_vote(vote: Vote, now: Moment) -> None:
    """Raises BadSignature, VoteNotValidNow, or InvalidVote for a permanent vote with a fee."""
    verify_certificate(vote.issuer, write_body(vote.body), vote.signature)
    if now < vote.body.valid_from - SLOP:
        raise VoteNotValidNow(
            f"given at {iso(vote.body.valid_from)}", code="VOTE_MOMENT_BEFORE_VALIDITY_FROM"
        )
    if now > vote.body.valid_to + SLOP:
        raise VoteNotValidNow(f"expired at {iso(vote.body.valid_to)}")
    if vote.fee is not None and vote.permanent(now):
        raise InvalidVote("a permanent vote is free", code="VOTE_MALFORMED_FEES_IN_PERMANENT_VOTE")


def _read(raw: bytes) -> Vote:
    body, signature = read_vote_fields(raw)
    if write_vote(body, signature) != raw:
        raise Malformed("not the canonical spelling of this vote")
    return _vote(body, signature, raw)


def _vote(body: VoteBody, signature: bytes, raw: bytes) -> Vote:
    return Vote(body, signature, raw, digest(raw))
