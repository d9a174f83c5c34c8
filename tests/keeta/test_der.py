"""Is there one spelling of every value, and is every other refused?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.keeta import der
from chalicelib.keeta.errors import Malformed
from chalicelib.keeta.moment import generalized_time, iso, parse_generalized_time, parse_iso
from chalicelib.keeta.reader import INTEGER_BYTES_MAX, Reader

FIRST, LAST = parse_iso("0001-01-01T00:00:00.000Z"), parse_iso("9999-12-31T23:59:59.999Z")
moments = st.integers(FIRST, LAST)


@given(st.integers(0, 2 ** (8 * INTEGER_BYTES_MAX - 1) - 1))
def test_an_integer_is_read_back(value: int) -> None:
    assert Reader(der.integer(value)).integer() == value


@given(st.binary(max_size=70_000))
def test_a_length_of_any_size_is_read_back(content: bytes) -> None:
    with Reader(der.octets(content)) as whole:
        assert whole.octets() == content


@given(moments)
def test_a_moment_is_read_back_from_both_spellings(moment: int) -> None:
    assert parse_generalized_time(generalized_time(moment)) == moment
    assert parse_iso(iso(moment)) == moment


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [(0, b"20250601123456Z"), (7, b"20250601123456.007Z"), (500, b"20250601123456.500Z")],
)
def test_a_fraction_has_three_digits_or_none(milliseconds: int, written: bytes) -> None:
    assert generalized_time(parse_iso("2025-06-01T12:34:56.000Z") + milliseconds) == written


@pytest.mark.parametrize(
    "text",
    [
        b"20250601123456.5Z",
        b"20250601123456.50Z",
        b"20250601123456.000Z",
        b"20250601123456.7890Z",
        b"20250601123456",
        b"20250601123456+0000",
        b"202506011234Z",
        b"20250230123456Z",
        b"20250601246060Z",
        b"00000101000000Z",
        b"2025060112345\xb2Z",
        b"20250601123456Z\n",
        b"",
    ],
)
def test_any_other_time_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        parse_generalized_time(text)


@pytest.mark.parametrize("moment", [FIRST - 1, LAST + 1, 10**30])
def test_a_moment_that_has_no_spelling_is_refused(moment: int) -> None:
    with pytest.raises(Malformed):
        generalized_time(moment)


@pytest.mark.parametrize(
    ("why", "raw"),
    [
        ("no bytes", "02 00"),
        ("padded with zero", "02 02 00 01"),
        ("negative", "02 01 80"),
        ("negative and padded", "02 02 ff 05"),
        ("another tag", "04 01 00"),
        ("nothing", ""),
        ("a tag alone", "02"),
        ("a length past the end", "02 02 01"),
        ("a long length for a short value", "02 81 01 05"),
        ("a padded length", "02 82 00 01 05"),
        ("an indefinite length", "02 80 05 00 00"),
        ("a length of five bytes", "02 85 00 00 00 00 01 05"),
        ("a length cut short", "02 82 01"),
        ("too many bytes", "02 81 81 01" + "00" * 128),
    ],
)
def test_an_integer_written_otherwise_is_refused(why: str, raw: str) -> None:
    with pytest.raises(Malformed):
        Reader(bytes.fromhex(raw)).integer()


@pytest.mark.parametrize("raw", ["01 01 01", "01 00", "01 02 ff ff"])
def test_a_boolean_that_is_neither_00_nor_ff_is_refused(raw: str) -> None:
    with pytest.raises(Malformed):
        Reader(bytes.fromhex(raw)).boolean()


def test_other_values_written_otherwise_are_refused() -> None:
    with pytest.raises(Malformed):
        Reader(bytes.fromhex("05 01 00")).null()
    with pytest.raises(Malformed):
        Reader(bytes.fromhex("03 02 01 80")).bits()
    with pytest.raises(Malformed):
        Reader(bytes.fromhex("03 00")).bits()
    with pytest.raises(Malformed):
        Reader(bytes.fromhex("0c 02 c3 28")).utf8()


def test_what_can_not_be_written_is_refused() -> None:
    with pytest.raises(Malformed):
        der.integer(-1)
    with pytest.raises(Malformed):
        der.utf8("\ud800")


def test_bytes_after_the_last_element_are_refused() -> None:
    with pytest.raises(Malformed, match="1 bytes too many"), Reader(der.null() + b"\x00") as whole:
        whole.null()


def test_an_error_inside_is_not_hidden_by_what_is_left() -> None:
    with pytest.raises(KeyError), Reader(b"left over"):
        raise KeyError


@pytest.mark.parametrize(
    ("dotted", "written"),
    [("1.3.101.112", "06032b6570"), ("1.3.132.0.10", "06052b8104000a"), ("2.5.4.3", "0603550403")],
)
def test_an_object_identifier_is_written_in_base_128(dotted: str, written: str) -> None:
    assert der.oid(dotted).hex() == written
