"""Are blocks written, named, signed and read as the official SDK does it?"""

import dataclasses

import pytest

from chalicelib.keeta import der
from chalicelib.keeta.blocks import (
    Block,
    Multisig,
    block_hash,
    keys_of,
    read_block,
    sign_block,
    verify_block,
)
from chalicelib.keeta.blocks.encoding import write_block
from chalicelib.keeta.errors import BadSignature, InvalidBlock, KeetaError, UnknownNetwork
from chalicelib.keeta.network import MAIN, TEST, network_of
from chalicelib.keeta.operations import Operation, Send, SetRep
from chalicelib.keeta.reader import Reader
from chalicelib.keeta.signature import sign as signature_of
from tests.keeta.vectors import Shown, body, key, table

BLOCKS = table("blocks", "blocks")
EACH_BLOCK = pytest.mark.parametrize("row", BLOCKS, ids=lambda row: row["name"])


def sign(row: Shown) -> Block:
    made = body(row)
    by_account = {key(name).account: key(name) for name in row["keys"]}
    return sign_block(made, *(by_account[account] for account in keys_of(made.signer)))


def named(name: str) -> Shown:
    return next(row for row in BLOCKS if row["name"] == name)


@EACH_BLOCK
def test_a_block_built_from_the_same_inputs_is_the_same_to_the_last_byte(row: Shown) -> None:
    block = sign(row)
    assert block.hash.hex() == row["hash"]
    assert [signature.hex() for signature in block.signatures] == row["signatures"]
    assert block.raw.hex() == row["raw"]


@EACH_BLOCK
def test_a_block_of_the_sdk_is_read_and_verified(row: Shown) -> None:
    block = read_block(bytes.fromhex(row["raw"]), network_of(row["network"]))
    assert block.body == body(row)
    assert block.hash.hex() == row["hash"]
    verify_block(block)


@EACH_BLOCK
def test_a_block_with_another_hash_does_not_verify(row: Shown) -> None:
    block = read_block(bytes.fromhex(row["raw"]), network_of(row["network"]))
    with pytest.raises(BadSignature):
        verify_block(dataclasses.replace(block, hash=bytes(32)))


def test_the_vectors_hold_every_operation_in_both_versions() -> None:
    seen = {(row["version"], type(each)) for row in BLOCKS for each in body(row).operations}
    kinds = Operation.__args__
    assert len(kinds) == 9
    assert seen == {(version, kind) for version in (1, 2) for kind in kinds}


def test_what_newer_nodes_allow_is_read_and_never_written() -> None:
    sent = body(named("v2 external"))
    to = key("ED25519/1").account
    long = Send(to, 1, TEST.base_token, "x" * 1024)
    storage = body(named("v2 info of storage"))
    for newer in (
        dataclasses.replace(sent, operations=(long,)),
        dataclasses.replace(sent, idempotent=bytes(36)),
        dataclasses.replace(storage, operations=(SetRep(to),)),
    ):
        with pytest.raises(InvalidBlock):
            sign_block(newer, key("ED25519/0"))
        signature = signature_of(key("ED25519/0"), block_hash(newer))
        block = read_block(write_block(newer, (signature,))[0], TEST)
        verify_block(block)
        assert block.body == newer


def test_what_newer_nodes_do_not_allow_is_not_read_either() -> None:
    sent = body(named("v2 external"))
    longer = Send(key("ED25519/1").account, 1, TEST.base_token, "x" * 1025)
    for refused in (
        dataclasses.replace(sent, operations=(longer,)),
        dataclasses.replace(sent, idempotent=bytes(37)),
        dataclasses.replace(sent, previous=bytes(31)),
    ):
        with pytest.raises(InvalidBlock):
            read_block(write_block(refused, (bytes(64),))[0], TEST)


def test_the_same_block_dated_again_has_another_hash_and_the_same_previous() -> None:
    before = body(named("v2 idempotent"))
    after = dataclasses.replace(before, date=before.date + 1)
    assert block_hash(after) != block_hash(before)
    assert after.previous == before.previous


