"""What does the network refuse, what does that mean to us, and do we refuse it first?"""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.adapters.keeta_node import Transport, http_client
from chalicelib.errors import CexError
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.staple import staple
from chalicelib.settlement.errors import Refused
from chalicelib.settlement.refusals import LEDGER_CODES, VOTE_CODES, Meaning, meaning_of
from infra.local.keeta.controls import Controls
from tests.keeta.vectors import Shown, key, table
from tests.keeta_node.refusing import ASKED, NOT_PRODUCED, OURS, half_a_staple
from tests.keeta_node.scene import Scene
from tests.keeta_node.unchecked import raw_block
from tests.keeta_node.world import World

PAGE = Path(__file__).parents[2] / "docs" / "keeta.md"


@pytest.fixture
def scene(four: World, controls: Controls, payers: Callable[[int], list[PrivateKey]]) -> Scene:
    return Scene(four, controls, payers)


@pytest.mark.parametrize("code", ASKED)
def test_the_network_refuses_by_this_code_and_we_know_what_it_means(scene: Scene, code: str) -> None:
    with pytest.raises(Refused) as refused:
        ASKED[code](scene)
    assert refused.value.code == code
    assert refused.value.meaning is meaning_of(code)


@pytest.mark.parametrize("code", OURS)
def test_we_refuse_first_by_the_same_code(scene: Scene, code: str) -> None:
    with pytest.raises(CexError) as refused:
        OURS[code](scene)
    assert refused.value.code == code
    assert not isinstance(refused.value, Refused)


def test_a_fee_block_can_not_come_first_on_the_network_either(scene: Scene) -> None:
    with pytest.raises(Refused) as refused:
        scene.node.vote([scene.fee_block()])
    assert refused.value.code == "LEDGER_MISSING_BLOCKS"


def test_a_refusal_without_a_code_is_a_reason_to_look(scene: Scene) -> None:
    forged = bytearray(scene.paid.raw)
    forged[-1] ^= 1
    with pytest.raises(Refused, match="signature") as refused:
        scene.post("/vote", {"blocks": [base64.b64encode(forged).decode()]})
    assert (refused.value.code, refused.value.meaning) == ("uncoded", Meaning.LOOK)
    with pytest.raises(Refused, match="Can only insert permanent votes"):
        scene.node.publish(staple([scene.paid], scene.votes))


def test_nothing_lands_for_less_than_a_quorum(scene: Scene) -> None:
    with pytest.raises(Refused) as refused:
        half_a_staple(scene)
    assert refused.value.code == "LEDGER_INSUFFICIENT_VOTING_WEIGHT"


@pytest.mark.parametrize("row", table("refusals", "refusals"), ids=lambda row: row["name"])
def test_a_block_that_we_never_sign_is_refused_by_the_network_too(four: World, row: Shown) -> None:
    """`tests/keeta/test_refusals.py` shows that we refuse these blocks by the SDK's own codes."""
    raw = raw_block(row, [key(name) for name in row["keys"]])
    api = four.description["representatives"][0]["api"]
    body = {"blocks": [base64.b64encode(raw).decode()]}
    with http_client() as client, pytest.raises(Refused) as refused:
        Transport(api, client).post("/vote", body)
    assert refused.value.code == WHERE_STRICTER.get(row["name"], expected(row["sdk"]))


# The parser of 0.14.12 lets these pass where its builder or newer nodes do not; only then does the
# ledger see that they are blocks of another network.
WHERE_STRICTER = {
    "a key too long": "LEDGER_INVALID_NETWORK",
    "an amount below zero": "BLOCK_AMOUNT_BELOW_ZERO",
}


def expected(sdk: str) -> str:
    if sdk == "accepts":
        return "LEDGER_INVALID_NETWORK"
    return "uncoded" if sdk == "refuses without a code" else sdk


def test_every_code_of_the_table_is_produced_or_known_not_to_be() -> None:
    listed = LEDGER_CODES.keys() | VOTE_CODES.keys()
    assert {code for code in ASKED if not code.startswith("API_")} == listed - NOT_PRODUCED


def test_the_page_says_what_the_code_does() -> None:
    form = r"^\| `([A-Z_]+)` \| (\w+) \| (|first )\| (|net )\|"
    rows = re.findall(form, PAGE.read_text(), re.MULTILINE)
    said = {code: Meaning[meaning.upper()] for code, meaning, _, _ in rows}
    assert said == LEDGER_CODES | VOTE_CODES
    assert {code for code, _, first, _ in rows if first} == OURS.keys()
    assert {code for code, _, _, net in rows if net} == ASKED.keys() & said.keys()


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("BLOCK_ONLY_TOKEN_OP", Meaning.FINAL),
        ("LEDGER_SOMETHING_NEWER", Meaning.LOOK),
        (None, Meaning.LOOK),
        ("API_INVALID_SIDE", Meaning.FINAL),
    ],
)
def test_codes_that_are_not_in_the_table_are_judged_by_their_family(
    code: str | None, meaning: Meaning
) -> None:
    assert meaning_of(code) is meaning
    assert meaning_of(code, should_retry=True) is Meaning.TRANSIENT
