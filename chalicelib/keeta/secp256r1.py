"""How does a secp256r1 (NIST P-256) account sign?

Deterministically (RFC 6979 with SHA-256, although the digest is SHA3-256). s is not
normalized: the network writes and reads both halves, so a signature has a valid twin and
must never serve as an identity.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.keeta import ecdsa
from chalicelib.keeta.errors import BadSignature, InvalidKey

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def public_key(secret: bytes) -> bytes:
    """33 bytes, compressed. Raises InvalidKey for zero or a number past the group order."""
    return _private(secret).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def sign(secret: bytes, digest: bytes) -> bytes:
    """r || s over a 32-byte digest, 64 bytes."""
    algorithm = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)
    return ecdsa.from_der(_private(secret).sign(digest, algorithm))


def verify(key: bytes, digest: bytes, signature: bytes) -> None:
    """Raises BadSignature."""
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, key)
        point.verify(ecdsa.to_der(signature), digest, ec.ECDSA(Prehashed(SHA256())))
    except (InvalidSignature, ValueError):
        raise BadSignature("not a signature of this secp256r1 account") from None


def _private(secret: bytes) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(secret, "big")
    if not 0 < scalar < _ORDER:
        raise InvalidKey("not a secp256r1 private key")
    return ec.derive_private_key(scalar, _CURVE)
