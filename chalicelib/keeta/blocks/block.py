"""What is a block, and did its signers sign it?

`sign_block` and `signed_elsewhere` make one, `read_block` reads one, `verify_block` asks for its
signatures. A block is known by its hash, never by its bytes.
"""

from dataclasses import dataclass, field

from chalicelib.keeta.blocks.body import BlockBody
from chalicelib.keeta.blocks.encoding import read_block_fields, write_block, write_body
from chalicelib.keeta.blocks.rules import check_body
from chalicelib.keeta.blocks.signer import keys_of
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import InvalidBlock, Malformed
from chalicelib.keeta.limits import READ, SENT
from chalicelib.keeta.network import Network, network_of
from chalicelib.keeta.signature import PrivateKey, sign, verify


@dataclass(frozen=True, slots=True)
class Block:
    """A signed block. `raw` are its bytes, `hash` the 32 bytes that name it."""

    body: BlockBody
    signatures: tuple[bytes, ...] = field(repr=False)
    raw: bytes = field(repr=False)
    hash: bytes


def block_hash(body: BlockBody) -> bytes:
    """The hash that a block with this body has, whoever signs it."""
    return digest(write_body(body))


def sign_block(body: BlockBody, *keys: PrivateKey) -> Block:
    """The block, signed by the keys of its signers in their order.

    Raises InvalidBlock for a body that the network would refuse, or for other keys;
    UnknownNetwork for its network.
    """
    check_body(body, network_of(body.network), SENT)
    if tuple(key.account for key in keys) != keys_of(body.signer):
        raise InvalidBlock("not the keys of this block's signers", code="BLOCK_INVALID_SIGNER")
    hash_ = block_hash(body)
    return _block(body, tuple(sign(key, hash_) for key in keys))


def signed_elsewhere(body: BlockBody, *signatures: bytes) -> Block:
    """The block, with signatures that somebody else made whose keys we do not hold.

    Raises BadSignature unless they are those of its signers, and what `sign_block` raises.
    """
    check_body(body, network_of(body.network), SENT)
    if len(signatures) != len(keys_of(body.signer)):
        raise InvalidBlock("as many signatures as signers", code="BLOCK_INVALID_SIGNER")
    block = _block(body, signatures)
    verify_block(block)
    return block


def read_block(raw: bytes, network: Network) -> Block:
    """The block in these bytes, of this network; its signatures are not verified yet.

    Raises Malformed for bytes that are not the one canonical spelling of a block,
    InvalidAccount, InvalidPermissions, InvalidBlock for what it says.
    """
    body, signatures = read_block_fields(raw)
    block = _block(body, signatures)
    if block.raw != raw:
        raise Malformed("not the canonical spelling of this block")
    check_body(body, network, READ)
    if len(signatures) != len(keys_of(body.signer)):
        raise InvalidBlock("as many signatures as signers", code="BLOCK_INVALID_SIGNER")
    return block


def verify_block(block: Block) -> None:
    """Raises BadSignature unless every signer signed this block."""
    for signer, signature in zip(keys_of(block.body.signer), block.signatures, strict=True):
        verify(signer, block.hash, signature)


def _block(body: BlockBody, signatures: tuple[bytes, ...]) -> Block:
    raw, unsigned = write_block(body, signatures)
    return Block(body, signatures, raw, digest(unsigned))
