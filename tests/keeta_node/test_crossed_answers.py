"""Is a true answer to another question taken for an answer to this one?"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from chalicelib.adapters.keeta_node import Node
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.identifier import identifier
from chalicelib.keeta.operations import CreateIdentifier, SetInfo
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.signature import PrivateKey
from chalicelib.settlement.told import Side
from tests.keeta_node.replay import asked, record
from tests.keeta_node.world import World, opening


class Subject(NamedTuple):
    """Somebody with two blocks that landed, and one that is promised."""

    key: PrivateKey
    first: Block
    second: Block
    promised: Block


Ask = Callable[[Subject, Node], object]

QUESTIONS: dict[str, Ask] = {
    "votes": lambda it, node: node.votes(it.first.hash, Side.MAIN),
    "block": lambda it, node: node.block(it.first.hash),
    "successor": lambda it, node: node.successor(it.first.hash),
    "account": lambda it, node: node.account(it.key.account),
    "accounts": lambda it, node: node.accounts([it.key.account]),
    "head": lambda it, node: node.head(it.key.account),
    "pending": lambda it, node: node.pending(it.key.account),
    "idempotent": lambda it, node: node.idempotent(it.key.account, it.first.body.idempotent or b""),
    "chain": lambda it, node: node.chain(it.key.account),
    "chain from": lambda it, node: node.chain(it.key.account, it.first.hash),
    "acl": lambda it, node: node.acl(it.key.account),
    "granted": lambda it, node: node.granted(box_of(it.key)),
}


def box_of(key: PrivateKey) -> Any:
    return identifier(key.account, opening(key), 0, KeyType.STORAGE)


@pytest.fixture(scope="module")
def subjects(world_of_four: World, purse: Iterator[PrivateKey]) -> list[Subject]:
    return [live(world_of_four, next(purse)) for _ in range(2)]


def live(world: World, key: PrivateKey) -> Subject:
    box = box_of(key)
    first = world.block(key.account, key, CreateIdentifier(box), idempotent=key.account.key[:8])
    opened = SetInfo("", "", "", Permissions.of(Flag.STORAGE_CAN_HOLD))
    world.settle(first, world.block(box, key, opened))
    second = world.pay(key, box)
    world.settle(second)
    promised = world.pay(key, box)
    world.publisher.ask_temporary(world.begin(promised))
    return Subject(key, first, second, promised)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_about_something_else_is_refused(four: World, subjects: list[Subject], name: str) -> None:
    ask = QUESTIONS[name]

    def recorded(subject: Subject) -> bytes:
        return json.dumps(record(four, lambda node: ask(subject, node))).encode()

    mine, theirs = map(recorded, subjects)
    assert mine != theirs
    assert asked(lambda node: ask(subjects[0], node), mine) == "taken"
    assert asked(lambda node: ask(subjects[0], node), theirs) == "MalformedAnswer"


def test_a_chain_with_a_hole_is_refused(four: World, subjects: list[Subject]) -> None:
    it = subjects[0]
    answer = record(four, lambda node: node.chain(it.key.account))
    assert len(answer["blocks"]) == 2

    def taken(**changed: object) -> str:
        body = json.dumps({**answer, **changed}).encode()
        return asked(lambda node: node.chain(it.key.account), body)

    assert taken(blocks=answer["blocks"][1:]) == "taken", "where it begins, nobody asked"
    assert taken(blocks=answer["blocks"][::-1]) == "MalformedAnswer"
    assert taken(nextKey="AB" * 32) == "MalformedAnswer"
