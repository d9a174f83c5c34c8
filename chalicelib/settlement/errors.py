"""What can go wrong between us and the representatives?

    CexError
    `-- KeetaNodeError       a representative did not do, or not provably do, what was asked
        |-- Refused          it said no; `meaning` is what that is worth
        |-- Unreachable      nothing reached it, so it has certainly done nothing
        |-- NoAnswer         it was asked and did not answer; it may have done it
        |-- MalformedAnswer  it answered nonsense, or what is provably untrue; it may have done it
        |-- TooDear          it asks more for its vote than we pay
        `-- NotEnough        too few of them agree, or vote, to count; carries what each one did

They are here, and not with the adapter that raises them, since the stories catch them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.errors import CexError
from chalicelib.settlement.refusals import Meaning, meaning_of

if TYPE_CHECKING:  # also matchers import this file, which know nothing of Keeta
    from chalicelib.keeta.account import Account
    from chalicelib.keeta.votes import Vote


class KeetaNodeError(CexError):
    code = "keeta_node_error"

    @property
    def meaning(self) -> Meaning:
        return Meaning.LOOK


class Refused(KeetaNodeError):
    """`code` is the network's own, or "uncoded". `existing` is the block that has the idempotent key."""

    def __init__(
        self,
        detail: str,
        code: str | None = None,
        *,
        should_retry: bool = False,
        retry_delay_ms: int = 0,
        existing: bytes | None = None,
    ) -> None:
        super().__init__(detail, code=code or "uncoded")
        self._meaning = meaning_of(code, should_retry=should_retry)
        self.retry_delay_ms = retry_delay_ms
        self.existing = existing

    @property
    def meaning(self) -> Meaning:
        return self._meaning


class Unreachable(KeetaNodeError):
    code = "unreachable"

    @property
    def meaning(self) -> Meaning:
        return Meaning.TRANSIENT


class NoAnswer(KeetaNodeError):
    code = "no_answer"


class MalformedAnswer(KeetaNodeError):
    code = "malformed_answer"


class TooDear(KeetaNodeError):
    code = "too_dear"

    @property
    def meaning(self) -> Meaning:
        return Meaning.TRANSIENT


class NotEnough(KeetaNodeError):
    """`votes` were collected all the same; `failures` says what the others did.

    `meaning` is FINAL or TRANSIENT only when so many say so that the rest could not outvote them.
    """

    code = "not_enough"

    def __init__(
        self,
        detail: str,
        failures: Mapping["Account", KeetaNodeError],
        votes: tuple["Vote", ...] = (),
        meaning: Meaning = Meaning.LOOK,
    ) -> None:
        said = ", ".join(sorted(f"{error.code} by {who.address[:16]}" for who, error in failures.items()))
        super().__init__(f"{detail}: {said or 'nobody failed'}")
        self.failures = failures
        self.votes = votes
        self._meaning = meaning

    @property
    def meaning(self) -> Meaning:
        return self._meaning
