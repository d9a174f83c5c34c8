"""Blocks: an account's next link, what it does, and who signed it."""

from chalicelib.keeta.blocks.block import (
    Block,
    block_hash,
    read_block,
    sign_block,
    signed_elsewhere,
    verify_block,
)
from chalicelib.keeta.blocks.body import BlockBody, Purpose
from chalicelib.keeta.blocks.encoding import write_body
from chalicelib.keeta.blocks.signer import Multisig, Signer, address_of, keys_of

__all__ = [
    "Block",
    "BlockBody",
    "Multisig",
    "Purpose",
    "Signer",
    "address_of",
    "block_hash",
    "keys_of",
    "read_block",
    "sign_block",
    "signed_elsewhere",
    "verify_block",
    "write_body",
]
