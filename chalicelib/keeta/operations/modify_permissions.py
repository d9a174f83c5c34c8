"""MODIFY_PERMISSIONS: change what a principal may do to this account.

SET with None deletes the row, so that the default holds again. SUBTRACT of the last flag
leaves an empty row instead, which denies.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from chalicelib.keeta import der
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.operations.fields import Adjust, Context, read_account, read_adjust, write_account
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.reader import Reader

_NOT_DELEGATED = (Flag.ADMIN, Flag.PERMISSION_DELEGATE_ADD, Flag.PERMISSION_DELEGATE_REMOVE)


@dataclass(frozen=True, slots=True)
class ModifyPermissions:
    """`target` narrows the row to one account, for SEND_ON_BEHALF to one token."""

    TAG: ClassVar = 3

    principal: Account
    method: Adjust
    permissions: Permissions | None
    target: Account | None = None

    def __post_init__(self) -> None:
        if self.permissions is None:
            if self.method is not Adjust.SET:
                raise InvalidBlock("nothing to add or to take away")
            return
        if not self.permissions.fits("principal", self.principal):
            raise InvalidBlock("not for this principal", code="BLOCK_PERMISSIONS_INVALID_PRINCIPAL")
        if self.target is not None and not self.permissions.fits("target", self.target):
            raise InvalidBlock("not for this target", code="BLOCK_PERMISSIONS_INVALID_TARGET")
        if self.method is not Adjust.SET and any(self.permissions.has(flag) for flag in _NOT_DELEGATED):
            raise InvalidBlock("such flags are only set", code="BLOCK_NO_DELEGATE_ADMIN")

    def encode(self) -> bytes:
        permissions = der.null() if self.permissions is None else self.permissions.write()
        target = b"" if self.target is None else write_account(self.target)
        return write_account(self.principal) + der.integer(self.method) + permissions + target

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        return cls(
            principal=read_account(fields),
            method=read_adjust(fields),
            permissions=fields.nullable(Permissions.read),
            target=read_account(fields) if fields.more() else None,
        )

    def check(self, context: Context) -> None:
        if self.permissions is None:
            return
        if self.permissions.has(Flag.OWNER) and context.account.key_type.signs:
            raise InvalidBlock("a key account has no owner", code="BLOCK_ONLY_IDENTIFIER_OP")
        if not self.permissions.fits("entity", context.account):
            raise InvalidBlock("not on this account", code="BLOCK_PERMISSIONS_INVALID_ENTITY")
