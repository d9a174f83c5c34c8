"""Does the package refuse what the official SDK refuses, by the same code?"""

import pytest

from chalicelib.keeta.blocks import sign_block
from chalicelib.keeta.errors import KeetaError
from tests.keeta.vectors import Shown, body, key, table

REFUSALS = table("refusals", "refusals")

# What the SDK of 0.14.12 lets pass and newer nodes, or common sense, do not.
STRICTER = {
    "an amount of nothing": "BLOCK_AMOUNT_BELOW_ZERO",
    "an amount below zero": "BLOCK_AMOUNT_BELOW_ZERO",
    "a supply of nothing": "BLOCK_AMOUNT_BELOW_ZERO",
    "a receive of nothing": "BLOCK_AMOUNT_BELOW_ZERO",
    "an amount above any supply": "BLOCK_SUPPLY_INVALID",
}


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: row["name"])
def test_a_block_that_the_sdk_refuses_is_never_signed(row: Shown) -> None:
    with pytest.raises(KeetaError) as refused:
        sign_block(body(row), *(key(name) for name in row["keys"]))
    if row["sdk"] == "accepts":
        assert refused.value.code == STRICTER[row["name"]]
    elif row["sdk"] != "refuses without a code":
        assert refused.value.code == row["sdk"]


def test_the_sdk_accepts_only_what_is_listed_as_stricter() -> None:
    assert {row["name"] for row in REFUSALS if row["sdk"] == "accepts"} == STRICTER.keys()
