"""Who signs a block: one key, or the members of a multisig account?

A multisig address has no key. The block names, level by level, which of its members
sign; the signatures follow in the order in which each key first appears.
(Keeta protocol: SDK `Block` signer field, version 2.)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.limits import SIGNER_DEPTH_MAX, SIGNERS_MAX
from chalicelib.keeta.reader import Reader


@dataclass(frozen=True, slots=True)
class Multisig:
    """`address` with those of its members who sign; a member may be a multisig itself."""

    address: Account
    members: tuple["Signer", ...]

    def __post_init__(self) -> None:
        if self.address.key_type is not KeyType.MULTISIG:
            raise InvalidBlock("only a multisig account has members", code="BLOCK_INVALID_SIGNER")
        if not 1 <= len(self.members) <= SIGNERS_MAX:
            raise InvalidBlock("too many signers, or none", code="BLOCK_INVALID_MULTISIG_SIGNER_COUNT")
        if len({address_of(member) for member in self.members}) < len(self.members):
            raise InvalidBlock("a signer twice", code="BLOCK_INVALID_MULTISIG_SIGNER_DUPLICATE")
        if _depth(self) > SIGNER_DEPTH_MAX:
            raise InvalidBlock("signers too deep", code="BLOCK_INVALID_MULTISIG_SIGNER_DEPTH")


Signer = Union[Account, Multisig]  # noqa: UP007 - a quoted name can not stand in `X | Y`


def address_of(signer: Signer) -> Account:
    """The account on whose authority the block stands: its permissions are asked."""
    return signer.address if isinstance(signer, Multisig) else signer


def keys_of(signer: Signer) -> tuple[Account, ...]:
    """The key accounts that must sign, each once, in the order of their signatures."""
    return tuple(dict.fromkeys(_leaves(signer)))


def write_signer(signer: Signer) -> bytes:
    if isinstance(signer, Account):
        return der.octets(signer.ktk)
    members = der.sequence(*(write_signer(member) for member in signer.members))
    return der.sequence(der.octets(signer.address.ktk), members)


def read_signer(fields: Reader, depth: int = 0) -> Signer:
    """Raises InvalidBlock, Malformed, InvalidAccount."""
    if fields.next_is(der.OCTET_STRING):
        return Account.from_ktk(fields.octets())
    if depth == SIGNER_DEPTH_MAX:
        raise InvalidBlock("signers too deep", code="BLOCK_INVALID_MULTISIG_SIGNER_DEPTH")
    with fields.sequence() as pair:
        address = Account.from_ktk(pair.octets())
        return Multisig(address, pair.sequence_of(lambda entries: read_signer(entries, depth + 1)))


def _leaves(signer: Signer) -> Iterator[Account]:
    if isinstance(signer, Account):
        yield signer
    else:
        for member in signer.members:
            yield from _leaves(member)


def _depth(signer: Signer) -> int:
    return 1 + max(map(_depth, signer.members)) if isinstance(signer, Multisig) else 0