def test_a_multisig_signs_once_for_a_key_that_appears_twice() -> None:
    inner = body(named("multisig in multisig"))
    assert isinstance(inner.signer, Multisig)
    assert [each.address for each in keys_of(inner.signer)] == [
        key(name).account.address for name in ("ED25519/2", "SECP256K1/1", "SECP256R1/3")
    ]


def test_a_block_is_signed_by_its_signers_only() -> None:
    row = named("v2 send by ED25519")
    for keys in ((), (key("ED25519/1"),), (key("ED25519/0"), key("ED25519/0"))):
        with pytest.raises(InvalidBlock) as refused:
            sign_block(body(row), *keys)
        assert refused.value.code == "BLOCK_INVALID_SIGNER"


def test_a_block_of_another_network_is_refused() -> None:
    with pytest.raises(InvalidBlock) as refused:
        read_block(bytes.fromhex(named("on test")["raw"]), MAIN)
    assert refused.value.code == "LEDGER_INVALID_NETWORK"


def test_a_block_of_no_network_is_not_signed() -> None:
    with pytest.raises(UnknownNetwork):
        sign_block(dataclasses.replace(body(named("on test")), network=0), key("ED25519/0"))


# --- refused bytes -------------------------------------------------------------------


def rewrite(row: Shown, old: bytes, new: bytes) -> bytes:
    """The block's bytes with one element replaced and every length around it put right."""
    raw = bytes.fromhex(row["raw"])
    assert raw.count(old) == 1
    return _replace(raw, old, new)


def _replace(raw: bytes, old: bytes, new: bytes) -> bytes:
    if raw[0] != der.SEQUENCE and raw[0] & 0xE0 != 0xA0:
        return raw
    parts, inside = [], Reader(Reader(raw).content(raw[0]))
    while inside.more():
        parts.append(_replace(inside.any(), old, new))
    return der.element(raw[0], b"".join(parts).replace(old, new))


V1, V2 = named("v1 send by ED25519"), named("v2 send by ED25519")
AMOUNT, SIGNATURE = der.integer(1000), der.octets(bytes.fromhex(V2["signatures"][0]))
SIGNER = der.octets(key("ED25519/0").account.ktk)


@pytest.mark.parametrize(
    ("why", "raw"),
    [
        ("a byte after the block", bytes.fromhex(V2["raw"]) + b"\x00"),
        ("a byte too few", bytes.fromhex(V2["raw"])[:-1]),
        ("no block", b""),
        ("an amount of nothing", rewrite(V2, AMOUNT, der.integer(0))),
        ("a negative amount", rewrite(V2, AMOUNT, b"\x02\x02\xfc\x18")),
        ("an amount with a zero before it", rewrite(V2, AMOUNT, b"\x02\x03\x00\x03\xe8")),
        ("a field after the last", rewrite(V2, AMOUNT, AMOUNT + der.null())),
        ("a sequence of one signature", rewrite(V2, SIGNATURE, der.sequence(SIGNATURE))),
        ("no signature", rewrite(V2, SIGNATURE, der.sequence())),
        ("two signatures of one signer", rewrite(V2, SIGNATURE, der.sequence(SIGNATURE, SIGNATURE))),
        ("a signer that is the account", rewrite(V2, der.null(), SIGNER)),
        ("an account that is the signer", rewrite(V1, SIGNER + der.null(), SIGNER + SIGNER)),
        ("a version 1 in the other's clothes", bytes.fromhex("a1" + V1["raw"][2:])),
        ("a purpose that does not exist", rewrite(V2, der.integer(0), der.integer(2))),
        ("a subnet", rewrite(V2, der.integer(TEST.network_id), der.integer(TEST.network_id) * 2)),
        ("an operation that does not exist", bytes.fromhex(V2["raw"].replace("a04d304b", "a94d304b"))),
    ],
)
def test_a_block_in_other_bytes_is_refused(why: str, raw: bytes) -> None:
    with pytest.raises(KeetaError):
        read_block(raw, TEST)
