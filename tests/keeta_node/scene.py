"""Where are requests made that the network refuses? A payer with a chain, votes, and a fee to pay."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from chalicelib.adapters.keeta_node import Node, Transport, http_client
from chalicelib.keeta.blocks import Block, Purpose, sign_block
from chalicelib.keeta.operations import Operation, Send
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.votes import Vote
from chalicelib.settlement.publishing import Publishing
from infra.local.keeta.controls import Controls
from tests.keeta_node.world import KTA, World, new_key

FEE = 7


class Scene:
    """`payer` and `other` have money and no blocks. What is used is made on first use."""

    def __init__(self, world: World, controls: Controls, keys: Callable[[int], list[PrivateKey]]) -> None:
        self.world = world
        self.controls = controls
        self.payer, self.other = keys(2)
        self.nodes: Sequence[Node] = [*world.representatives.nodes.values()]
        self.node = self.nodes[0]
        self._api = world.description["representatives"][0]["api"]

    def post(self, path: str, body: dict[str, object]) -> object:
        """What no method of `Node` would send."""
        with http_client() as client:
            return Transport(self._api, client).post(path, body)

    def get(self, path: str, **query: str) -> object:
        with http_client() as client:
            return Transport(self._api, client).get(path, query)

    def send(self, amount: int = 1) -> Send:
        return Send(new_key().account, amount, KTA)

    def block(self, *operations: Operation, key: PrivateKey | None = None, **parts: Any) -> Block:
        signer = key or self.payer
        account = parts.pop("account", signer.account)
        return self.world.block(account, signer, *(operations or (self.send(),)), **parts)

    def fee_block(self, *operations: Operation, **parts: Any) -> Block:
        return self.block(*operations, key=self.other, purpose=Purpose.FEE, **parts)

    @cached_property
    def paid(self) -> Block:
        return self.block()

    @cached_property
    def temporary(self) -> Publishing:
        """Free votes of all four for `paid`."""
        return self.world.publisher.ask_temporary(self.world.begin(self.paid))

    @cached_property
    def votes(self) -> tuple[Vote, ...]:
        return self.temporary.temporary

    @cached_property
    def dear(self) -> Publishing:
        """Votes of all four for `paid`, each of which asks a fee."""
        self.controls.fee(FEE)
        return self.temporary

    def fees(self, change: Callable[[Send], Send] = lambda send: send, drop: int = 0) -> Block:
        """A fee block that pays what is due, but for a change of the first SEND."""
        first, *rest = self.dear.fees
        return self.fee_block(change(first), *rest[drop:])

    def resigned(self, block: Block, **changed: Any) -> Block:
        """The payer's block with other parts, where our own rules allow them."""
        return sign_block(replace(block.body, **changed), self.payer)
