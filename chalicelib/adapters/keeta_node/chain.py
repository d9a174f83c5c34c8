"""How do the stories see the network? Through its representatives, with what they must agree on."""

from collections.abc import Sequence

from chalicelib.adapters.keeta_node.node import Node
from chalicelib.adapters.keeta_node.publisher import Published, Publisher
from chalicelib.flows.runs.ports import ChainState
from chalicelib.keeta.account import Account
from chalicelib.keeta.acl import NOTHING, resolve
from chalicelib.keeta.network import Network
from chalicelib.keeta.permissions import Flag
from chalicelib.keeta.quorum import Weights
from chalicelib.keeta.staple import Staple
from chalicelib.settlement.outlook import Landed, Outlook
from chalicelib.settlement.publishing import Publishing
from chalicelib.settlement.told import HistoryPage

Balances = tuple[tuple[Account, int], ...]
# An account, and a token that it is to send.
Leg = tuple[Account, Account]


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

    def sendable(self, signer: Account, legs: Sequence[Leg]) -> set[Leg]:
        """Those of the legs, (account, token), that this signer may send as things stand.

        The signer needs SEND_ON_BEHALF on the account, and the account ACCESS to the token: an issuer who
        takes that away freezes what lies there. (Keeta protocol: SDK ledger, SEND.)
        """
        accounts, tokens = (list(dict.fromkeys(part)) for part in zip(*legs, strict=True))

        def ask(node: Node) -> tuple[bool, ...]:
            states = node.accounts([*accounts, *tokens])
            default = {each.account: each.info.default or NOTHING for each in states}
            sending = node.acl(signer, accounts)
            access = {account: node.acl(account, tokens) for account in accounts}
            return tuple(
                resolve(sending, default[account], signer, account, token).has(Flag.SEND_ON_BEHALF)
                and resolve(access[account], default[token], account, token).has(Flag.ACCESS)
                for account, token in legs
            )

        told = self._representatives.agreed_each(ask, len(legs))
        if None in told:
            raise self._representatives.not_enough("answers that do not agree", {})
        return {leg for leg, may in zip(legs, told, strict=True) if may}

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
