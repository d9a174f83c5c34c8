"""Who is meant by an address, and how is an account spelled?

An account is a key type and key bytes. Both together, "public key and type" (KTK), are
its one identity. Its address is base32 text with a checksum; the SDK reads many spellings
of it (upper case, 0 for o, the old prefix), we read only the one the SDK would write.
(Keeta protocol: SDK `Account`, `publicKeyAndType`, `publicKeyString`.)
"""

import base64
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import InvalidAccount, InvalidAddress

PREFIX = "keeta_"
CHECKSUM_BYTES = 5
ADDRESS_LENGTH_MAX = 69


class KeyType(IntEnum):
    """The first byte of a KTK. There is no type 5."""

    SECP256K1 = 0
    ED25519 = 1
    NETWORK = 2
    TOKEN = 3
    STORAGE = 4
    SECP256R1 = 6
    MULTISIG = 7

    @property
    def signs(self) -> bool:
        """True of accounts that have a private key; the others are identifiers."""
        return self in _SIGNING


_SIGNING = frozenset({KeyType.SECP256K1, KeyType.ED25519, KeyType.SECP256R1})
_POINT_TYPES = frozenset({KeyType.SECP256K1, KeyType.SECP256R1})


@dataclass(frozen=True, slots=True)
class Account:
    """`key` is 33 bytes (a compressed point) for the two ECDSA types, else 32.

    Whether the bytes are a point of the curve is not asked here, since the network does
    not ask either: nobody can ever sign for an account whose key is none.
    """

    key_type: KeyType
    key: bytes

    def __post_init__(self) -> None:
        if len(self.key) != (33 if self.key_type in _POINT_TYPES else 32):
            raise InvalidAccount(f"{len(self.key)} bytes are no {self.key_type.name} key")

    @classmethod
    def from_ktk(cls, ktk: bytes) -> Self:
        """Raises InvalidAccount for an unknown type or a key of the wrong length."""
        try:
            key_type = KeyType(ktk[0])
        except (IndexError, ValueError):
            raise InvalidAccount("no such key type", code="ACCOUNT_INVALID_KEYTYPE") from None
        return cls(key_type, ktk[1:])

    @classmethod
    def from_address(cls, address: str) -> Self:
        """Raises InvalidAddress for anything but the canonical spelling of an account."""
        try:
            account = cls.from_ktk(_decode(address)[:-CHECKSUM_BYTES])
        except (ValueError, InvalidAccount):
            raise InvalidAddress("not a Keeta address") from None
        # Writing it again checks prefix, case, checksum and spare bits in one comparison.
        if account.address != address:
            raise InvalidAddress("not the canonical spelling of a Keeta address")
        return account

    @property
    def ktk(self) -> bytes:
        return bytes((self.key_type,)) + self.key

    @property
    def address(self) -> str:
        """67 characters, or 69 for the two ECDSA types."""
        body = self.ktk + digest(self.ktk)[:CHECKSUM_BYTES]
        return PREFIX + base64.b32encode(body).decode().rstrip("=").lower()

    def __str__(self) -> str:
        return self.address


def _decode(address: str) -> bytes:
    text = address[len(PREFIX) : ADDRESS_LENGTH_MAX + 1]
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
