"""CREATE_IDENTIFIER: bring a token, a storage or a multisig account into being."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.identifier import identifier
from chalicelib.keeta.limits import SIGNERS_MAX
from chalicelib.keeta.operations.fields import Context, read_account, write_account
from chalicelib.keeta.reader import Reader


@dataclass(frozen=True, slots=True)
class Quorum:
    """Of `signers` (keys or multisig accounts), `needed` must sign."""

    signers: tuple[Account, ...]
    needed: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.signers) <= SIGNERS_MAX:
            raise InvalidBlock("too many signers, or none", code="BLOCK_INVALID_MULTISIG_SIGNER_COUNT")
        if len(set(self.signers)) < len(self.signers):
            raise InvalidBlock("a signer twice", code="BLOCK_INVALID_MULTISIG_SIGNER_DUPLICATE")
        if not 1 <= self.needed <= len(self.signers):
            raise InvalidBlock("a quorum out of reach", code="BLOCK_INVALID_MULTISIG_QUORUM")
        if not all(signer.key_type.signs or signer.key_type is KeyType.MULTISIG for signer in self.signers):
            raise InvalidBlock("a signer that can not sign", code="BLOCK_INVALID_CREATE_IDENTIFIER_ARGS")


@dataclass(frozen=True, slots=True)
class CreateIdentifier:
    """`created` must be the account that follows from the block and this operation's place."""

    TAG: ClassVar = 4

    created: Account
    quorum: Quorum | None = None

    def __post_init__(self) -> None:
        kind = self.created.key_type
        if kind.signs or kind is KeyType.NETWORK:
            raise InvalidBlock("nobody creates such an account", code="BLOCK_IDENTIFIER_INVALID")
        if (self.quorum is None) is (kind is KeyType.MULTISIG):
            raise InvalidBlock("signers are for multisig", code="BLOCK_INVALID_CREATE_IDENTIFIER_ARGS")

    def encode(self) -> bytes:
        if self.quorum is None:
            return write_account(self.created)
        signers = der.sequence(*(write_account(signer) for signer in self.quorum.signers))
        arguments = der.sequence(signers, der.integer(self.quorum.needed))
        return write_account(self.created) + der.explicit(KeyType.MULTISIG, arguments)

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        created = read_account(fields)
        return cls(created, _read_quorum(fields) if fields.more() else None)

    def check(self, context: Context) -> None:
        if not context.account.key_type.signs:
            raise InvalidBlock("only a key account creates", code="BLOCK_NO_TOKEN_OP")
        expected = identifier(context.account, context.previous, context.place, self.created.key_type)
        if self.created != expected:
            raise InvalidBlock("not what this block creates", code="BLOCK_IDENTIFIER_INVALID")


def _read_quorum(fields: Reader) -> Quorum:
    with fields.explicit(KeyType.MULTISIG) as wrapped, wrapped.sequence() as arguments:
        return Quorum(arguments.sequence_of(read_account), arguments.integer())
