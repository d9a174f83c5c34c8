"""Which keys grow from a seed?

One seed of 32 bytes and an index give one key of each type.
(Keeta protocol: SDK `Account.fromSeed`, `Account.seedFromPassphrase`.)
"""

import hashlib
import hmac

from chalicelib.keeta.account import KeyType
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import CannotSign, InvalidKey
from chalicelib.keeta.signature import PrivateKey

SEED_BYTES = 32
PASSPHRASE_BYTES_MIN = 60
_PBKDF2_ROUNDS = 64_000


def private_key(seed: bytes, index: int, key_type: KeyType) -> PrivateKey:
    """The key number `index` (0 to 2**32-1). Raises InvalidKey, CannotSign for identifiers."""
    material = indexed(seed, index)
    match key_type:
        case KeyType.ED25519:
            return PrivateKey(key_type, _clamp(digest(material)))
        case KeyType.SECP256K1 | KeyType.SECP256R1:
            # One block of HKDF-Expand with an empty info, without the extract step.
            return PrivateKey(key_type, hmac.digest(material, b"\x01", "sha3-256"))
        case _:
            raise CannotSign(f"a {key_type.name} account has no private key")


def indexed(seed: bytes, index: int) -> bytes:
    """The 36 bytes from which the key or identifier number `index` of a seed is made."""
    if len(seed) != SEED_BYTES:
        raise InvalidKey(f"a seed has {SEED_BYTES} bytes")
    if not 0 <= index < 2**32:
        raise InvalidKey("a seed index has 32 bits")
    return seed + index.to_bytes(4, "big")


def from_passphrase(passphrase: str) -> bytes:
    """The seed of a passphrase; spaces and case do not matter. Raises InvalidKey if too short."""
    words = passphrase.lower().replace(" ", "").encode()
    if len(words) < PASSPHRASE_BYTES_MIN:
        raise InvalidKey("passphrase too weak", code="ACCOUNT_PASSPHRASE_WEAK")
    return hashlib.pbkdf2_hmac("sha256", words, words, _PBKDF2_ROUNDS, SEED_BYTES)


def _clamp(key: bytes) -> bytes:
    # RFC 8032 clamps the scalar after hashing; Keeta also clamps the seed before it.
    return bytes((key[0] & 248, *key[1:31], key[31] & 127 | 64))
