"""How are values written as DER?

Only the tags that Keeta uses, and one spelling for each value: lengths and integers are
minimal, a boolean is 00 or FF. `reader.py` reads the same and nothing else.
"""

from chalicelib.keeta.errors import Malformed
from chalicelib.keeta.moment import Moment, generalized_time

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, GENERALIZED_TIME, SEQUENCE, SET = 0x0C, 0x18, 0x30, 0x31


def explicit_tag(number: int) -> int:
    """[number] EXPLICIT: a context tag around a whole value."""
    return 0xA0 | number


def implicit_tag(number: int) -> int:
    """[number] IMPLICIT: a context tag in the place of a primitive value's own."""
    return 0x80 | number


def element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def boolean(value: bool) -> bytes:
    return element(BOOLEAN, b"\xff" if value else b"\x00")


def integer(value: int) -> bytes:
    """Minimal two's complement. Keeta never needs a negative one, so there is none."""
    if value < 0:
        raise Malformed("a negative integer")
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    return element(OCTET_STRING, value)


def bits(value: bytes) -> bytes:
    """A BIT STRING of whole bytes."""
    return element(BIT_STRING, b"\x00" + value)


def null() -> bytes:
    return element(NULL, b"")


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    return element(OID, b"".join(_base128(arc) for arc in (40 * first + second, *rest)))


def utf8(value: str) -> bytes:
    try:
        return element(UTF8_STRING, value.encode())
    except UnicodeEncodeError:
        raise Malformed("text with half a surrogate pair") from None


def time(value: Moment) -> bytes:
    return element(GENERALIZED_TIME, generalized_time(value))


def sequence(*parts: bytes) -> bytes:
    return element(SEQUENCE, b"".join(parts))


def set_of_one(part: bytes) -> bytes:
    return element(SET, part)


def explicit(number: int, content: bytes) -> bytes:
    return element(explicit_tag(number), content)


def implicit(number: int, content: bytes) -> bytes:
    return element(implicit_tag(number), content)


def _base128(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(0x80 | arc & 0x7F)
    return bytes(reversed(groups))
