"""Do the package and the official SDK agree about bytes that neither has seen before?

Needs the development dependency of the local network. The vectors prove the same
without it, for the values they hold.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.keeta.blocks import BlockBody, block_hash, keys_of, read_block
from chalicelib.keeta.blocks.encoding import write_block
from chalicelib.keeta.blocks.rules import check_body
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.limits import SENT
from chalicelib.keeta.moment import parse_iso
from chalicelib.keeta.network import TEST, network_of
from chalicelib.keeta.signature import sign
from chalicelib.keeta.staple import compress, staple
from chalicelib.keeta.votes import read_quote, read_vote, sign_vote, verify_vote
from tests.keeta.generate import BY_ACCOUNT, Draw
from tests.keeta.vectors import VECTORS, table

SDK = Path(__file__).parents[2] / "infra/local/keeta/node_modules/@keetanetwork/keetanet-client"
NODE = shutil.which("node", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))

pytestmark = pytest.mark.skipif(NODE is None or not SDK.is_dir(), reason="the official SDK is not installed")


def node(script: str, *arguments: str, lines: list[str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(NODE), str(VECTORS / script), *arguments],
        input="\n".join(lines or []),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def judge(lines: list[str]) -> list[str]:
    """The SDK's answer to each line."""
    done = node("judge.mjs", lines=lines)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines)
    return answers


def lawful(body: BlockBody) -> bool:
    try:
        check_body(body, network_of(body.network), SENT)
    except KeetaError:
        return False
    return True


def signed(body: BlockBody) -> bytes:
    """The bytes of a block that may break rules, signed all the same."""
    hash_ = block_hash(body)
    signatures = tuple(sign(BY_ACCOUNT[account], hash_) for account in keys_of(body.signer))
    return write_block(body, signatures)[0]


def test_the_committed_vectors_are_what_the_sdk_gives() -> None:
    done = node("generate.mjs", "--check")
    assert done.returncode == 0, done.stderr


def test_the_sdk_takes_the_blocks_that_are_lawful_here_and_no_others() -> None:
    draw = Draw(seed=4)
    bodies = [draw.body() for _ in range(1500)]
    answers = judge([f"block {signed(body).hex()}" for body in bodies])
    taken = 0
    for body, answer in zip(bodies, answers, strict=True):
        assert lawful(body) is not answer.startswith("refused"), (body, answer)
        if lawful(body):
            taken += 1
            assert answer == block_hash(body).hex()
            assert read_block(signed(body), network_of(body.network)).body == body
    assert 300 < taken < 1200


def test_the_sdk_takes_the_votes_and_quotes_that_are_made_here() -> None:
    draw, now = Draw(seed=5), parse_iso("2025-06-01T12:35:00.000Z")
    votes = [sign_vote(body, BY_ACCOUNT[body.issuer]) for body in (draw.vote(now) for _ in range(300))]
    answers = judge([f"{'quote' if vote.body.quote else 'vote'} {vote.raw.hex()}" for vote in votes])
    assert answers == [vote.hash.hex() for vote in votes]
    for vote in votes:
        verify_vote(vote, now)
        assert (read_quote if vote.body.quote else read_vote)(vote.raw) == vote


def test_the_sdk_reads_the_staples_that_are_made_here() -> None:
    rows, lines = table("votes", "staples"), []
    for row in rows:
        blocks = [read_block(bytes.fromhex(raw), TEST) for raw in row["blocks"]]
        made = staple(blocks, [read_vote(bytes.fromhex(raw)) for raw in row["votes"]])
        lines.append(f"staple {compress(made).hex()}")
    assert judge(lines) == [row["blocks_hash"] for row in rows]
