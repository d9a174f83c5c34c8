"""How is an amount written, and what may be done with it?

Inside the house an amount is a whole number of the smallest unit of one asset. On the
wire it is a decimal string. There is no float and no Decimal in between.
"""

import re
from typing import NamedTuple

from chalicelib.errors import InvalidInput

# DynamoDB keeps 38 significant digits. One amount takes at most 30, so that no sum of
# amounts which a wallet can ever see comes near the limit.
UNITS_MAX = 10**30 - 1

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,39})(?:\.([0-9]{1,40}))?", re.ASCII)


class Amount(NamedTuple):
    """`units` of the smallest unit of `asset` (its symbol). Two assets never add up."""

    asset: str
    units: int

    def __neg__(self) -> "Amount":
        return Amount(self.asset, -self.units)


def scale(decimals: int) -> int:
    """Units in one whole token."""
    return int(10**decimals)


def parse_units(text: str, decimals: int) -> int:
    """The whole number of units, of 10**-decimals each, that `text` stands for.

    Raises InvalidInput for a sign, an exponent, white space, leading zeros, more
    fraction digits than the asset has (unless they are zeros), or a number too large.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise InvalidInput("not a plain decimal number", code="invalid_number")
    whole, fraction = match.group(1), (match.group(2) or "").rstrip("0")
    if len(fraction) > decimals:
        raise InvalidInput(f"more than {decimals} decimal places", code="too_many_decimals")
    units = int(whole) * scale(decimals) + int(fraction.ljust(decimals, "0") or "0")
    if units > UNITS_MAX:
        raise InvalidInput("number too large", code="number_too_large")
    return units


def format_units(units: int, decimals: int) -> str:
    """The shortest decimal string for `units` of 10**-decimals each: "1.5", "0", "-0.01"."""
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    fraction = fraction.rstrip("0")
    return sign + whole + ("." + fraction if fraction else "")
