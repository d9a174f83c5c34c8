"""How is the network brought to each of its refusals, and what do we say to the same thing?

`ASKED` makes the network say each code. `OURS` is what Python says before anything is sent,
wherever it can be known from the blocks and votes alone.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

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
from chalicelib.keeta.staple import staple
from chalicelib.keeta.votes import verify_vote
from chalicelib.settlement.publishing import Publishing
from chalicelib.settlement.told import Side
from tests.keeta_node.scene import Scene
from tests.keeta_node.unchecked import raw_block
from tests.keeta_node.world import KTA, new_key, opening

MINUTE = 60_000

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
    "LEDGER_INVALID_SUBNET": lambda scene: scene.post(
        "/vote", {"blocks": [base64.b64encode(with_subnet(scene)).decode()]}
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
    "API_INVALID_SIDE": lambda scene: scene.get(f"/vote/{bytes(32).hex()}", side="left"),
    "API_LIMIT_NOT_NUMBER": lambda scene: scene.get("/node/ledger/history", limit="many"),
    "API_LIMIT_NOT_GREATER_THAN_ZERO": lambda scene: scene.node.history(None, limit=0),
    "API_INVALID_START": lambda scene: scene.node.history(None, start=bytes(32)),
    "API_START_MISSING": lambda scene: scene.get("/node/bootstrap/votes"),
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
