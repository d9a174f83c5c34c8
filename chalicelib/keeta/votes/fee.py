"""What does a representative ask for its vote, and how is it paid?

A fee travels in a temporary vote. The permanent votes are then given only for a fee
block, last in the request, with exactly one SEND for each vote that asked.
(Keeta protocol: SDK fee extension of votes, `LEDGER_REQUIRED_FEE_MISMATCH`.)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidVote
from chalicelib.keeta.limits import AMOUNT_MAX
from chalicelib.keeta.network import Network
from chalicelib.keeta.operations import Send
from chalicelib.keeta.reader import Reader

if TYPE_CHECKING:
    from chalicelib.keeta.votes.vote import Vote

_PAY_TO, _TOKEN = 0, 1


@dataclass(frozen=True, slots=True)
class Fee:
    """`amount` in base units. pay_to: the issuer if None; token: the base token if None."""

    amount: int
    pay_to: Account | None = None
    token: Account | None = None

    def __post_init__(self) -> None:
        if not 0 < self.amount <= AMOUNT_MAX:
            raise InvalidVote("a fee that is no amount", code="VOTE_MALFORMED_FEES_AMOUNT")
        payee = self.pay_to
        if payee is not None and not (payee.key_type.signs or payee.key_type is KeyType.STORAGE):
            raise InvalidVote("a fee to nobody", code="VOTE_MALFORMED_FEES_PAY_TO_INVALID")
        if self.token is not None and self.token.key_type is not KeyType.TOKEN:
            raise InvalidVote("a fee in no token", code="VOTE_MALFORMED_FEES_TOKEN_NOT_TOKEN")

    def write(self, *, quote: bool) -> bytes:
        pay_to = b"" if self.pay_to is None else der.implicit(_PAY_TO, self.pay_to.ktk)
        token = b"" if self.token is None else der.implicit(_TOKEN, self.token.ktk)
        return der.explicit(0, der.sequence(der.boolean(quote), der.integer(self.amount), pay_to, token))

    @classmethod
    def read(cls, raw: bytes) -> tuple[Self, bool]:
        """The fee, and whether it is only a quote. Raises Malformed, InvalidAccount, InvalidVote."""
        with Reader(raw) as whole, whole.explicit(0) as wrapped, wrapped.sequence() as fields:
            quote, amount = fields.boolean(), fields.integer()
            return cls(amount, _read_optional(fields, _PAY_TO), _read_optional(fields, _TOKEN)), quote


def fee_sends(votes: Iterable["Vote"], network: Network) -> tuple[Send, ...]:
    """The operations of the fee block that pays these votes; none when they are free."""
    return tuple(
        Send(to=fee.pay_to or vote.issuer, amount=fee.amount, token=fee.token or network.base_token)
        for vote in votes
        if (fee := vote.fee) is not None
    )


def _read_optional(fields: Reader, number: int) -> Account | None:
    tag = der.implicit_tag(number)
    return Account.from_ktk(fields.content(tag)) if fields.next_is(tag) else None
