"""Do Python and the official SDK understand each other, both ways, through the official ledger?"""

import base64
from typing import Any, NamedTuple

import pytest

from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.acl import Grant
from chalicelib.keeta.blocks import Block, address_of
from chalicelib.keeta.identifier import identifier
from chalicelib.keeta.network import DEV
from chalicelib.keeta.operations import (
    Adjust,
    CreateIdentifier,
    ModifyPermissions,
    Send,
    SetInfo,
    TokenAdminSupply,
)
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.quorum import verify_staple
from chalicelib.keeta.staple import read_staple
from chalicelib.settlement.errors import NotEnough, Refused
from chalicelib.settlement.told import Entry
from tests.keeta_node import sdk
from tests.keeta_node.world import KTA, World, new_key, opening

ACCESS = Permissions.of(Flag.ACCESS)
OPEN = Permissions.of(Flag.STORAGE_CAN_HOLD, Flag.STORAGE_DEPOSIT)
ON_BEHALF = Permissions.of(Flag.SEND_ON_BEHALF)


class Lived(NamedTuple):
    """What Python did, in order, and what the SDK saw of it afterwards."""

    blocks: list[Block]
    coin: Account
    box: Account
    owner: Account
    operator: Account
    customer: Account
    seen: Any


@pytest.fixture(scope="module")
def lived(world_of_four: World, purse: Any) -> Any:
    """Create, name, mint, permit, deposit, send on behalf, revoke: each key of another algorithm."""
    return live(world_of_four)


def live(world: World) -> Lived:
    owner, operator, customer = new_key(), new_key(KeyType.ED25519), new_key(KeyType.SECP256R1)
    coin = identifier(owner.account, opening(owner), 0, KeyType.TOKEN)
    box = identifier(owner.account, opening(owner), 1, KeyType.STORAGE)
    made: list[Block] = []

    def settle(*blocks: Block) -> None:
        made.extend(world.settle(*blocks).blocks)

    # An identifier that is created in the very staple has no chain to ask for yet.
    settle(
        world.block(owner.account, owner, CreateIdentifier(coin), CreateIdentifier(box)),
        world.block(
            coin,
            owner,
            SetInfo("COIN", "made by Python", "", ACCESS),
            TokenAdminSupply(700, Adjust.ADD),
            Send(customer.account, 700, coin),
        ),
        world.block(box, owner, SetInfo("BOX", "", "", OPEN)),
    )
    settle(world.block(customer.account, customer, Send(box, 500, coin, "deposit 1")))
    settle(world.block(box, owner, ModifyPermissions(operator.account, Adjust.SET, ON_BEHALF, coin)))
    settle(
        world.block(
            box, operator, Send(customer.account, 120, coin, "withdrawal/1"), idempotent=b"w1", version=1
        )
    )
    settle(world.block(box, owner, ModifyPermissions(operator.account, Adjust.SET, None, coin)))
    seen = sdk.run(
        "read.mjs",
        world.description,
        {"blocks": [block.hash.hex() for block in made], "accounts": [coin.address, box.address]},
    )
    return Lived(made, coin, box, owner.account, operator.account, customer.account, seen)


def test_the_sdk_reads_blocks_of_python_with_the_same_hash_and_operations(lived: Lived) -> None:
    assert len(lived.seen["blocks"]) == len(lived.blocks) == 7
    for ours, theirs in zip(lived.blocks, lived.seen["blocks"], strict=True):
        body = ours.body
        assert theirs["hash"] == ours.hash.hex().upper()
        assert theirs["account"] == body.account.address
        assert theirs["signer"] == address_of(body.signer).address
        assert theirs["previous"] == body.previous.hex().upper()
        assert theirs["idempotent"] == (None if body.idempotent is None else body.idempotent.hex())
        assert theirs["operations"] == [sdk.operation(each) for each in body.operations]


def test_the_sdk_and_python_see_the_same_accounts(four: World, lived: Lived) -> None:
    coin, box = lived.seen["accounts"]
    for address, theirs in ((lived.coin, coin), (lived.box, box)):
        ours = four.representatives.account(address)
        assert ours.head is not None
        assert theirs["currentHeadBlock"] == ours.head.hex().upper()
        assert theirs["info"]["name"] == ours.info.name
        assert theirs["info"]["defaultPermission"] == sdk.permissions(ours.info.default)
        told = {row["token"]: row["balance"] for row in theirs["balances"]}
        assert told == {token.address: sdk.number(amount) for token, amount in ours.balances}
    assert coin["info"]["supply"] == sdk.number(700)
    assert four.balance(lived.box, lived.coin) == 380
    assert four.balance(lived.customer, lived.coin) == 320


