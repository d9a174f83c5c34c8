"""Are staples those of the official SDK, and when has the network taken one?"""

import dataclasses
import zlib

import pytest

from chalicelib.keeta import der
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, read_block
from chalicelib.keeta.errors import BadSignature, InvalidStaple, KeetaError, QuorumNotReached
from chalicelib.keeta.moment import parse_iso
from chalicelib.keeta.network import TEST
from chalicelib.keeta.quorum import check_quorum, quorum, verify_staple
from chalicelib.keeta.staple import STAPLE_BYTES_MAX, Staple, compress, read_staple, staple
from chalicelib.keeta.votes import Vote, read_vote, sign_vote
from tests.keeta.vectors import Shown, key, table

STAPLES = table("votes", "staples")
EACH_STAPLE = pytest.mark.parametrize("row", STAPLES, ids=lambda row: row["name"])
ONE, TEMPORARY, PERMANENT = STAPLES
NOW = parse_iso(PERMANENT["now"])
REPRESENTATIVES = ["SECP256K1/0", "SECP256K1/1", "ED25519/2", "SECP256R1/3"]
WEIGHTS = {key(name).account: 100 for name in REPRESENTATIVES}


def blocks(row: Shown) -> list[Block]:
    return [read_block(bytes.fromhex(raw), TEST) for raw in row["blocks"]]


def votes(row: Shown) -> list[Vote]:
    return [read_vote(bytes.fromhex(raw)) for raw in row["votes"]]


def read(row: Shown) -> Staple:
    return read_staple(zlib.compress(bytes.fromhex(row["raw"])), TEST)


def packed(blocks: list[bytes], votes: list[bytes]) -> bytes:
    parts = (der.sequence(*map(der.octets, each)) for each in (blocks, votes))
    return zlib.compress(der.sequence(*parts))


@EACH_STAPLE
def test_a_staple_of_the_same_parts_is_the_same_to_the_last_byte(row: Shown) -> None:
    made = staple(reversed(blocks(row)), reversed(votes(row)))
    assert made.raw.hex() == row["raw"]
    assert made.hash.hex() == row["hash"]
    assert made.blocks_hash.hex() == row["blocks_hash"]
    assert made.moment == parse_iso(row["moment"])


@EACH_STAPLE
def test_a_staple_of_the_sdk_is_read(row: Shown) -> None:
    found = read(row)
    assert list(found.blocks) == blocks(row)
    assert found.raw.hex() == row["raw"]
    assert read_staple(compress(found), TEST) == found


def test_a_staple_with_permanent_votes_of_all_is_final() -> None:
    verify_staple(read(PERMANENT), WEIGHTS, NOW)


def test_a_staple_with_temporary_votes_is_not_final() -> None:
    with pytest.raises(InvalidStaple) as refused:
        verify_staple(read(TEMPORARY), WEIGHTS, NOW)
    assert refused.value.code == "VOTE_STAPLE_PERMANENCE_MISMATCH"


@pytest.mark.parametrize(("count", "enough"), [(4, True), (3, True), (2, False), (1, False)])
def test_three_of_four_equal_representatives_are_enough(count: int, enough: bool) -> None:
    made = staple(blocks(PERMANENT), votes(PERMANENT)[:count])
    if enough:
        verify_staple(made, WEIGHTS, NOW)
    else:
        with pytest.raises(QuorumNotReached):
            verify_staple(made, WEIGHTS, NOW)


