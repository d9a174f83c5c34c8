"""Is an amount read and written without losing or inventing a unit?"""

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidInput
from chalicelib.money import UNITS_MAX, Amount, format_units, parse_units, scale

SIGNS = ["", " ", "-1", "+1", ".5", "5.", "01", "00", "1,5", "1_0", " 1", "1 ", "1\n", "1.1.1"]
WORDS = ["1e3", "NaN", "inf", "0x1", "\N{ARABIC-INDIC DIGIT ONE}", "\N{SUPERSCRIPT TWO}"]
OTHER_SPELLINGS = [*SIGNS, *WORDS, "9" * 41, "0." + "0" * 41]

decimals = st.integers(0, 30)
units = st.integers(0, UNITS_MAX)


def refusal(text: str, places: int = 6) -> str:
    with pytest.raises(InvalidInput) as refused:
        parse_units(text, places)
    return refused.value.code


@given(units, decimals)
def test_what_was_written_is_read_back(number: int, places: int) -> None:
    assert parse_units(format_units(number, places), places) == number


@given(st.integers(-UNITS_MAX, UNITS_MAX), decimals)
def test_what_is_written_is_the_shortest_spelling_and_means_the_number(number: int, places: int) -> None:
    text = format_units(number, places)
    whole, _, fraction = text.partition(".")
    assert int(whole + fraction.ljust(places, "0")) == number
    assert not fraction.endswith("0")
    assert not text.endswith(".")
    assert "e" not in text.lower()


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), decimals)
def test_two_numbers_are_never_written_alike(one: int, other: int, places: int) -> None:
    assert (format_units(one, places) == format_units(other, places)) == (one == other)


@given(units, decimals, st.integers(0, 5))
def test_zeros_at_the_end_of_a_fraction_mean_nothing(number: int, places: int, more: int) -> None:
    text = format_units(number, places)
    longer = (text if "." in text else text + ".0") + "0" * more
    assert parse_units(longer, places) == number


@given(st.text() | st.text("0123456789.-+eE_, ", max_size=12))
def test_any_text_is_refused_or_a_plain_decimal_number(text: str) -> None:
    with suppress(InvalidInput):
        number = parse_units(text, 6)
        assert set(text) <= set("0123456789.")
        assert Fraction(text) * scale(6) == number <= UNITS_MAX


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("0.0", 0),
        ("1", 1_000_000),
        ("0.000001", 1),
        ("0.0000010000", 1),
        ("1.5", 1_500_000),
        ("999999999999999999999999.999999", UNITS_MAX),
    ],
)
def test_a_plain_decimal_number_is_read(text: str, number: int) -> None:
    assert parse_units(text, 6) == number


@pytest.mark.parametrize("text", OTHER_SPELLINGS)
def test_any_other_spelling_is_refused(text: str) -> None:
    assert refusal(text) == "invalid_number"


def test_a_number_finer_than_the_asset_or_larger_than_any_wallet_is_refused() -> None:
    assert refusal("0.0000001") == "too_many_decimals"
    assert refusal("0.1", 0) == "too_many_decimals"
    assert refusal("1000000000000000000000000") == "number_too_large"


def test_minus_an_amount_is_of_the_same_asset() -> None:
    assert -Amount("KTA", 5) == Amount("KTA", -5)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (-1, "-0.000001"), (-1_500_000, "-1.5"), (10, "0.00001")]
)
def test_a_number_of_units_is_written_as_people_write_it(number: int, text: str) -> None:
    assert format_units(number, 6) == text


@given(decimals)
def test_a_whole_token_has_so_many_units(places: int) -> None:
    assert format_units(scale(places), places) == "1"
