"""SEND: give an amount of a token to another account. It lands at once, without a RECEIVE."""

import re
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

_EXTERNAL = re.compile(r"[-_A-Za-z0-9+/= ]*")


@dataclass(frozen=True, slots=True)
class Send:
    """`amount` in base units of `token`. `external` is a reference: public, free, unproven."""

    TAG: ClassVar = 0

    to: Account
    amount: int
    token: Account
    external: str | None = None

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check_token(self.token)
        check_receiver(self.to, self.token)
        if self.external is not None and not _EXTERNAL.fullmatch(self.external):
            raise InvalidBlock("a reference with other characters", code="BLOCK_EXTERNAL_INVALID")

    def encode(self) -> bytes:
        external = b"" if self.external is None else der.utf8(self.external)
        return write_account(self.to) + der.integer(self.amount) + write_account(self.token) + external

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        return cls(
            to=read_account(fields),
            amount=fields.integer(),
            token=read_account(fields),
            external=fields.utf8() if fields.more() else None,
        )

    def check(self, context: Context) -> None:
        if context.account.key_type is KeyType.TOKEN and context.account != self.token:
            raise InvalidBlock("a token account sends only itself", code="BLOCK_NO_TOKEN_OP")
        if len(self.external or "") > context.limits.external:
            raise InvalidBlock("a reference too long", code="BLOCK_EXTERNAL_TOO_LONG")
