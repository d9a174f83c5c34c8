"""How is a vote written as a certificate, and read back?

A vote has the shape of an X.509 certificate: issuer and subject are the representative,
the blocks and the fee stand in extensions. Every part has one place and one spelling.
(Keeta protocol: SDK `VoteLikeBase`, `BaseVoteBuilder`.)
"""

from dataclasses import dataclass

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidAddress, InvalidVote, Malformed
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.reader import Reader
from chalicelib.keeta.votes.fee import Fee

_ECDSA_SHA3_256 = der.oid("2.16.840.1.101.3.4.3.10")
_ED25519 = der.oid("1.3.101.112")
_EC_PUBLIC_KEY = der.oid("1.2.840.10045.2.1")
_CURVES = {KeyType.SECP256K1: der.oid("1.3.132.0.10"), KeyType.SECP256R1: der.oid("1.2.840.10045.3.1.7")}
_COMMON_NAME, _SERIAL_NUMBER = der.oid("2.5.4.3"), der.oid("2.5.4.5")
_HASH_DATA, _SHA3_256 = der.oid("2.16.840.1.101.3.3.1.3"), der.oid("2.16.840.1.101.3.4.2.8")
_FEES = der.oid("1.3.6.1.4.1.62675.0.1.0")

_VERSION_3 = der.explicit(0, der.integer(2))
_CRITICAL = der.boolean(True)
_EXTENSIONS_TAG = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteBody:
    """What a representative signs: these blocks fit my ledger, from then until then.

    blocks: 32-byte hashes in the order in which they apply. quote: only a price, no vote.
    """

    issuer: Account
    serial: int
    valid_from: Moment
    valid_to: Moment
    blocks: tuple[bytes, ...]
    fee: Fee | None = None
    quote: bool = False

    def __post_init__(self) -> None:
        if not self.issuer.key_type.signs:
            raise InvalidVote("an identifier does not vote", code="VOTE_MALFORMED_VOTE_ISSUER_INFORMATION")
        if self.valid_from > self.valid_to:
            raise InvalidVote("over before it began", code="VOTE_INVALID_VALIDITY")
        if not self.blocks or any(len(block) != 32 for block in self.blocks):
            raise InvalidVote("no blocks, or no hashes", code="VOTE_MALFORMED_VOTE_NO_BLOCKS_FOUND")
        if len(set(self.blocks)) < len(self.blocks):
            raise InvalidVote("a block twice")
        if self.quote and self.fee is None:
            raise InvalidVote("a quote of no price", code="VOTE_FEE_QUOTE_MISSING_FEES")


def write_body(body: VoteBody) -> bytes:
    """The bytes that are signed."""
    return der.sequence(
        _VERSION_3,
        der.integer(body.serial),
        _algorithm(body.issuer),
        _name(_COMMON_NAME, body.issuer.address),
        der.sequence(der.time(body.valid_from), der.time(body.valid_to)),
        _name(_SERIAL_NUMBER, f"{body.serial:x}"),
        _public_key(body.issuer),
        der.explicit(_EXTENSIONS_TAG, der.sequence(_blocks(body.blocks), _fee(body))),
    )


def write_vote(body: VoteBody, signature: bytes) -> bytes:
    """The bytes that travel."""
    return der.sequence(write_body(body), _algorithm(body.issuer), der.bits(signature))


def read_vote_fields(raw: bytes) -> tuple[VoteBody, bytes]:
    """Body and signature; canonical only if `write_vote` gives the same bytes.

    Raises Malformed, InvalidAccount, InvalidVote.
    """
    with Reader(raw) as whole, whole.sequence() as wrapper:
        with wrapper.sequence() as fields:
            body = _read_body(fields)
        wrapper.expect(_algorithm(body.issuer))
        return body, wrapper.bits()


def _read_body(fields: Reader) -> VoteBody:
    fields.expect(_VERSION_3)
    serial = fields.integer()
    algorithm, issuer = fields.any(), _read_issuer(fields)
    if algorithm != _algorithm(issuer):
        raise InvalidVote(
            "another algorithm than the issuer's",
            code="VOTE_MALFORMED_VOTE_SIGNATURE_SCHEME_DOES_NOT_MATCH_ISSUER",
        )
    with fields.sequence() as validity:
        valid_from, valid_to = validity.time(), validity.time()
    fields.expect(_name(_SERIAL_NUMBER, f"{serial:x}"), _public_key(issuer))
    with fields.explicit(_EXTENSIONS_TAG) as wrapped, wrapped.sequence() as extensions:
        blocks = _read_blocks(_read_extension(extensions, _HASH_DATA))
        fee, quote = Fee.read(_read_extension(extensions, _FEES)) if extensions.more() else (None, False)
    return VoteBody(
        issuer=issuer,
        serial=serial,
        valid_from=valid_from,
        valid_to=valid_to,
        blocks=blocks,
        fee=fee,
        quote=quote,
    )


def _algorithm(issuer: Account) -> bytes:
    return der.sequence(_ED25519 if issuer.key_type is KeyType.ED25519 else _ECDSA_SHA3_256)


def _name(attribute: bytes, value: str) -> bytes:
    return der.sequence(der.set_of_one(der.sequence(attribute, der.utf8(value))))


def _public_key(issuer: Account) -> bytes:
    if issuer.key_type is KeyType.ED25519:
        return der.sequence(der.sequence(_ED25519), der.bits(issuer.key))
    return der.sequence(der.sequence(_EC_PUBLIC_KEY, _CURVES[issuer.key_type]), der.bits(issuer.key))


def _extension(name: bytes, content: bytes) -> bytes:
    return der.sequence(name, _CRITICAL, der.octets(content))


def _blocks(blocks: tuple[bytes, ...]) -> bytes:
    hashes = der.sequence(*map(der.octets, blocks))
    return _extension(_HASH_DATA, der.explicit(0, der.sequence(_SHA3_256, hashes)))


def _fee(body: VoteBody) -> bytes:
    return b"" if body.fee is None else _extension(_FEES, body.fee.write(quote=body.quote))


def _read_issuer(fields: Reader) -> Account:
    with fields.sequence() as names, names.set_of_one() as entries, entries.sequence() as pair:
        pair.expect(_COMMON_NAME)
        try:
            issuer = Account.from_address(pair.utf8())
        except InvalidAddress:
            raise Malformed("an issuer that is no address") from None
    if not issuer.key_type.signs:
        raise InvalidVote("an identifier does not vote", code="VOTE_MALFORMED_VOTE_ISSUER_INFORMATION")
    return issuer


def _read_extension(extensions: Reader, name: bytes) -> bytes:
    with extensions.sequence() as parts:
        parts.expect(name, _CRITICAL)
        return parts.octets()


def _read_blocks(content: bytes) -> tuple[bytes, ...]:
    with Reader(content) as whole, whole.explicit(0) as wrapped, wrapped.sequence() as parts:
        parts.expect(_SHA3_256)
        return parts.sequence_of(Reader.octets)