def test_a_revoked_operator_sends_nothing_more(four: World, lived: Lived) -> None:
    owner = Permissions.of(Flag.OWNER)
    granted = four.representatives.agreed(lambda node: node.granted(lived.box))
    assert granted == (Grant(lived.owner, lived.box, lived.box, owner),)
    assert four.representatives.agreed(lambda node: node.acl(lived.operator)) == ()


def test_an_operator_may_send_only_what_was_granted(four: World) -> None:
    owner, operator = new_key(), new_key()
    box = identifier(owner.account, opening(owner), 0, KeyType.STORAGE)
    coin = four.token("USDT")
    four.settle(
        four.block(owner.account, owner, CreateIdentifier(box)),
        four.block(
            box,
            owner,
            SetInfo("", "", "", OPEN),
            ModifyPermissions(operator.account, Adjust.SET, ON_BEHALF, coin),
        ),
    )
    four.fund([box], 10, coin)
    four.fund([box], 10)
    four.settle(four.block(box, operator, Send(owner.account, 4, coin)))
    with pytest.raises(NotEnough) as failed:
        four.settle(four.block(box, operator, Send(owner.account, 4, KTA)))
    assert {error.code for error in failed.value.failures.values()} == {"LEDGER_INVALID_PERMISSIONS"}
    state = four.representatives.account(box)
    assert (state.balance(coin), state.balance(KTA)) == (6, 10)


@pytest.fixture(scope="module")
def users(world_of_four: World, purse: Any) -> Any:
    return sdk.run("live.mjs", world_of_four.description)


def test_python_reads_and_verifies_what_the_sdk_built(four: World, users: Any) -> None:
    staples = 0
    for address in users["accounts"].values():
        page = four.node.history(Account.from_address(address))
        assert page.entries
        for entry in page.entries:
            assert isinstance(entry, Entry)
            verify_staple(entry.staple, four.representatives.weights, four.now())
            staples += 1
    assert staples > 15


def test_python_reads_the_very_bytes_of_a_staple_of_the_sdk(four: World, users: Any) -> None:
    paid = users["paid"]
    staple = read_staple(base64.b64decode(paid["staple"]), DEV)
    verify_staple(staple, four.representatives.weights, four.now())
    assert staple.blocks_hash.hex().upper() == paid["blocksHash"]
    assert [block.hash.hex().upper() for block in staple.blocks] == paid["blocks"]
    box, operator, customer, coin = (
        Account.from_address(users["accounts"][name]) for name in ("box", "operator", "customer", "coin")
    )
    body = staple.blocks[0].body
    assert (body.account, body.signer) == (box, operator)
    assert body.operations == (Send(customer, 1_000, coin, "withdrawal/1"),)


def test_python_sees_the_accounts_of_the_sdk_as_it_does(four: World, users: Any) -> None:
    accounts = {name: Account.from_address(address) for name, address in users["accounts"].items()}
    states = dict(zip(accounts, four.node.accounts([*accounts.values()]), strict=True))
    coin = accounts["coin"]
    assert sdk.number(states["box"].balance(coin)) == users["balances"]["box"] == sdk.number(2_000)
    assert sdk.number(states["customer"].balance(coin)) == users["balances"]["customer"]
    assert states["coin"].info.supply == 5_000
    assert states["coin"].info.default == ACCESS
    granted = {row.principal: row.permissions for row in four.node.granted(accounts["box"])}
    assert granted[accounts["operator"]] == ON_BEHALF


def test_python_continues_a_chain_that_the_sdk_began(four: World, users: Any, payer: Any) -> None:
    box = Account.from_address(users["accounts"]["box"])
    before = four.balance(box)
    four.settle(four.pay(payer, box, 5))
    assert four.balance(box) == before + 5


def test_a_used_idempotent_key_names_the_block_that_has_it(four: World, payer: Any) -> None:
    first = four.pay(payer, new_key().account, idempotent=b"only-once")
    four.settle(first)
    with pytest.raises(NotEnough) as failed:
        four.settle(four.pay(payer, new_key().account, idempotent=b"only-once"))
    for error in failed.value.failures.values():
        assert isinstance(error, Refused)
        assert (error.code, error.existing) == ("LEDGER_IDEMPOTENT_KEY_EXISTS", first.hash)
