"""How is a staple brought to the main ledger, one resumable step at a time?

Each step takes a saved `Publishing`, asks the representatives, and gives back one that knows more,
to be saved before the next step; `publishing.next_step` says which that is. Any of them may be
called again after a crash, with nothing but what was saved. None of them goes on to another step
by itself, and none signs anything: what could pay twice is not in their reach.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from chalicelib.adapters.keeta_node import promises, sights
from chalicelib.adapters.keeta_node.landing import landed
from chalicelib.adapters.keeta_node.node import Node
from chalicelib.adapters.keeta_node.representatives import Representatives
from chalicelib.keeta.account import Account
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.staple import Staple
from chalicelib.keeta.votes import Vote
from chalicelib.settlement.errors import KeetaNodeError, MalformedAnswer, Refused, TooDear
from chalicelib.settlement.fees import Limits, is_affordable, payable
from chalicelib.settlement.outlook import Landed, Outlook
from chalicelib.settlement.publishing import Publishing

FREE: Limits = {}


class Published(NamedTuple):
    """Who says what about a published staple. Only a look tells whether it has landed.

    known: a block of it has landed there already, which may be this very staple, heard of from
    another representative. parked: it waits there for a predecessor.
    """

    applied: tuple[Account, ...]
    known: tuple[Account, ...]
    parked: tuple[Account, ...]
    failures: Mapping[Account, KeetaNodeError]


class Publisher:
    """`limits` is what one vote may cost; `now` tells the time in milliseconds since 1970."""

    def __init__(
        self, representatives: Representatives, now: Callable[[], Moment], limits: Limits = FREE
    ) -> None:
        self.representatives = representatives
        self._now = now
        self._limits = limits

    def quotes(self, publishing: Publishing) -> dict[Account, Vote]:
        """What the votes would cost; holds five minutes. Who asks nothing refuses to say so."""

        def ask(issuer: Account, node: Node) -> Vote:
            return promises.quote(node, issuer, publishing.blocks, self._now)

        given, _ = self.representatives.ask_each(ask, self._are_enough)
        return given

    def ask_temporary(
        self, publishing: Publishing, quotes: Mapping[Account, Vote] | None = None
    ) -> Publishing:
        """The first round. Each representative gets its own quote, if there is one.

        Raises NotEnough; then nothing is promised that does not end in five minutes.
        """
        bound = quotes or {}

        def ask(issuer: Account, node: Node) -> Vote:
            vote = promises.temporary(node, issuer, publishing.blocks, self._now, quote=bound.get(issuer))
            return self._affordable(vote)

        votes = self._collect(ask, self.representatives.nodes)
        affordable = payable(votes.values(), self.representatives.network)
        return publishing.with_temporary(self._require(affordable, {}, "too few votes can be paid"))

    def ask_permanent(self, publishing: Publishing) -> Publishing:
        """The second round, with those whose own vote is among the ones that are shown.

        Raises NotEnough, whose `votes` are worth saving: they can never be had back.
        """

        def ask(issuer: Account, node: Node) -> Vote:
            return promises.permanent(node, issuer, publishing.all_blocks, publishing.supporting, self._now)

        done = {vote.issuer: vote for vote in publishing.permanent}
        asked = [vote.issuer for vote in publishing.supporting if vote.issuer not in done]
        return publishing.with_permanent(self._collect(ask, asked, done).values())

    def renew(self, publishing: Publishing) -> Publishing:
        """New votes of those who have not voted for ever, on the strength of those who have.

        Raises NotEnough.
        """
        done = {vote.issuer: vote for vote in publishing.permanent}

        def ask(issuer: Account, node: Node) -> Vote:
            vote = promises.temporary(
                node, issuer, publishing.all_blocks, self._now, shown=publishing.permanent
            )
            return _free(vote)

        asked = [account for account in self.representatives.nodes if account not in done]
        return publishing.with_renewed(self._collect(ask, asked, done).values())

    def publish(self, publishing: Publishing) -> Published:
        """Give the staple to all of them. Whatever comes back, look before anything else.

        Raises InvalidStaple without permanent votes.
        """
        return self.spread(publishing.staple)

    def spread(self, whole: Staple) -> Published:
        """Publish a staple that is final. Anybody may, as often as they like: it lands once."""
        given, failures = self.representatives.ask(lambda node: _publish(node, whole), self._are_enough)
        applied, known, parked = (
            tuple(who for who, said in given.items() if said is wanted) for wanted in _Said
        )
        return Published(applied, known, parked, failures)

    def look(self, publishing: Publishing) -> Outlook:
        """What all of them show of this staple, or of a rival of it. Changes nothing."""
        return sights.look(self.representatives, publishing, self._now())

    def is_raced(self, publishing: Publishing) -> bool:
        """Whether one of them shows a vote for ever for our first block in another staple.

        A glance: who is slow is not waited for, and who fails says nothing.
        """
        given, _ = self.representatives.ask_each(
            lambda issuer, node: sights.is_raced(node, issuer, publishing, self._now()), self._are_enough
        )
        return any(given.values())

    def after(self, account: Account, previous: bytes) -> Landed | None:
        """The staple that provably holds the account's block after `previous`. None proves nothing.

        Raises NotEnough.
        """
        given, failures = self.representatives.ask(lambda node: node.successor(previous), self._are_enough)
        if not self._are_enough(given):
            raise self.representatives.not_enough("too few tell what came after a block", failures)
        shown = {block.hash for block in given.values() if block and block.body.account == account}
        for hash_ in sorted(shown):
            found, _ = landed(self.representatives, hash_, self._now())
            if found is not None:
                return found
        return None

    def _collect(
        self,
        ask: Callable[[Account, Node], Vote],
        asked: Iterable[Account],
        done: Mapping[Account, Vote] | None = None,
    ) -> dict[Account, Vote]:
        """Votes of enough weight, together with those that are there. Raises NotEnough."""
        have = dict(done or {})
        given, failures = self.representatives.ask_each(
            ask, lambda given: self._are_enough({**have, **given}), asked
        )
        votes = {**have, **given}
        self._require(votes.values(), failures, "too few votes")
        # Not in the order in which they came: the same votes make the same record.
        return {account: votes[account] for account in self.representatives.nodes if account in votes}

    def _require(
        self, votes: Iterable[Vote], failures: Mapping[Account, KeetaNodeError], otherwise: str
    ) -> tuple[Vote, ...]:
        found = tuple(votes)
        if self._are_enough({vote.issuer: vote for vote in found}):
            return found
        error = self.representatives.not_enough(otherwise, failures)
        error.votes = found
        raise error

    def _are_enough(self, given: Mapping[Account, object]) -> bool:
        return self.representatives.weigh(given) >= self.representatives.quorum

    def _affordable(self, vote: Vote) -> Vote:
        if not is_affordable(vote, self._limits, self.representatives.network):
            raise TooDear(f"asks {vote.fee.amount if vote.fee else 0} for its vote")
        return vote


class _Said(Enum):
    APPLIED = "applied"
    KNOWN = "known"
    PARKED = "parked"


def _publish(node: Node, whole: Staple) -> _Said:
    try:
        return _Said.APPLIED if node.publish(whole) else _Said.PARKED
    except Refused as error:
        if error.code == "LEDGER_BLOCK_ALREADY_EXISTS":
            return _Said.KNOWN
        raise


def _free(vote: Vote) -> Vote:
    """What was voted for ever can not be charged for again: there is no block left to pay it."""
    if vote.fee is not None:
        raise MalformedAnswer("a fee after the fee block")
    return vote
