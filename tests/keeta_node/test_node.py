"""What does one representative answer to each question, and is it read as what it is?"""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.identifier import identifier
from chalicelib.keeta.network import DEV
from chalicelib.keeta.operations import CreateIdentifier, ModifyPermissions, SetInfo, SetRep
from chalicelib.keeta.operations.fields import Adjust
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.votes import Fee
from chalicelib.settlement.errors import Refused
from chalicelib.settlement.told import ChainPage, Entry, Head, Side, Unreadable
from infra.local.keeta.controls import Controls
from tests.keeta_node.world import KTA, World, new_key, opening

BLOCKS = 5


@pytest.fixture(scope="module")
def payer(purse: Iterator[PrivateKey]) -> PrivateKey:
    return next(purse)


@pytest.fixture(scope="module")
def chain(world_of_four: World, payer: PrivateKey) -> list[Block]:
    """Five payments, oldest first, the first of them with a key."""
    blocks = [world_of_four.pay(payer, new_key().account, idempotent=b"/the+first=key?")]
    world_of_four.settle(blocks[0])
    for _ in range(BLOCKS - 1):
        blocks.append(world_of_four.pay(payer, new_key().account))
        world_of_four.settle(blocks[-1])
    return blocks


def test_a_chain_is_read_in_pages_that_hang_together(
    four: World, payer: PrivateKey, chain: list[Block]
) -> None:
    pages, start = [], None
    while True:
        pages.append(four.node.chain(payer.account, start, limit=2))
        start = pages[-1].next
        if start is None:
            break
    assert [len(page.blocks) for page in pages] == [2, 2, 1]
    read = [block for page in pages for block in page.blocks]
    assert read == chain[::-1]
    part = four.node.chain(payer.account, chain[3].hash, chain[1].hash)
    assert part.blocks == tuple(chain[3:0:-1])
    assert four.node.chain(new_key().account) == ChainPage((), None)


def test_a_history_is_read_in_pages_each_after_the_one_before(
    four: World, payer: PrivateKey, chain: list[Block]
) -> None:
    ids, start, sizes = [], None, []
    while True:
        page = four.node.history(payer.account, start, limit=4)
        if not page.entries:
            break
        sizes.append(len(page.entries))
        ids += [entry.id for entry in page.entries]
        start = page.next
    assert sizes == [4, 2], "five payments, and the one that funded the payer"
    assert len(set(ids)) == BLOCKS + 1
    newest = four.node.history(payer.account).entries[0]
    assert isinstance(newest, Entry)
    assert newest.staple.blocks == (chain[-1],)
    assert newest.id == newest.staple.blocks_hash


def test_the_history_of_the_network_holds_everybody_back_to_the_beginning(
    four: World, chain: list[Block]
) -> None:
    entries: list[Entry | Unreadable] = []
    start = None
    while page := four.node.history(None, start, limit=100).entries:
        entries += page
        start = page[-1].id
    assert all(isinstance(entry, Entry) for entry in entries), "even the genesis"
    assert entries[-1].id.hex().upper() == four.description["genesis"]
    landed = {block.hash for entry in entries if isinstance(entry, Entry) for block in entry.staple.blocks}
    assert landed >= {block.hash for block in chain}


def test_staples_to_start_from_come_oldest_first(four: World, chain: list[Block]) -> None:
    entries = four.node.bootstrap_votes(four.now() - 3_600_000, limit=5)
    assert len(entries) == 5
    for earlier, later in pairwise(entries):
        assert earlier.moment is not None
        assert later.moment is not None
        assert earlier.moment <= later.moment


def test_an_account_has_a_head_a_height_and_balances(
    four: World, payer: PrivateKey, chain: list[Block]
) -> None:
    state = four.node.account(payer.account)
    assert (state.head, state.height) == (chain[-1].hash, BLOCKS - 1)
    assert state.previous == chain[-1].hash
    assert state.balances == ((KTA, 1_000_000 - BLOCKS),)
    assert state.balance(four.token("USDT")) == 0
    assert state.info.name == state.info.description == state.info.metadata == ""
    assert four.node.head(payer.account) == Head(chain[-1], BLOCKS - 1)


def test_an_account_that_never_did_anything_has_an_opening(four: World) -> None:
    nobody = new_key()
    state = four.node.account(nobody.account)
    assert (state.head, state.height, state.representative, state.balances) == (None, None, None, ())
    assert state.previous == opening(nobody)
    assert four.node.head(nobody.account) == Head(None, None)
    assert four.node.pending(nobody.account) is None


def test_many_accounts_are_answered_in_their_order_however_many(four: World, payer: PrivateKey) -> None:
    accounts = [new_key(KeyType.ED25519).account for _ in range(120)]
    accounts[70] = payer.account
    states = four.node.accounts(accounts)
    assert [state.account for state in states] == accounts
    assert [state.head is None for state in states].index(False) == 70


