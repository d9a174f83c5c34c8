"""How do the stories see the network? Through its representatives, with what they must agree on."""

from collections.abc import Sequence

from chalicelib.adapters.keeta_node.node import Node
from chalicelib.adapters.keeta_node.publisher import Published, Publisher
from chalicelib.flows.runs.ports import ChainState
from chalicelib.keeta.account import Account
from chalicelib.keeta.acl import NOTHING, resolve
from chalicelib.keeta.network import Network
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.quorum import Weights
from chalicelib.keeta.staple import Staple
from chalicelib.settlement.outlook import Landed, Outlook
from chalicelib.settlement.publishing import Publishing
from chalicelib.settlement.told import HistoryPage

Balances = tuple[tuple[Account, int], ...]


class KeetaChain:
    """`Chain` and `Histories` of the flows. Every method raises KeetaNodeError."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._representatives = publisher.representatives

    def close(self) -> None:
        self._representatives.close()

    @property
    def network(self) -> Network:
        return self._representatives.network

    @property
    def weights(self) -> Weights:
        return self._representatives.weights

    def observed_weights(self) -> Weights:
        return self._representatives.observed_weights()

    def states(self, accounts: Sequence[Account]) -> list[ChainState]:
        """Heads and balances that a quorum tells alike. Raises NotEnough unless it does so for each."""
        found = self.some_states(accounts)
        if len(found) < len(accounts):
            raise self._representatives.not_enough("answers that do not agree", {})
        return found

    def some_states(self, accounts: Sequence[Account]) -> list[ChainState]:
        """Those of the accounts that a quorum tells alike: where coins come in this moment they differ."""
        if not accounts:
            return []

        def ask(node: Node) -> tuple[tuple[bytes | None, Balances], ...]:
            return tuple((each.head, each.balances) for each in node.accounts(accounts))

        told = self._representatives.agreed_each(ask, len(accounts))
        return [
            ChainState(account, each[0], dict(each[1]))
            for account, each in zip(accounts, told, strict=True)
            if each is not None
        ]

    def may_send(self, signer: Account, account: Account, token: Account) -> bool:
        """The signer needs SEND_ON_BEHALF on the account, and the account ACCESS to the token: an issuer
        who takes that away freezes what lies there. (Keeta protocol: SDK ledger, SEND.)"""

        def ask(node: Node) -> bool:
            sending = resolve(node.acl(signer, [account]), _default(node, account), signer, account, token)
            access = resolve(node.acl(account, [token]), _default(node, token), account, token)
            return sending.has(Flag.SEND_ON_BEHALF) and access.has(Flag.ACCESS)

        return self._representatives.agreed(ask)

    def senders(self, signer: Account, accounts: Sequence[Account]) -> set[Account]:
        def ask(node: Node) -> frozenset[Account]:
            rows = node.acl(signer, accounts)
            return frozenset(row.entity for row in rows if row.permissions.has(Flag.SEND_ON_BEHALF))

        return set(self._representatives.agreed(ask)) if accounts else set()

    @property
    def turns(self) -> int:
        """So many can be asked for a history."""
        return len(self._representatives.nodes)

    def health(self) -> dict[str, bool]:
        """Which representative answers, by address."""
        given, _ = self._representatives.ask(lambda node: node.version())
        return {account.address: account in given for account in self._representatives.nodes}

    def history(self, account: Account | None, start: bytes | None, turn: int) -> HistoryPage:
        nodes = list(self._representatives.nodes.values())
        return nodes[turn % len(nodes)].history(account, start)

    def ask_temporary(self, publishing: Publishing) -> Publishing:
        return self._publisher.ask_temporary(publishing)

    def ask_permanent(self, publishing: Publishing) -> Publishing:
        return self._publisher.ask_permanent(publishing)

    def renew(self, publishing: Publishing) -> Publishing:
        return self._publisher.renew(publishing)

    def is_raced(self, publishing: Publishing) -> bool:
        return self._publisher.is_raced(publishing)

    def publish(self, publishing: Publishing) -> Published:
        return self._publisher.publish(publishing)

    def spread(self, staple: Staple) -> Published:
        return self._publisher.spread(staple)

    def look(self, publishing: Publishing) -> Outlook:
        return self._publisher.look(publishing)

    def after(self, account: Account, previous: bytes) -> Landed | None:
        return self._publisher.after(account, previous)


def _default(node: Node, account: Account) -> Permissions:
    return node.account(account).info.default or NOTHING
