"""How many blocks and staples a second, here and in the official SDK on the same machine?

    python -m bench.keeta [--seconds N]

Each row is the best of three rounds of N seconds, in one process. The SDK's column is
there when the development dependency of the local network is installed; its figures
come from `keeta.mjs`, which does the same work in the same order.

A block is a version 2 SEND of a storage account by an operator. Build: make the body,
check it, hash it, sign it, write it. Verify: read the bytes, check every rule, hash,
verify the signature. The staple has 100 such blocks and 4 votes; parse reads all of it,
and the SDK cannot parse without verifying, so both columns verify every signature.
"""

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from chalicelib.keeta import seed
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.blocks import Block, BlockBody, read_block, sign_block, verify_block
from chalicelib.keeta.identifier import from_seed
from chalicelib.keeta.moment import parse_iso
from chalicelib.keeta.network import TEST
from chalicelib.keeta.operations import Send
from chalicelib.keeta.quorum import Weights, verify_staple
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.staple import compress, read_staple, staple
from chalicelib.keeta.votes import VoteBody, sign_vote

HERE = Path(__file__).parent
SDK = HERE.parent / "infra/local/keeta/node_modules/@keetanetwork/keetanet-client"
SEED = bytes([0x11]) * 32
NOW = parse_iso("2025-06-01T12:35:00.000Z")
FOREVER = parse_iso("3026-01-31T00:00:00.000Z")
BLOCKS = 100
KINDS = (KeyType.SECP256K1, KeyType.ED25519, KeyType.SECP256R1)
ROUNDS = 3


def block(operator: PrivateKey, amount: int, previous: bytes = bytes([0x11]) * 32) -> Block:
    body = BlockBody(
        network=TEST.network_id,
        account=from_seed(SEED, 0, KeyType.STORAGE),
        signer=operator.account,
        previous=previous,
        date=NOW,
        operations=(Send(operator.account, amount, TEST.base_token, "withdrawal 7f3a/0001"),),
    )
    return sign_block(body, operator)


def verify(raw: bytes) -> None:
    verify_block(read_block(raw, TEST))


def whole_staple() -> tuple[bytes, Weights]:
    operator = seed.private_key(SEED, 0, KeyType.ED25519)
    blocks: list[Block] = []
    for amount in range(1, BLOCKS + 1):
        blocks.append(block(operator, amount, blocks[-1].hash if blocks else bytes(32)))
    keys = [seed.private_key(SEED, index, KeyType.SECP256K1) for index in range(4)]
    body = VoteBody(
        issuer=keys[0].account,
        serial=1,
        valid_from=NOW,
        valid_to=FOREVER,
        blocks=tuple(each.hash for each in blocks),
    )
    votes = [sign_vote(dataclasses.replace(body, issuer=key.account), key) for key in keys]
    return compress(staple(blocks, votes)), {key.account: 1 for key in keys}


def rate(work: Callable[[], object], seconds: float) -> float:
    """Calls per second, the best of some rounds: what the machine can do when it is let."""
    best = 0.0
    for _ in range(ROUNDS):
        count, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            work()
            count += 1
        best = max(best, count / elapsed)
    return best


def here(seconds: float) -> dict[str, float]:
    rates = {}
    for kind in KINDS:
        operator = seed.private_key(SEED, 0, kind)
        raw = block(operator, 1000).raw
        rates[f"build and sign, {kind.name}"] = rate(partial(block, operator, 1000), seconds)
        rates[f"read and verify, {kind.name}"] = rate(partial(verify, raw), seconds)
    compressed, weights = whole_staple()
    rates["staple parse, 100 blocks"] = rate(lambda: read_staple(compressed, TEST), seconds)
    rates["staple parse and verify"] = rate(
        lambda: verify_staple(read_staple(compressed, TEST), weights, NOW), seconds
    )
    return rates


def official(seconds: float) -> dict[str, float]:
    """The same from the SDK; nothing when it is not installed."""
    node = shutil.which("node", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if node is None or not SDK.is_dir():
        return {}
    command = [node, str(HERE / "keeta.mjs"), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Blocks and staples per second.")
    parser.add_argument("--seconds", type=float, default=0.5)
    seconds = parser.parse_args().seconds
    ours, theirs = here(seconds), official(seconds)
    print(f"{'per second':34}{'here':>10}{'SDK':>10}")
    for name, value in ours.items():
        other = f"{theirs[name]:10,.0f}" if name in theirs else f"{'-':>10}"
        print(f"{name:34}{value:10,.0f}{other}")


if __name__ == "__main__":
    main()
