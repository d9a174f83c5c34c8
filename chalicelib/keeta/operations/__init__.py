"""What can a block do? Nine operations, one file each (both of a token's admin in one).

Every operation knows its wire fields (`encode`, `decode`), refuses in its constructor
what no block may contain, and in `check` what this block may not. All refusals are
InvalidBlock, Malformed, InvalidAccount or InvalidPermissions.
(Keeta protocol: SDK `Block.Operation`, `BlockOperationASN1SchemaBase`.)
"""

from typing import Final

from chalicelib.keeta import der
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.operations.create_identifier import CreateIdentifier, Quorum
from chalicelib.keeta.operations.fields import Adjust, Context
from chalicelib.keeta.operations.manage_certificate import ManageCertificate
from chalicelib.keeta.operations.modify_permissions import ModifyPermissions
from chalicelib.keeta.operations.receive import Receive
from chalicelib.keeta.operations.send import Send
from chalicelib.keeta.operations.set_info import SetInfo
from chalicelib.keeta.operations.set_rep import SetRep
from chalicelib.keeta.operations.token_admin import TokenAdminModifyBalance, TokenAdminSupply
from chalicelib.keeta.reader import Reader

__all__ = [
    "Adjust",
    "Context",
    "CreateIdentifier",
    "ManageCertificate",
    "ModifyPermissions",
    "Operation",
    "Quorum",
    "Receive",
    "Send",
    "SetInfo",
    "SetRep",
    "TokenAdminModifyBalance",
    "TokenAdminSupply",
    "read_operation",
    "write_operation",
]

Operation = (
    Send
    | SetRep
    | SetInfo
    | ModifyPermissions
    | CreateIdentifier
    | TokenAdminSupply
    | TokenAdminModifyBalance
    | Receive
    | ManageCertificate
)

_KINDS: Final[tuple[type[Operation], ...]] = (
    Send,
    SetRep,
    SetInfo,
    ModifyPermissions,
    CreateIdentifier,
    TokenAdminSupply,
    TokenAdminModifyBalance,
    Receive,
    ManageCertificate,
)


def write_operation(operation: Operation) -> bytes:
    """[TAG] EXPLICIT SEQUENCE of its fields."""
    return der.explicit(operation.TAG, der.sequence(operation.encode()))


def read_operation(operations: Reader) -> Operation:
    """The next operation of a block."""
    for kind in _KINDS:
        if operations.next_is(der.explicit_tag(kind.TAG)):
            with operations.explicit(kind.TAG) as wrapped, wrapped.sequence() as fields:
                return kind.decode(fields)
    raise InvalidBlock("no such operation", code="BLOCK_INVALID_TYPE")
