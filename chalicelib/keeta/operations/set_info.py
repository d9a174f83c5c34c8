"""SET_INFO: name and describe an account, and set what everybody may do to an identifier."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from chalicelib.keeta import der
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.limits import DESCRIPTION_MAX, METADATA_MAX, NAME_MAX
from chalicelib.keeta.operations.fields import Context
from chalicelib.keeta.permissions import Permissions
from chalicelib.keeta.reader import Reader

_NAME = re.compile(rf"[A-Z_]{{0,{NAME_MAX}}}")
_DESCRIPTION = re.compile(rf"""[\w!"#$%&'()*+,\-./:;?@\\^\u2018~ ]{{0,{DESCRIPTION_MAX}}}""", re.ASCII)
_METADATA = re.compile(rf"[-A-Za-z0-9+/=]{{0,{METADATA_MAX}}}")


@dataclass(frozen=True, slots=True)
class SetInfo:
    """`metadata` is base64, by convention of JSON. An identifier must have a default."""

    TAG: ClassVar = 2

    name: str
    description: str
    metadata: str
    default: Permissions | None = None

    def __post_init__(self) -> None:
        for form, text in ((_NAME, self.name), (_DESCRIPTION, self.description), (_METADATA, self.metadata)):
            if not form.fullmatch(text):
                raise InvalidBlock("a name, description or metadata too long, or of other characters")

    def encode(self) -> bytes:
        default = b"" if self.default is None else self.default.write()
        return der.utf8(self.name) + der.utf8(self.description) + der.utf8(self.metadata) + default

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        return cls(
            name=fields.utf8(),
            description=fields.utf8(),
            metadata=fields.utf8(),
            default=Permissions.read(fields) if fields.more() else None,
        )

    def check(self, context: Context) -> None:
        if context.account.key_type.signs:
            if self.default is not None:
                raise InvalidBlock("a key account has no default", code="BLOCK_ONLY_IDENTIFIER_OP")
            return
        if self.default is None:
            raise InvalidBlock("a default is needed", code="BLOCK_IDENTIFIER_NEED_DEFAULT_PERMISSIONS")
        if self.default.external:
            raise InvalidBlock("a default has no external bits")
        if not self.default.may_be_default:
            raise InvalidBlock("not for everybody", code="BLOCK_PERMISSIONS_INVALID_DEFAULT")
        if not self.default.fits("entity", context.account):
            raise InvalidBlock("not on this account", code="BLOCK_PERMISSIONS_INVALID_ENTITY")
