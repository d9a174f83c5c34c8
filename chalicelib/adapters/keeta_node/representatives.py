"""What do enough representatives say, whatever one of them does?

"Enough" is more than two thirds of all voting weight, of a set that is configured and never
learned from the network. One that is slow, dead or lying is outvoted; two of four stop us, and do
not mislead us.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from chalicelib.adapters.keeta_node.fan_out import FanOut
from chalicelib.adapters.keeta_node.node import Node
from chalicelib.adapters.keeta_node.transport import PATIENCE, Patience, Transport, http_client
from chalicelib.keeta.account import Account
from chalicelib.keeta.network import Network
from chalicelib.keeta.quorum import Weights, quorum
from chalicelib.settlement.errors import KeetaNodeError, NotEnough
from chalicelib.settlement.publishing import weight_of
from chalicelib.settlement.refusals import Meaning
from chalicelib.settlement.told import AccountState, Head

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Representative:
    """`weight` in base units of the base token, or in whatever unit all of them share."""

    account: Account
    api: str
    weight: int = 1


class Representatives:
    """Made once for a process: connections are kept open, until `close`."""

    def __init__(
        self, network: Network, members: Iterable[Representative], patience: Patience = PATIENCE
    ) -> None:
        known = tuple(members)
        self.network = network
        self._fan_out = FanOut(patience)
        self.weights: Weights = {each.account: each.weight for each in known}
        self._client = http_client()
        self.nodes: Mapping[Account, Node] = {
            each.account: Node(network, Transport(each.api, self._client, patience)) for each in known
        }

    def close(self) -> None:
        self._fan_out.close()
        self._client.close()

    @property
    def quorum(self) -> int:
        return quorum(self.weights)

    def weigh(self, accounts: Iterable[Account]) -> int:
        return weight_of(accounts, self.weights)

    def ask(
        self,
        ask: Callable[[Node], T],
        enough: Callable[[dict[Account, T]], bool] | None = None,
        grace: float | None = None,
    ) -> tuple[dict[Account, T], dict[Account, KeetaNodeError]]:
        """Each one's answer, or failure. Without `enough`, everybody is waited for.

        grace: seconds for those who are later than enough others, if not the usual ones.
        """
        return self.ask_each(lambda _, node: ask(node), enough, grace=grace)

    def ask_each(
        self,
        ask: Callable[[Account, Node], T],
        enough: Callable[[dict[Account, T]], bool] | None = None,
        asked: Iterable[Account] | None = None,
        grace: float | None = None,
    ) -> tuple[dict[Account, T], dict[Account, KeetaNodeError]]:
        """As `ask`, when it matters who is asked, or when only these are."""
        return self._fan_out.ask(
            self.nodes if asked is None else asked,
            lambda account: ask(account, self.nodes[account]),
            enough or (lambda _: False),
            grace,
        )

    def agreed(self, ask: Callable[[Node], T]) -> T:
        """The answer that enough of them give alike. Raises NotEnough."""
        given, failures = self.ask(ask, lambda given: self._agreement(given) is not None, grace=0)
        found = self._agreement(given)
        if found is None:
            raise self.not_enough(f"{len(given)} answers that do not agree", failures)
        return found[0]

    def agreed_each(self, ask: Callable[[Node], Sequence[T]], count: int) -> list[T | None]:
        """Likewise for each of `count` answers by itself; None where they differ. Raises NotEnough when too
        few answer at all."""

        def places(given: dict[Account, Sequence[T]]) -> list[tuple[T] | None]:
            return [self._agreement({who: told[at] for who, told in given.items()}) for at in range(count)]

        given, failures = self.ask(ask, lambda given: all(places(given)), grace=0)
        if self.weigh(given) < self.quorum:
            raise self.not_enough("too few answers", failures)
        return [found[0] if found else None for found in places(given)]

    def head(self, account: Account) -> Head:
        """The account's head, as enough of them see it. Raises NotEnough while they differ."""
        return self.agreed(lambda node: node.head(account))

    def account(self, account: Account) -> AccountState:
        """Likewise for head, balances and info together."""
        return self.agreed(lambda node: node.account(account))

    def heads(self, account: Account) -> dict[Account, bytes | None]:
        """The head at each of them that answers: one that lags behind can be told."""
        given, _ = self.ask(lambda node: node.account(account).head)
        return given

    def observed_weights(self) -> dict[Account, int]:
        """What they say everybody weighs, each time the middle one of their answers.

        To compare with the configured weights, never to replace them. Raises NotEnough.
        """
        given, failures = self.ask(lambda node: node.representatives())
        if self.weigh(given) < self.quorum:
            raise self.not_enough("too few say who votes", failures)
        told: dict[Account, list[int]] = {}
        for rows in given.values():
            for account, weight in {row.account: row.weight for row in rows}.items():
                told.setdefault(account, []).append(weight)
        return {account: _middle(weights, len(given)) for account, weights in told.items()}

    def not_enough(self, detail: str, failures: Mapping[Account, KeetaNodeError]) -> NotEnough:
        """What it means: that of so many failures that the others can not be enough without them."""
        return NotEnough(detail, failures, meaning=self._meaning(failures))

    def _meaning(self, failures: Mapping[Account, KeetaNodeError]) -> Meaning:
        for meaning in (Meaning.FINAL, Meaning.TRANSIENT):
            alike = [who for who, error in failures.items() if error.meaning is meaning]
            if self.weigh(alike) > sum(self.weights.values()) - self.quorum:
                return meaning
        return Meaning.LOOK

    def _agreement(self, given: dict[Account, T]) -> tuple[T] | None:
        for answer in given.values():
            alike = [who for who, other in given.items() if other == answer]
            if self.weigh(alike) >= self.quorum:
                return (answer,)
        return None


def _middle(told: list[int], answers: int) -> int:
    """Whoever does not name an account says that it weighs nothing."""
    return sorted([*told, *[0] * (answers - len(told))])[answers // 2]
