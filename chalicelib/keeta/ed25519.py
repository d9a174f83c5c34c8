"""How does an Ed25519 account sign?

libsodium, and not OpenSSL: it refuses the small-order public keys for which anybody can
forge a signature of every message. The network itself does not refuse them.
"""

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from chalicelib.keeta.errors import BadSignature


def public_key(secret: bytes) -> bytes:
    """`secret` is the 32-byte seed of RFC 8032."""
    return bytes(SigningKey(secret).verify_key)


def sign(secret: bytes, message: bytes) -> bytes:
    """R || S, 64 bytes. Deterministic (RFC 8032)."""
    return SigningKey(secret).sign(message).signature


def verify(key: bytes, message: bytes, signature: bytes) -> None:
    """Raises BadSignature."""
    try:
        VerifyKey(key).verify(message, signature)
    except (CryptoError, ValueError):
        raise BadSignature("not a signature of this Ed25519 account") from None
