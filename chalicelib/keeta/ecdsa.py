"""How is an ECDSA signature spelled?

Blocks and statements carry r || s, 64 bytes. Votes and the two crypto libraries want the
DER of SEQUENCE { r, s }.
"""

from chalicelib.keeta import der
from chalicelib.keeta.errors import BadSignature, Malformed
from chalicelib.keeta.reader import Reader


def to_der(signature: bytes) -> bytes:
    """Raises BadSignature unless there are 64 bytes."""
    if len(signature) != 64:
        raise BadSignature("a signature has 64 bytes")
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    return der.sequence(der.integer(r), der.integer(s))


def from_der(signature: bytes) -> bytes:
    """Raises BadSignature for anything that `to_der` would not write."""
    try:
        with Reader(signature) as whole, whole.sequence() as pair:
            return pair.integer().to_bytes(32, "big") + pair.integer().to_bytes(32, "big")
    except (Malformed, OverflowError):
        raise BadSignature("not the DER of an ECDSA signature") from None
