"""SET_REP: choose the representative that votes with this account's weight."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.operations.fields import Context, read_account, write_account
from chalicelib.keeta.reader import Reader


@dataclass(frozen=True, slots=True)
class SetRep:
    TAG: ClassVar = 1

    to: Account

    def __post_init__(self) -> None:
        if not self.to.key_type.signs:
            raise InvalidBlock("an identifier can not represent", code="BLOCK_NO_IDENTIFIER_OP")

    def encode(self) -> bytes:
        return write_account(self.to)

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        return cls(read_account(fields))

    def check(self, context: Context) -> None:
        kind = context.account.key_type
        if not kind.signs and not (kind is KeyType.STORAGE and context.limits.storage_delegates):
            raise InvalidBlock("an identifier does not delegate", code="BLOCK_NO_IDENTIFIER_OP")