def test_tokens_and_networks_tell_their_supply_and_defaults(four: World) -> None:
    dollars = four.node.account(four.token("USDT"))
    assert dollars.info.name == "USDT"
    assert dollars.info.supply == 2 * 10**15
    assert dollars.info.default == Permissions.of(Flag.ACCESS)
    network = four.node.account(DEV.address)
    assert network.info.default is not None
    assert network.info.default.has(Flag.STORAGE_CREATE)


def test_a_representative_is_chosen_and_seen(four: World, payer: PrivateKey) -> None:
    somebody = new_key()
    first = next(iter(four.representatives.nodes))
    four.settle(four.block(somebody.account, somebody, SetRep(first)))
    assert four.node.account(somebody.account).representative == first


def test_a_block_is_found_by_its_hash_on_its_side(four: World, payer: PrivateKey, chain: list[Block]) -> None:
    assert four.node.block(chain[0].hash) == chain[0]
    assert four.node.block(chain[0].hash, Side.SIDE) is None
    assert four.node.block(bytes(32), Side.BOTH) is None
    assert four.node.successor(chain[0].hash) == chain[1]
    assert four.node.successor(opening(payer)) == chain[0]
    assert four.node.successor(chain[-1].hash) is None


def test_votes_of_what_landed_are_on_the_main_side(four: World, chain: list[Block]) -> None:
    votes = four.node.votes(chain[0].hash, Side.MAIN)
    assert len(votes) >= 3
    assert all(vote.permanent(four.now()) for vote in votes)
    assert four.node.votes(chain[0].hash, Side.SIDE) == ()


def test_a_promised_block_is_pending_and_on_the_side(four: World) -> None:
    somebody = new_key()
    four.fund([somebody.account])
    block = four.pay(somebody, new_key().account, idempotent=b"key")
    four.publisher.ask_temporary(four.begin(block))
    assert four.node.pending(somebody.account) == block
    assert four.node.block(block.hash, Side.SIDE) == block
    assert four.node.block(block.hash) is None
    assert four.node.idempotent(somebody.account, b"key") is None
    assert four.node.idempotent(somebody.account, b"key", Side.SIDE) == block
    (vote,) = four.node.votes(block.hash, Side.SIDE)
    assert not vote.permanent(four.now())


def test_an_idempotent_key_of_any_bytes_finds_its_block(
    four: World, payer: PrivateKey, chain: list[Block]
) -> None:
    assert four.node.idempotent(payer.account, b"/the+first=key?") == chain[0]
    assert four.node.idempotent(payer.account, bytes(range(32))) is None


def test_permissions_are_listed_from_both_sides(four: World, payer: PrivateKey) -> None:
    owner, operator = new_key(), new_key().account
    box = identifier(owner.account, opening(owner), 0, KeyType.STORAGE)
    granted = Permissions.of(Flag.SEND_ON_BEHALF, external=5)
    four.settle(
        four.block(owner.account, owner, CreateIdentifier(box)),
        four.block(
            box,
            owner,
            SetInfo("", "", "", Permissions.of(Flag.STORAGE_CAN_HOLD)),
            ModifyPermissions(operator, Adjust.SET, granted, KTA),
        ),
    )
    (row,) = four.node.acl(operator)
    assert row == (operator, box, KTA, granted)
    assert four.node.acl(operator, [box]) == (row,)
    assert four.node.acl(operator, [new_storage()]) == ()
    assert {each.principal for each in four.node.granted(box)} == {owner.account, operator}


def new_storage() -> Account:
    somebody = new_key()
    return identifier(somebody.account, opening(somebody), 0, KeyType.STORAGE)


def test_representatives_are_listed_with_weight_and_place(four: World) -> None:
    listed = four.node.representatives()
    assert [each.account for each in listed] == [*four.representatives.nodes]
    assert [each.api for each in listed] == [each["api"] for each in four.description["representatives"]]
    assert {each.weight for each in listed} == {10**26}


def test_a_node_tells_its_version(four: World) -> None:
    assert four.node.version() == "0.14.12"


def test_a_quote_is_a_price_and_no_vote(four: World, controls: Controls) -> None:
    somebody = new_key()
    four.fund([somebody.account])
    block = four.pay(somebody, new_key().account)
    with pytest.raises(Refused, match="no fees"):
        four.node.quote([block])
    assert four.publisher.quotes(four.begin(block)) == {}
    controls.fee(30)
    quote = four.node.quote([block])
    assert quote.fee == Fee(30)
    assert four.node.votes(block.hash, Side.SIDE) == (), "nothing is promised"


def test_what_is_too_much_for_a_page_is_refused_or_cut(four: World) -> None:
    with pytest.raises(Refused):
        four.node.history(None, limit=-1)
    assert len(four.node.history(None, limit=10**6).entries) <= 200
