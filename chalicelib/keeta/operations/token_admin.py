"""TOKEN_ADMIN_SUPPLY and TOKEN_ADMIN_MODIFY_BALANCE: what a token's administrator does."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.operations.fields import (
    Adjust,
    Context,
    check_amount,
    check_token,
    read_account,
    read_adjust,
    write_account,
)
from chalicelib.keeta.reader import Reader


@dataclass(frozen=True, slots=True)
class TokenAdminSupply:
    """Mint to the token account itself, or burn from it. `amount` in base units."""

    TAG: ClassVar = 5

    amount: int
    method: Adjust

    def __post_init__(self) -> None:
        check_amount(self.amount)
        if self.method is Adjust.SET:
            raise InvalidBlock("a supply is changed, never set")

    def encode(self) -> bytes:
        return der.integer(self.amount) + der.integer(self.method)

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        return cls(fields.integer(), read_adjust(fields))

    def check(self, context: Context) -> None:
        if context.account.key_type is not KeyType.TOKEN:
            raise InvalidBlock("only a token has a supply", code="BLOCK_ONLY_TOKEN_OP")


@dataclass(frozen=True, slots=True)
class TokenAdminModifyBalance:
    """Change the balance of the block's account. Read only: nodes refuse it unless told."""

    TAG: ClassVar = 6

    token: Account
    amount: int
    method: Adjust

    def __post_init__(self) -> None:
        check_token(self.token)
        if self.method is not Adjust.SET or self.amount:  # a balance may be set to nothing
            check_amount(self.amount)

    def encode(self) -> bytes:
        return write_account(self.token) + der.integer(self.amount) + der.integer(self.method)

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        return cls(read_account(fields), fields.integer(), read_adjust(fields))

    def check(self, context: Context) -> None:
        if context.account.key_type is KeyType.TOKEN:
            raise InvalidBlock("not on a token account", code="BLOCK_NO_TOKEN_OP")