@pytest.mark.parametrize(
    ("total", "needed"), [(0, 1), (1, 1), (2, 1), (3, 3), (4, 3), (400, 267), (10**30, 10**30 // 3 * 2 + 1)]
)
def test_the_quorum_is_that_of_the_network(total: int, needed: int) -> None:
    assert quorum({key("ED25519/0").account: total}) == needed


def test_votes_of_strangers_weigh_nothing() -> None:
    strangers: dict[Account, int] = {key(f"ED25519/{index}").account: 100 for index in (5, 6, 7)}
    with pytest.raises(QuorumNotReached):
        verify_staple(read(PERMANENT), strangers, NOW)


def test_a_representative_that_votes_twice_counts_once() -> None:
    one = votes(PERMANENT)[0]
    with pytest.raises(QuorumNotReached):
        check_quorum([one, one, one], WEIGHTS)


def test_a_staple_with_a_block_that_nobody_signed_is_not_final() -> None:
    good = read(PERMANENT)
    forged = dataclasses.replace(good.blocks[0], signatures=(bytes(64),))
    with pytest.raises(BadSignature):
        verify_staple(dataclasses.replace(good, blocks=(forged, *good.blocks[1:])), WEIGHTS, NOW)


def test_a_staple_with_a_vote_that_was_changed_is_not_final() -> None:
    good = read(PERMANENT)
    forged = dataclasses.replace(good.votes[-1], body=dataclasses.replace(good.votes[-1].body, serial=99))
    with pytest.raises(BadSignature):
        verify_staple(dataclasses.replace(good, votes=(*good.votes[:-1], forged)), WEIGHTS, NOW)


# --- refused -------------------------------------------------------------------------


def other_vote(row: Shown, listed: list[bytes]) -> Vote:
    body = votes(row)[0].body
    name = next(name for name in REPRESENTATIVES if key(name).account == body.issuer)
    return sign_vote(dataclasses.replace(body, blocks=tuple(listed)), key(name))


def test_votes_for_other_blocks_do_not_go_with_these() -> None:
    hashes = [block.hash for block in blocks(ONE)]
    for listed in (hashes[:2], [*hashes[:2], bytes(32)], [*hashes, bytes(32)]):
        with pytest.raises(InvalidStaple):
            staple(blocks(ONE), [other_vote(ONE, listed)])


def test_votes_that_list_the_blocks_in_two_orders_do_not_go_together() -> None:
    turned = other_vote(TEMPORARY, [block.hash for block in reversed(blocks(TEMPORARY))])
    with pytest.raises(InvalidStaple) as refused:
        staple(blocks(TEMPORARY), [turned, *votes(TEMPORARY)[1:]])
    assert refused.value.code == "VOTE_STAPLE_ALL_VOTES_MUST_HAVE_SAME_BLOCKS_ORDER"


def test_two_votes_of_one_representative_do_not_go_together() -> None:
    again = dataclasses.replace(votes(ONE)[0].body, serial=77)
    with pytest.raises(InvalidStaple) as refused:
        staple(blocks(ONE), [*votes(ONE), sign_vote(again, key("SECP256K1/0"))])
    assert refused.value.code == "VOTE_STAPLE_DUPLICATE_VOTE_ISSUER"


def test_a_staple_needs_votes_and_blocks() -> None:
    for some_blocks, some_votes in ((blocks(ONE), []), ([], votes(ONE)), ([], [])):
        with pytest.raises(InvalidStaple):
            staple(some_blocks, some_votes)


RAW_BLOCKS = [block.raw for block in read(TEMPORARY).blocks]
RAW_VOTES = [vote.raw for vote in read(TEMPORARY).votes]
WHOLE = zlib.compress(bytes.fromhex(TEMPORARY["raw"]))


@pytest.mark.parametrize(
    ("why", "raw"),
    [
        ("not compressed", bytes.fromhex(TEMPORARY["raw"])),
        ("nothing", b""),
        ("cut short", WHOLE[:-5]),
        ("a byte after it", WHOLE + b"\x00"),
        ("a byte after the structure", zlib.compress(bytes.fromhex(TEMPORARY["raw"]) + b"\x00")),
        ("a bomb", zlib.compress(bytes(STAPLE_BYTES_MAX + 1))),
        ("blocks in another order", packed(RAW_BLOCKS[::-1], RAW_VOTES)),
        ("votes in another order", packed(RAW_BLOCKS, RAW_VOTES[::-1])),
        ("a block twice", packed([*RAW_BLOCKS, RAW_BLOCKS[0]], RAW_VOTES)),
        ("a block missing", packed(RAW_BLOCKS[:-1], RAW_VOTES)),
        ("a vote twice", packed(RAW_BLOCKS, [RAW_VOTES[0], RAW_VOTES[0]])),
        ("no votes", packed(RAW_BLOCKS, [])),
        ("no blocks", packed([], RAW_VOTES)),
        ("votes for blocks", packed(RAW_VOTES, RAW_BLOCKS)),
    ],
)
def test_a_staple_in_other_bytes_is_refused(why: str, raw: bytes) -> None:
    with pytest.raises(KeetaError):
        read_staple(raw, TEST)
