"""RECEIVE: let the staple stand only if a matching SEND comes earlier in it.

It moves nothing, except that `forward` passes the amount on to another account.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.operations.fields import (
    Context,
    check_amount,
    check_receiver,
    check_token,
    read_account,
    write_account,
)
from chalicelib.keeta.reader import Reader


@dataclass(frozen=True, slots=True)
class Receive:
    """`exact`: the SEND must be of this very amount; else it may be more."""

    TAG: ClassVar = 7

    amount: int
    token: Account
    sender: Account
    exact: bool
    forward: Account | None = None

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check_token(self.token)
        if self.forward is not None:
            check_receiver(self.forward, self.token)
            if not self.exact:
                raise InvalidBlock(
                    "only an exact amount is forwarded", code="BLOCK_EXACT_TRUE_WHEN_FORWARDING"
                )

    def encode(self) -> bytes:
        forward = b"" if self.forward is None else write_account(self.forward)
        head = der.integer(self.amount) + write_account(self.token) + write_account(self.sender)
        return head + der.boolean(self.exact) + forward

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        return cls(
            amount=fields.integer(),
            token=read_account(fields),
            sender=read_account(fields),
            exact=fields.boolean(),
            forward=read_account(fields) if fields.more() else None,
        )

    def check(self, context: Context) -> None:
        if context.account.key_type is KeyType.TOKEN:
            raise InvalidBlock("a token account does not receive", code="BLOCK_NO_TOKEN_OP")
        if self.forward == context.account:
            raise InvalidBlock("forwarded to itself", code="BLOCK_CANNOT_FORWARD_TO_SELF")
