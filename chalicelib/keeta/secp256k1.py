"""How does a secp256k1 account sign?

libsecp256k1 signs deterministically (RFC 6979 with SHA-256) with a low s, and refuses a
high s: both exactly as the network does.
"""

import coincurve

from chalicelib.keeta import ecdsa
from chalicelib.keeta.errors import BadSignature, InvalidKey

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def public_key(secret: bytes) -> bytes:
    """33 bytes, compressed. Raises InvalidKey for zero or a number past the group order."""
    return bytes(_private(secret).public_key.format())


def sign(secret: bytes, digest: bytes) -> bytes:
    """r || s over a 32-byte digest, 64 bytes."""
    return bytes(_private(secret).sign_recoverable(digest, hasher=None)[:64])


def verify(key: bytes, digest: bytes, signature: bytes) -> None:
    """Raises BadSignature, also for the high-s twin of a good signature."""
    try:
        good = coincurve.PublicKey(key).verify(ecdsa.to_der(signature), digest, hasher=None)
    except ValueError:
        good = False
    if not good:
        raise BadSignature("not a signature of this secp256k1 account")


def low_s(signature: bytes) -> bytes:
    """The one of a signature's two spellings that the network takes; `signature` is r || s.

    Others than libsecp256k1 write either: with s a signature is good, and with order - s as well.
    """
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    return r + min(s, _ORDER - s).to_bytes(32, "big")


def _private(secret: bytes) -> coincurve.PrivateKey:
    try:
        return coincurve.PrivateKey(secret)
    except ValueError:
        raise InvalidKey("not a secp256k1 private key") from None
