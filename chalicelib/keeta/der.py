"""How are values written as DER, and read back with nothing left to interpretation?

Only the tags that Keeta uses. One value has one spelling: lengths and integers are
minimal, a boolean is 00 or FF, and a container is read to its very end:

    with Reader(data).sequence() as fields:   # leaving the block proves it is used up
        network = fields.integer()
"""

from collections.abc import Callable
from typing import Self, TypeVar

from chalicelib.keeta.errors import Malformed
from chalicelib.keeta.moment import Moment, generalized_time, parse_generalized_time

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, GENERALIZED_TIME, SEQUENCE, SET = 0x0C, 0x18, 0x30, 0x31

T = TypeVar("T")

# Amounts end below 10**200 (84 bytes); a serial or a network id is far shorter.
INTEGER_BYTES_MAX = 128


def explicit_tag(number: int) -> int:
    """[number] EXPLICIT: a context tag around a whole value."""
    return 0xA0 | number


def implicit_tag(number: int) -> int:
    """[number] IMPLICIT: a context tag in the place of a primitive value's own."""
    return 0x80 | number


# --- writing -------------------------------------------------------------------------


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


# --- reading -------------------------------------------------------------------------


class Reader:
    """A cursor over the elements of one container. Every method raises Malformed."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._end = data, 0, len(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.end()

    def more(self) -> bool:
        return self._at < self._end

    def end(self) -> None:
        if self.more():
            raise Malformed(f"{self._end - self._at} bytes too many")

    def next_is(self, *tags: int) -> bool:
        return self.more() and self._data[self._at] in tags

    def any(self) -> bytes:
        """The next element whole, tag and length included, without looking inside."""
        start = self._at
        self.content(self._data[start] if self.more() else 0)
        return self._data[start : self._at]

    def content(self, tag: int) -> bytes:
        """What the next element holds; its tag must be `tag`."""
        if not self.next_is(tag):
            raise Malformed(f"expected tag {tag:#04x}")
        start, size = self._length(self._at + 1)
        if size > self._end - start:
            raise Malformed("a length beyond the end")
        self._at = start + size
        return self._data[start : self._at]

    def _length(self, at: int) -> tuple[int, int]:
        """Where the content starts, and its size."""
        head = self._data[at] if at < self._end else 0x80
        if head < 0x80:
            return at + 1, head
        width = head & 0x7F
        size = int.from_bytes(self._data[at + 1 : at + 1 + width], "big")
        # Covers indefinite, padded, truncated and absurd lengths: none is the minimal one.
        if not 1 <= width <= 4 or at + 1 + width > self._end or size < 0x80 or size >> 8 * (width - 1) == 0:
            raise Malformed("a length that is not minimal")
        return at + 1 + width, size

    def boolean(self) -> bool:
        value = self.content(BOOLEAN)
        if value not in (b"\x00", b"\xff"):
            raise Malformed("a boolean that is neither 00 nor FF")
        return value == b"\xff"

    def integer(self) -> int:
        value = self.content(INTEGER)
        if not value or len(value) > INTEGER_BYTES_MAX:
            raise Malformed("an integer of no bytes, or of too many")
        if value[0] >= 0x80:
            raise Malformed("a negative integer")
        if len(value) > 1 and value[0] == 0 and value[1] < 0x80:
            raise Malformed("an integer that is not minimal")
        return int.from_bytes(value, "big")

    def octets(self) -> bytes:
        return self.content(OCTET_STRING)

    def bits(self) -> bytes:
        value = self.content(BIT_STRING)
        if value[:1] != b"\x00":
            raise Malformed("a bit string that is not whole bytes")
        return value[1:]

    def null(self) -> None:
        if self.content(NULL):
            raise Malformed("a null with content")

    def nullable(self, read: Callable[[Self], T]) -> T | None:
        """None for a NULL, else what `read` makes of the next elements."""
        if self.next_is(NULL):
            self.null()
            return None
        return read(self)

    def utf8(self) -> str:
        try:
            return self.content(UTF8_STRING).decode()
        except UnicodeDecodeError:
            raise Malformed("text that is not UTF-8") from None

    def time(self) -> Moment:
        return parse_generalized_time(self.content(GENERALIZED_TIME))

    def expect(self, *written: bytes) -> None:
        """The next elements must be exactly these."""
        for part in written:
            if self.any() != part:
                raise Malformed("not the constant that belongs here")

    def sequence(self) -> "Reader":
        return Reader(self.content(SEQUENCE))

    def sequence_of(self, read: Callable[["Reader"], T]) -> tuple[T, ...]:
        """A sequence of any number of what `read` reads, none included."""
        found = []
        entries = self.sequence()
        while entries.more():
            found.append(read(entries))
        return tuple(found)

    def set_of_one(self) -> "Reader":
        return Reader(self.content(SET))

    def explicit(self, number: int) -> "Reader":
        return Reader(self.content(explicit_tag(number)))
