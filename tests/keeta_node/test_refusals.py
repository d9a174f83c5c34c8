"""What does the network refuse, what does that mean to us, and do we refuse it first?

`ASKED` makes the network say each code. `OURS` has what Python says to the same thing before it is
sent, wherever that can be known from the blocks and votes alone.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.keeta_node import Transport, http_client
from chalicelib.errors import CexError
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.blocks import read_block, sign_block
from chalicelib.keeta.identifier import identifier
from chalicelib.keeta.moment import iso
from chalicelib.keeta.network import DEV, TEST
from chalicelib.keeta.operations import (
    Adjust,
    CreateIdentifier,
    ModifyPermissions,
    Receive,
    Send,
    SetInfo,
    TokenAdminModifyBalance,
)
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.quorum import check_quorum
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.staple import staple
from chalicelib.keeta.votes import verify_vote
from chalicelib.settlement.errors import Refused
from chalicelib.settlement.publishing import Publishing
from chalicelib.settlement.refusals import LEDGER_CODES, VOTE_CODES, Meaning, meaning_of
from chalicelib.settlement.told import Side
from infra.local.keeta.controls import Controls
from tests.keeta.vectors import Shown, key, table
from tests.keeta_node.scene import Scene
from tests.keeta_node.unchecked import raw_block
from tests.keeta_node.world import KTA, World, new_key, opening

MINUTE = 60_000
PAGE = Path(__file__).parents[2] / "docs" / "keeta.md"

Act = Callable[[Scene], object]
Make = Callable[[Scene], tuple[Any, ...]]


def two_after_one(scene: Scene) -> tuple[Any, ...]:
    return scene.paid, scene.block()


def out_of_order(scene: Scene) -> tuple[Any, ...]:
    return scene.block(previous=scene.paid.hash), scene.paid


def of_two_accounts(scene: Scene) -> tuple[Any, ...]:
    return scene.paid, scene.block(key=scene.other, previous=scene.paid.hash)


def one_key_twice(scene: Scene) -> tuple[Any, ...]:
    first = scene.block(idempotent=b"k")
    return first, scene.block(idempotent=b"k", previous=first.hash)


def of_another_network(scene: Scene) -> tuple[Any, ...]:
    return (sign_block(replace(scene.paid.body, network=TEST.network_id), scene.payer),)


def old(scene: Scene) -> tuple[Any, ...]:
    return (scene.block(date=scene.world.now() - 6 * MINUTE),)


def fee_block_first(scene: Scene) -> tuple[Any, ...]:
    return (scene.fee_block(),)


def two_fee_blocks(scene: Scene) -> tuple[Any, ...]:
    first = scene.fee_block()
    return scene.paid, first, scene.fee_block(previous=first.hash)


TOGETHER: dict[str, list[Make]] = {
    "LEDGER_MISSING_BLOCKS": [lambda scene: (), fee_block_first],
    "LEDGER_MULTIPLE_FEE_BLOCK": [two_fee_blocks],
    "LEDGER_INVALID_NETWORK": [of_another_network],
    "LEDGER_IDEMPOTENT_KEY_EXISTS": [one_key_twice],
    "LEDGER_PREVIOUS_ALREADY_USED": [two_after_one],
    "LEDGER_PREVIOUS_NOT_SEEN": [out_of_order],
    "LEDGER_INVALID_CHAIN": [of_two_accounts],
    "LEDGER_BLOCK_EXPIRED": [old],
}


def asking_for(make: Make) -> Act:
    return lambda scene: scene.node.vote(make(scene))


def beginning(makers: list[Make]) -> Act:
    """All of them but the last are refused as well."""

    def act(scene: Scene) -> object:
        for make in makers[:-1]:
            with pytest.raises(CexError):
                scene.world.begin(*make(scene))
        return scene.world.begin(*makers[-1](scene))

    return act


def with_subnet(scene: Scene) -> bytes:
    body = scene.paid.body
    shown = {
        "network": body.network,
        "subnet": 1,
        "date": iso(body.date),
        "purpose": 0,
        "account": body.account.address,
        "signer": body.account.address,
        "previous": body.previous.hex(),
        "operations": [{"type": "SEND", "to": body.account.address, "amount": "1", "token": KTA.address}],
    }
    return raw_block(shown, [scene.payer])


def post(scene: Scene, path: str, body: dict[str, object]) -> object:
    client = http_client()
    try:
        api = scene.world.description["representatives"][0]["api"]
        return Transport(api, client).post(path, body)
    finally:
        client.close()


def get(scene: Scene, path: str, **query: str) -> object:
    client = http_client()
    try:
        api = scene.world.description["representatives"][0]["api"]
        return Transport(api, client).get(path, query)
    finally:
        client.close()


def two_votes_of_one(scene: Scene) -> tuple[Any, ...]:
    """The first has just expired, and is good a minute longer; the second was asked for then."""
    block = scene.block(date=scene.world.now() + 3 * MINUTE)
    first = scene.node.vote([block])
    scene.world.shift(scene.controls, 5 * MINUTE + 10_000)
    return block, (first, scene.node.vote([block]))


def ask_with_own_permanent_vote(scene: Scene) -> object:
    permanent = scene.node.vote([scene.paid], scene.votes)
    return scene.node.vote([scene.paid], (permanent, *scene.votes[1:]))


def ask_after_permanent_votes(scene: Scene) -> object:
    permanent = scene.node.vote([scene.paid], scene.votes)
    return scene.node.vote([scene.paid], [permanent])


def promised_to_another(scene: Scene) -> object:
    scene.node.vote([scene.paid])
    return scene.node.vote([scene.block()])


def landed_before(scene: Scene) -> object:
    scene.world.settle(scene.paid)
    permanent = scene.node.votes(scene.paid.hash, Side.MAIN)
    return scene.node.publish(staple([scene.paid], permanent))


def after_one_landed(scene: Scene, **parts: Any) -> object:
    first = scene.block()
    scene.world.settle(first)
    return scene.node.vote([scene.block(**parts)])


def two_owners(scene: Scene) -> object:
    box = identifier(scene.payer.account, opening(scene.payer), 0, KeyType.STORAGE)
    own = Permissions.of(Flag.OWNER)
    default = SetInfo("", "", "", Permissions.of(Flag.STORAGE_CAN_HOLD))
    return scene.node.vote(
        [
            scene.block(CreateIdentifier(box)),
            scene.block(default, ModifyPermissions(scene.other.account, Adjust.SET, own), account=box),
        ]
    )


def late_votes(scene: Scene) -> object:
    votes = scene.votes
    scene.world.shift(scene.controls, 7 * MINUTE)
    return scene.node.vote([scene.paid], votes)


def half_a_staple(scene: Scene) -> object:
    known = scene.world.publisher.ask_permanent(scene.temporary)
    return scene.node.publish(staple([scene.paid], known.permanent[:2]))


ASKED: dict[str, Act] = {
    **{code: asking_for(makers[0]) for code, makers in TOGETHER.items()},
    "LEDGER_INVALID_SUBNET": lambda scene: post(
        scene, "/vote", {"blocks": [base64.b64encode(with_subnet(scene)).decode()]}
    ),
    # what the blocks want to do
    "LEDGER_INVALID_BALANCE": lambda scene: scene.node.vote([scene.block(scene.send(10**9))]),
    "LEDGER_INVALID_PERMISSIONS": lambda scene: scene.node.vote([scene.block(account=scene.other.account)]),
    "LEDGER_INVALID_OWNER_COUNT": two_owners,
    "LEDGER_RECEIVE_NOT_MET": lambda scene: scene.node.vote(
        [scene.block(Receive(5, KTA, scene.other.account, exact=True))]
    ),
    "LEDGER_OPERATION_NOT_SUPPORTED": lambda scene: scene.node.vote(
        [scene.block(TokenAdminModifyBalance(KTA, 1, Adjust.ADD))]
    ),
    # what has happened before
    "LEDGER_BLOCK_ALREADY_EXISTS": landed_before,
    "LEDGER_SUCCESSOR_VOTE_EXISTS": promised_to_another,
    "LEDGER_NOT_OPENING": lambda scene: scene.node.vote([scene.block(previous=bytes(32))]),
    "LEDGER_NOT_EMPTY": lambda scene: after_one_landed(scene, previous=opening(scene.payer)),
    "LEDGER_NOT_SUCCESSOR": lambda scene: after_one_landed(scene, previous=bytes(32)),
    # how votes and the fee stand to the blocks
    "LEDGER_MISSING_REQUIRED_FEE_BLOCK": lambda scene: scene.node.vote(scene.dear.blocks, scene.votes),
    "LEDGER_REQUIRED_FEE_MISMATCH": lambda scene: ask_paid(scene, scene.fees(drop=1)),
    "LEDGER_FEE_AMOUNT_MISMATCH": lambda scene: ask_paid(scene, scene.fees(half)),
    "LEDGER_FEE_TOKEN_MISMATCH": lambda scene: ask_paid(scene, scene.fees(in_dollars(scene))),
    "LEDGER_FEE_MISSING": lambda scene: ask_paid(scene, scene.fees(to_somebody)),
    "LEDGER_BLOCKS_DIFFER_FROM_VOTED_ON": lambda scene: scene.node.vote([scene.block()], scene.votes),
    "LEDGER_DUPLICATE_VOTE_FOUND": lambda scene: scene.node.vote([scene.paid], scene.votes * 2),
    "LEDGER_DUPLICATE_VOTE_ISSUER_FOUND": lambda scene: ask_with_both(scene, *two_votes_of_one(scene)),
    "LEDGER_NO_PERM_WITHOUT_SELF_TEMP": lambda scene: scene.node.vote([scene.paid], scene.votes[1:]),
    "LEDGER_CANNOT_EXCHANGE_PERM_VOTE": ask_with_own_permanent_vote,
    "LEDGER_TEMP_VOTE_INCLUDES_SELF": ask_after_permanent_votes,
    "LEDGER_VOTE_WITH_QUOTE": lambda scene: scene.node.vote([scene.paid], scene.votes, quoted(scene, 0)),
    "LEDGER_QUOTE_MISMATCH": lambda scene: scene.node.vote([scene.paid], quote=quoted(scene, 1)),
    "LEDGER_INSUFFICIENT_VOTING_WEIGHT": lambda scene: scene.node.vote([scene.paid], scene.votes[:2]),
    "VOTE_EXPIRED": late_votes,
    # what a reader asks for
    "API_INVALID_SIDE": lambda scene: get(scene, f"/vote/{bytes(32).hex()}", side="left"),
    "API_LIMIT_NOT_NUMBER": lambda scene: get(scene, "/node/ledger/history", limit="many"),
    "API_LIMIT_NOT_GREATER_THAN_ZERO": lambda scene: scene.node.history(None, limit=0),
    "API_INVALID_START": lambda scene: scene.node.history(None, start=bytes(32)),
    "API_START_MISSING": lambda scene: get(scene, "/node/bootstrap/votes"),
}


def ask_paid(scene: Scene, fee_block: Any) -> object:
    return scene.node.vote([*scene.dear.blocks, fee_block], scene.votes)


def ask_with_both(scene: Scene, block: Any, votes: Any) -> object:
    return scene.node.vote([block], votes)


def half(send: Send) -> Send:
    return replace(send, amount=send.amount // 2)


def in_dollars(scene: Scene) -> Callable[[Send], Send]:
    return lambda send: replace(send, token=scene.world.token("USDT"))


def to_somebody(send: Send) -> Send:
    return replace(send, to=new_key().account)


def quoted(scene: Scene, number: int) -> Any:
    scene.controls.fee(5)
    quote = scene.nodes[number].quote([scene.block()])
    scene.controls.fee(None)
    return quote


def issuers_twice(scene: Scene) -> object:
    block, votes = two_votes_of_one(scene)
    return Publishing(DEV, (block,), votes)


OURS: dict[str, Act] = {
    **{code: beginning(makers) for code, makers in TOGETHER.items()},
    "LEDGER_INVALID_SUBNET": lambda scene: read_block(with_subnet(scene), DEV),
    "LEDGER_MISSING_REQUIRED_FEE_BLOCK": lambda scene: scene.dear.with_fee_block(
        scene.block(key=scene.other)
    ),
    "LEDGER_REQUIRED_FEE_MISMATCH": lambda scene: scene.dear.with_fee_block(scene.fees(drop=1)),
    "LEDGER_FEE_AMOUNT_MISMATCH": lambda scene: scene.dear.with_fee_block(scene.fees(half)),
    "LEDGER_FEE_TOKEN_MISMATCH": lambda scene: scene.dear.with_fee_block(scene.fees(in_dollars(scene))),
    "LEDGER_FEE_MISSING": lambda scene: scene.dear.with_fee_block(scene.fees(to_somebody)),
    "LEDGER_BLOCKS_DIFFER_FROM_VOTED_ON": lambda scene: Publishing(DEV, (scene.block(),), scene.votes),
    "LEDGER_DUPLICATE_VOTE_FOUND": lambda scene: Publishing(DEV, (scene.paid,), scene.votes * 2),
    "LEDGER_DUPLICATE_VOTE_ISSUER_FOUND": issuers_twice,
    "LEDGER_INSUFFICIENT_VOTING_WEIGHT": lambda scene: check_quorum(
        scene.votes[:2], scene.world.representatives.weights
    ),
    "VOTE_EXPIRED": lambda scene: verify_vote(scene.votes[0], scene.world.now() + 7 * MINUTE),
}

# Said by the SDK's source alone: this network can not be brought to it.
NOT_PRODUCED = {
    "LEDGER_OTHER",
    "LEDGER_TRANSACTION_ABORTED",
    "LEDGER_INVALID_SET_REP",
    "LEDGER_INVALID_ACCOUNT_INFO_KEY",
    "VOTE_MOMENT_BEFORE_VALIDITY_FROM",
}


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
        post(scene, "/vote", {"blocks": [base64.b64encode(forged).decode()]})
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
    client = http_client()
    with pytest.raises(Refused) as refused:
        Transport(four.description["representatives"][0]["api"], client).post(
            "/vote", {"blocks": [base64.b64encode(raw).decode()]}
        )
    client.close()
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
