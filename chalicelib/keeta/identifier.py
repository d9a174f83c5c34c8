"""What is the address of a token or a storage account that is about to be created?

An identifier follows from its creator, the creator's `previous` block and the place of
the creating operation in the block. So it is known before anything is published, and
changes when the block is built on another `previous`.
(Keeta protocol: SDK `account.generateIdentifier`, `Block.getAccountOpeningHash`.)
"""

from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import InvalidAccount
from chalicelib.keeta.seed import indexed


def opening_hash(account: Account) -> bytes:
    """The `previous` of an account's first block. Two accounts of one key share it."""
    return digest(account.key)


def identifier(creator: Account, previous: bytes, operation: int, key_type: KeyType) -> Account:
    """The account that operation number `operation` (from 0, of all) creates.

    Raises InvalidAccount when `key_type` is one that signs.
    """
    return from_seed(digest(creator.ktk + previous), operation, key_type)


def from_seed(seed: bytes, index: int, key_type: KeyType) -> Account:
    """The identifier number `index` of a seed."""
    if key_type.signs:
        raise InvalidAccount(f"a {key_type.name} account is no identifier")
    return Account(key_type, digest(indexed(seed, index)))
