"""Did this account sign these bytes?

`verify` raises; it never answers with a boolean that somebody could forget to look at.

A signature is over the SHA3-256 of the data. For a block the data is the block's hash,
which is why a wallet must never sign 32 bytes that somebody else chose.
(Keeta protocol: SDK `account.sign(data)` and `account.verify(data, signature)`.)
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from chalicelib.keeta import ecdsa
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import BadSignature, CannotSign, InvalidKey

SIGNATURE_BYTES = 64


@dataclass(frozen=True)
class PrivateKey:
    """32 secret bytes: a scalar for the ECDSA types, the RFC 8032 seed for Ed25519."""

    key_type: KeyType
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != 32:
            raise InvalidKey("a private key has 32 bytes")

    @cached_property
    def account(self) -> Account:
        """Raises CannotSign for an identifier's type, InvalidKey for a secret out of range."""
        return Account(self.key_type, _algorithm(self.key_type).public_key(self.secret))


def sign(key: PrivateKey, data: bytes) -> bytes:
    """64 bytes; the same key and data give the same signature. Raises CannotSign."""
    return _algorithm(key.key_type).sign(key.secret, digest(data))


def verify(account: Account, data: bytes, signature: bytes) -> None:
    """Raises BadSignature unless the holder of `account`'s private key signed `data`."""
    if len(signature) != SIGNATURE_BYTES or not account.key_type.signs:
        raise BadSignature("no signature, or an account that can not sign")
    _algorithm(account.key_type).verify(account.key, digest(data), signature)


def sign_certificate(key: PrivateKey, body: bytes) -> bytes:
    """A vote's signature over its body: bare for Ed25519, DER over the digest for ECDSA."""
    if key.key_type is KeyType.ED25519:
        return _algorithm(key.key_type).sign(key.secret, body)
    return ecdsa.to_der(sign(key, body))


def verify_certificate(account: Account, body: bytes, signature: bytes) -> None:
    """Raises BadSignature unless `account` signed the body of a vote."""
    if account.key_type is KeyType.ED25519:
        return _algorithm(account.key_type).verify(account.key, body, signature)
    return verify(account, body, ecdsa.from_der(signature))


class _Algorithm(Protocol):
    def public_key(self, secret: bytes) -> bytes: ...
    def sign(self, secret: bytes, message: bytes) -> bytes: ...
    def verify(self, key: bytes, message: bytes, signature: bytes) -> None: ...


def _algorithm(key_type: KeyType) -> _Algorithm:
    # Imported on first use: a cold start pays only for the library that it needs.
    match key_type:
        case KeyType.ED25519:
            from chalicelib.keeta import ed25519  # noqa: PLC0415

            return ed25519
        case KeyType.SECP256K1:
            from chalicelib.keeta import secp256k1  # noqa: PLC0415

            return secp256k1
        case KeyType.SECP256R1:
            from chalicelib.keeta import secp256r1  # noqa: PLC0415

            return secp256r1
        case _:
            raise CannotSign(f"a {key_type.name} account has no private key")
