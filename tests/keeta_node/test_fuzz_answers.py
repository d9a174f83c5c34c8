"""Can any answer make the client raise something else than its named errors?

Answers of the local network to every question, spoiled: values swapped for others of the same
answer or for odd ones, keys and elements dropped, doubled or renamed, texts changed, bytes of
blocks and votes flipped.
"""

import copy
import json
import random
from base64 import b64decode, b64encode
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.keeta.account import Account
from chalicelib.settlement.told import Side
from infra.local.keeta.controls import Controls
from tests.keeta_node.replay import Question, asked, record
from tests.keeta_node.world import World, new_key

ODD: list[object] = [
    None, True, False, 0, -1, 2**70, "", "0x", "0x0", "0xZ", "-0x5", "0x" + "F" * 168, "0x" + "F" * 169,
    "A" * 64, "é" * 64, "\ud800", "keeta_", "====", "AAAA", "2026-02-30T00:00:00.000Z", [], {}, [[]],
    {"$binary": ""}, {"$binary": "AAAA"}, {"error": True}, {"error": "x", "code": 7}, ["0x1", "0x2", "0x3"],
]  # fmt: skip


@pytest.fixture(scope="module")
def recorded(world_of_four: World, purse: Any, network_of_four: Any) -> list[tuple[Question, Any]]:
    """Each question with the answer that the network gave to it."""
    world, payer = world_of_four, next(purse)
    first = world.pay(payer, new_key().account, idempotent=b"k")
    world.settle(first)
    Controls(network_of_four).fee(9)
    second = world.pay(payer, new_key().account)
    token = world.token("USDT")
    owner = Account.from_address(world.description["accounts"]["issuer"]["address"])
    questions: list[Question] = [
        lambda node: node.votes(first.hash, Side.MAIN),
        lambda node: node.quote([second]),
        lambda node: node.vote([second]),
        lambda node: node.votes(second.hash, Side.SIDE),
        lambda node: node.block(first.hash),
        lambda node: node.successor(first.body.previous),
        lambda node: node.account(payer.account),
        lambda node: node.accounts([payer.account, token]),
        lambda node: node.head(payer.account),
        lambda node: node.pending(payer.account),
        lambda node: node.idempotent(payer.account, b"k"),
        lambda node: node.chain(payer.account),
        lambda node: node.acl(owner),
        lambda node: node.granted(token),
        lambda node: node.history(payer.account),
        lambda node: node.bootstrap_votes(world.now() - 60_000, limit=2),
        lambda node: node.representatives(),
        lambda node: node.version(),
    ]
    found = [(each, record(world, each)) for each in questions]
    Controls(network_of_four).reset()
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        found += [place for key, each in value.items() for place in places(each, (*path, key))]
    if isinstance(value, list):
        found += [place for at, each in enumerate(value) for place in places(each, (*path, at))]
    return found


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def spoiled(answer: Any, chance: random.Random) -> Any:
    whole = {"": copy.deepcopy(answer)}
    path = chance.choice([place for place in places(whole) if place])
    # Half of the time where our client really looks.
    binaries = [place for place in places(whole) if place and place[-1] == "$binary"]
    if binaries and chance.random() < 0.3:
        path = chance.choice(binaries)
    parent, key = at(whole, path[:-1]), path[-1]
    old = parent[key]
    match chance.randrange(6):
        case 0:
            parent[key] = chance.choice(ODD)
        case 1:
            parent[key] = copy.deepcopy(at(whole, chance.choice(places(whole))))
        case 2 if path != ("",):
            del parent[key]
        case 3 if isinstance(parent, list):
            parent.insert(key, copy.deepcopy(old))
        case 4 if isinstance(parent, dict) and path != ("",):
            parent[chance.choice([*parent, "error", "code"])] = parent.pop(key)
        case _:
            parent[key] = scrambled(old, chance)
    return whole.get("")


def scrambled(value: Any, chance: random.Random) -> Any:
    if not isinstance(value, str) or not value:
        return chance.choice(ODD)
    if chance.random() < 0.5:
        try:
            raw = bytearray(b64decode(value, validate=True)) or bytearray(b"\0")
        except ValueError:
            raw = bytearray(value.encode("utf-8", "replace"))
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(7)
            return raw.decode("utf-8", "replace")
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        return b64encode(raw).decode()
    start = chance.randrange(len(value))
    return value[:start] + chance.choice("0Az=\n ") + value[start + chance.randrange(2) :]


def test_every_recorded_answer_is_taken_as_it_is(recorded: list[tuple[Question, Any]]) -> None:
    assert [asked(question, json.dumps(answer).encode()) for question, answer in recorded] == ["taken"] * len(
        recorded
    )


def test_no_spoiled_answer_raises_anything_unnamed(recorded: list[tuple[Question, Any]]) -> None:
    chance, became = random.Random(20251122), Counter[str]()
    for question, answer in recorded:
        for _ in range(120):
            worse = answer
            for _ in range(chance.choice((1, 1, 1, 2, 5))):
                worse = spoiled(worse, chance)
            became[asked(question, json.dumps(worse).encode())] += 1
    assert became.keys() <= {"taken", "MalformedAnswer", "Refused"}
    assert became["taken"] > 100, "what nobody looks at may be anything"
    assert became["MalformedAnswer"] > 500


ANY = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=8) | st.integers() | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["vote", "votes", "block", "account", "history", "$binary", "info", "error", "node"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(body=ANY.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
def test_no_answer_at_all_raises_anything_unnamed(recorded: list[tuple[Question, Any]], body: bytes) -> None:
    for question, _ in recorded:
        asked(question, body)
