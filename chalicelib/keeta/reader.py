"""How is DER read, with nothing left to interpretation?

A container is read to its very end, and every other spelling of a value than the one
that `der.py` writes is refused:

    with Reader(data).sequence() as fields:   # leaving the block proves it is used up
        network = fields.integer()
"""

from collections.abc import Callable
from typing import Self, TypeVar

from chalicelib.keeta import der
from chalicelib.keeta.errors import Malformed
from chalicelib.keeta.moment import Moment, parse_generalized_time

T = TypeVar("T")

# Amounts end below 10**200 (84 bytes); a serial or a network id is far shorter.
INTEGER_BYTES_MAX = 128


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

    def next_is(self, tag: int) -> bool:
        return self.more() and self._data[self._at] == tag

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
        value = self.content(der.BOOLEAN)
        if value not in (b"\x00", b"\xff"):
            raise Malformed("a boolean that is neither 00 nor FF")
        return value == b"\xff"

    def integer(self) -> int:
        value = self.content(der.INTEGER)
        if not value or len(value) > INTEGER_BYTES_MAX:
            raise Malformed("an integer of no bytes, or of too many")
        if value[0] >= 0x80:
            raise Malformed("a negative integer")
        if len(value) > 1 and value[0] == 0 and value[1] < 0x80:
            raise Malformed("an integer that is not minimal")
        return int.from_bytes(value, "big")

    def octets(self) -> bytes:
        return self.content(der.OCTET_STRING)

    def bits(self) -> bytes:
        value = self.content(der.BIT_STRING)
        if value[:1] != b"\x00":
            raise Malformed("a bit string that is not whole bytes")
        return value[1:]

    def null(self) -> None:
        if self.content(der.NULL):
            raise Malformed("a null with content")

    def nullable(self, read: Callable[[Self], T]) -> T | None:
        """None for a NULL, else what `read` makes of the next elements."""
        if self.next_is(der.NULL):
            self.null()
            return None
        return read(self)

    def utf8(self) -> str:
        try:
            return self.content(der.UTF8_STRING).decode()
        except UnicodeDecodeError:
            raise Malformed("text that is not UTF-8") from None

    def time(self) -> Moment:
        return parse_generalized_time(self.content(der.GENERALIZED_TIME))

    def expect(self, *written: bytes) -> None:
        """The next elements must be exactly these."""
        for part in written:
            if self.any() != part:
                raise Malformed("not the constant that belongs here")

    def sequence(self) -> "Reader":
        return Reader(self.content(der.SEQUENCE))

    def sequence_of(self, read: Callable[["Reader"], T]) -> tuple[T, ...]:
        """A sequence of any number of what `read` reads, none included."""
        found = []
        entries = self.sequence()
        while entries.more():
            found.append(read(entries))
        return tuple(found)

    def set_of_one(self) -> "Reader":
        return Reader(self.content(der.SET))

    def explicit(self, number: int) -> "Reader":
        return Reader(self.content(der.explicit_tag(number)))
