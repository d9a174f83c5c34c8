"""What may one account do to another, and which flags can stand together?

A permission set is written as two integers: base flags, which the network understands,
and external bits, which it only keeps. There is one spelling per set: any flag brings
ACCESS with it, and OWNER or ADMIN stand for everything else.
(Keeta protocol: SDK `Permissions`, `basePermissionRules`.)
"""

from dataclasses import dataclass
from enum import STRICT, Enum, IntFlag
from functools import lru_cache
from typing import Final, Literal, NamedTuple, Self

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import InvalidPermissions
from chalicelib.keeta.reader import Reader

EXTERNAL_MAX = 2**31 - 1


class Flag(IntFlag, boundary=STRICT):
    """The base flags; the value of each is its bit on the wire."""

    ACCESS = 1 << 0
    OWNER = 1 << 1
    ADMIN = 1 << 2
    UPDATE_INFO = 1 << 3
    SEND_ON_BEHALF = 1 << 4
    TOKEN_ADMIN_CREATE = 1 << 5
    TOKEN_ADMIN_SUPPLY = 1 << 6
    TOKEN_ADMIN_MODIFY_BALANCE = 1 << 7
    STORAGE_CREATE = 1 << 8
    STORAGE_CAN_HOLD = 1 << 9
    STORAGE_DEPOSIT = 1 << 10
    PERMISSION_DELEGATE_ADD = 1 << 11
    PERMISSION_DELEGATE_REMOVE = 1 << 12
    MANAGE_CERTIFICATE = 1 << 13
    MULTISIG_SIGNER = 1 << 14


class _Group(Enum):
    """Whom a flag is about. Flags of two groups do not stand in one set; ANY goes with all."""

    ANY = "any account"
    NEVER = "no account"
    KEY = "a key or multisig"
    SIGNER = "a key or multisig, as a signer"
    NETWORK = "the network"
    TOKEN = "a token"
    STORAGE = "a storage account"
    MULTISIG = "a multisig"


_KEYS: Final = {kind for kind in KeyType if kind.signs} | {KeyType.MULTISIG}
_ADMITS: Final[dict[_Group, set[KeyType]]] = {
    _Group.ANY: set(KeyType),
    _Group.NEVER: set(),
    _Group.KEY: _KEYS,
    _Group.SIGNER: _KEYS,
    _Group.NETWORK: {KeyType.NETWORK},
    _Group.TOKEN: {KeyType.TOKEN},
    _Group.STORAGE: {KeyType.STORAGE},
    _Group.MULTISIG: {KeyType.MULTISIG},
}


class _Rule(NamedTuple):
    """On which entities a flag is granted, to which principals, for which targets."""

    default: bool
    entity: _Group
    principal: _Group
    target: _Group


_ANY, _NEVER, _KEY, _NETWORK = _Group.ANY, _Group.NEVER, _Group.KEY, _Group.NETWORK
_TOKEN, _STORAGE = _Group.TOKEN, _Group.STORAGE

_RULES: Final = {
    Flag.ACCESS: _Rule(True, _ANY, _ANY, _ANY),
    Flag.OWNER: _Rule(False, _ANY, _KEY, _NEVER),
    Flag.ADMIN: _Rule(False, _ANY, _KEY, _NEVER),
    Flag.UPDATE_INFO: _Rule(False, _ANY, _KEY, _NEVER),
    Flag.SEND_ON_BEHALF: _Rule(False, _ANY, _KEY, _TOKEN),
    Flag.TOKEN_ADMIN_CREATE: _Rule(True, _NETWORK, _KEY, _NEVER),
    Flag.TOKEN_ADMIN_SUPPLY: _Rule(False, _TOKEN, _KEY, _NEVER),
    Flag.TOKEN_ADMIN_MODIFY_BALANCE: _Rule(False, _TOKEN, _KEY, _ANY),
    Flag.STORAGE_CREATE: _Rule(True, _NETWORK, _KEY, _NEVER),
    Flag.STORAGE_CAN_HOLD: _Rule(True, _STORAGE, _TOKEN, _NEVER),
    Flag.STORAGE_DEPOSIT: _Rule(True, _STORAGE, _ANY, _TOKEN),
    Flag.PERMISSION_DELEGATE_ADD: _Rule(False, _ANY, _KEY, _ANY),
    Flag.PERMISSION_DELEGATE_REMOVE: _Rule(False, _ANY, _KEY, _ANY),
    Flag.MANAGE_CERTIFICATE: _Rule(True, _ANY, _ANY, _NEVER),
    Flag.MULTISIG_SIGNER: _Rule(False, _Group.MULTISIG, _Group.SIGNER, _NEVER),
}

_Role = Literal["entity", "principal", "target"]


@dataclass(frozen=True, slots=True)
class Permissions:
    """A set in its one spelling; `Permissions.of` finds it. `external` has 31 bits.

    Raises InvalidPermissions for flags that the network does not let stand together.
    """

    base: Flag
    external: int = 0

    def __post_init__(self) -> None:
        _check_mix(self.base)
        if self.base != _normal(self.base):
            raise InvalidPermissions("not the canonical spelling of these flags")
        if not 0 <= self.external <= EXTERNAL_MAX:
            raise InvalidPermissions("too many external bits", code="PERMISSIONS_EXTERNAL_OFFSET_TOO_LARGE")

    @classmethod
    def of(cls, *flags: Flag, external: int = 0) -> Self:
        """The canonical set of these flags."""
        base = Flag(0)
        for flag in flags:
            base |= flag
        _check_mix(base)
        return cls(_normal(base), external)

    @classmethod
    def read(cls, fields: Reader) -> Self:
        """SEQUENCE { base, external }. Raises Malformed, InvalidPermissions."""
        with fields.sequence() as pair:
            try:
                base = Flag(pair.integer())
            except ValueError:
                raise InvalidPermissions("a flag that does not exist") from None
            return cls(base, pair.integer())

    def write(self) -> bytes:
        return der.sequence(der.integer(self.base), der.integer(self.external))

    def has(self, flag: Flag) -> bool:
        """True when the set grants `flag`: OWNER grants all, ADMIN all but OWNER."""
        if Flag.OWNER in self.base or (Flag.ADMIN in self.base and flag is not Flag.OWNER):
            return True
        return flag in self.base

    @property
    def may_be_default(self) -> bool:
        return all(_RULES[flag].default for flag in self.base)

    def fits(self, role: _Role, account: Account) -> bool:
        """Whether this set may be given with `account` as its entity, principal or target."""
        return account.key_type in _ADMITS[_group(self.base, role)]


def _normal(base: Flag) -> Flag:
    for ruler in (Flag.OWNER, Flag.ADMIN):
        if ruler in base:
            return ruler | Flag.ACCESS
    return base | Flag.ACCESS if base else base


def _check_mix(base: Flag) -> None:
    for role in ("entity", "principal", "target"):
        _group(base, role)


@lru_cache
def _group(base: Flag, role: _Role) -> _Group:
    """The one group that all flags name for this role. Raises InvalidPermissions if there is none."""
    groups = {getattr(_RULES[flag], role) for flag in base} - {_ANY}
    if _NEVER in groups:
        return _NEVER
    if len(groups) > 1:
        raise InvalidPermissions(
            f"flags for different kinds of {role}", code="PERMISSIONS_CANNOT_MIX_FLAGS_AND_TYPES"
        )
    return groups.pop() if groups else _ANY
