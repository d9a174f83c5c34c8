"""Can any bytes make a reader fail otherwise than by a named error, or accept two spellings?

Goal: whatever comes from the network is either a canonical value or a KeetaError.
Method: the vectors, changed in their structure and blindly, from fixed seeds, go through
every reader. What is accepted must be canonical by the second opinion of `mutate`, must
be written again as the very same bytes, and must be safe to verify.
"""

import random
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, read_block, verify_block
from chalicelib.keeta.blocks.encoding import write_block
from chalicelib.keeta.ecdsa import from_der, to_der
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.network import TEST
from chalicelib.keeta.operations import Receive, Send, TokenAdminSupply
from chalicelib.keeta.quorum import verify_staple
from chalicelib.keeta.staple import Staple, read_staple
from chalicelib.keeta.votes import Vote, read_quote, read_vote, verify_vote
from chalicelib.keeta.votes.certificate import write_vote
from tests.keeta.mutate import is_canonical, mutate, scramble
from tests.keeta.vectors import table

BLOCKS = [bytes.fromhex(row["raw"]) for row in table("blocks", "blocks")]
VOTES = [bytes.fromhex(row["raw"]) for row in table("votes", "votes")]
QUOTES = [bytes.fromhex(row["raw"]) for row in table("votes", "votes") if row.get("quote")]
STAPLES = [bytes.fromhex(row["raw"]) for row in table("votes", "staples")]
NOW = 1_748_781_300_000


def check_block(block: Block, raw: bytes) -> None:
    assert write_block(block.body, block.signatures)[0] == raw
    for each in block.body.operations:
        assert not isinstance(each, Send | Receive | TokenAdminSupply) or each.amount > 0
    verify_block(block)


def check_vote(vote: Vote, raw: bytes) -> None:
    assert write_vote(vote.body, vote.signature) == raw
    verify_vote(vote, NOW)


def check_staple(staple: Staple, raw: bytes) -> None:
    assert staple.raw == raw
    assert len({block.hash for block in staple.blocks}) == len(staple.blocks)
    verify_staple(staple, {vote.issuer: 1 for vote in staple.votes}, NOW)


def check_signature(rs: bytes, raw: bytes) -> None:
    assert to_der(rs) == raw


Case = tuple[list[bytes], Callable[[bytes], Any], Callable[[Any, bytes], None], int]

CASES: dict[str, Case] = {
    "blocks": (BLOCKS, lambda raw: read_block(raw, TEST), check_block, 6000),
    "votes": (VOTES, read_vote, check_vote, 3000),
    "quotes": (QUOTES, read_quote, check_vote, 1000),
    "staples": (STAPLES, lambda raw: read_staple(zlib.compress(raw, 1), TEST), check_staple, 2000),
    "signatures": ([to_der(bytes([n]) * 64) for n in (1, 127, 128)], from_der, check_signature, 1000),
}


def fuzz(case: Case, spoil: Callable[[bytes, random.Random], bytes], seed: int) -> Counter[str]:
    samples, read, check, count = case
    chance, seen = random.Random(seed), Counter[str]()
    while seen["accepted"] + seen["refused"] < count:
        raw = spoil(chance.choice(samples), chance)
        if raw in samples:
            continue
        try:
            value = read(raw)
        except KeetaError as refused:
            seen["refused"] += 1
            seen[type(refused).__name__] += 1
            continue
        seen["accepted"] += 1
        assert is_canonical(raw)
        try:
            check(value, raw)
        except KeetaError:
            seen["not verified"] += 1
    return seen


@pytest.mark.parametrize("name", CASES)
def test_changed_structure_is_refused_by_name_or_read_in_its_one_spelling(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = CASES[name][0]
    seen = fuzz(CASES[name], lambda raw, chance: mutate(raw, chance, samples), seed=1)
    report(capsys, f"{name}, structure", seen)
    check_counts(name, seen)


@pytest.mark.parametrize("name", CASES)
def test_changed_bytes_are_refused_by_name_or_read_in_their_one_spelling(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = fuzz(CASES[name], scramble, seed=2)
    report(capsys, f"{name}, raw bytes", seen)
    check_counts(name, seen)


def test_changed_accounts_are_refused_by_name_or_have_one_spelling() -> None:
    chance, seen = random.Random(3), Counter[str]()
    addresses = [row["address"] for row in table("accounts", "keys") + table("accounts", "identifiers")]
    for _ in range(2000):
        ktk = scramble(Account.from_address(chance.choice(addresses)).ktk, chance)
        try:
            found = Account.from_ktk(ktk)
        except KeetaError:
            seen["refused"] += 1
            continue
        seen["accepted"] += 1
        assert found.ktk == ktk
        assert Account.from_address(found.address) == found
    assert min(seen["accepted"], seen["refused"]) > 300


def check_counts(name: str, seen: Counter[str]) -> None:
    """Both outcomes are common; and no block or vote that was changed is anybody's."""
    assert seen["accepted"] > 30
    assert seen["refused"] > 300
    if name in ("blocks", "votes", "quotes"):
        assert seen["not verified"] == seen["accepted"]


def report(capsys: pytest.CaptureFixture[str], name: str, seen: Counter[str]) -> None:
    reasons = ", ".join(f"{count} {what}" for what, count in seen.most_common() if what[0].isupper())
    with capsys.disabled():
        print(f"\n  fuzz {name}: {seen['accepted']} accepted, {seen['refused']} refused ({reasons})", end="")
