"""What may a step write? One Plan of values, carried out whole or not at all."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from chalicelib.flows.schema import Key

# The store's own limit on one transaction.
WRITES_MAX = 100

Value: TypeAlias = str | int | bytes | list["Value"] | dict[str, "Value"]
Item: TypeAlias = dict[str, Value]

_NOTHING: Mapping[str, Any] = {}


class Absent(NamedTuple):
    """No item stands under this key."""


class Present(NamedTuple):
    """An item stands under this key."""


class Equals(NamedTuple):
    attribute: str
    value: Value


class AtLeast(NamedTuple):
    attribute: str
    value: int


class AtMost(NamedTuple):
    """The number is not above `value`, or not there yet."""

    attribute: str
    value: int


class OneOf(NamedTuple):
    attribute: str
    values: tuple[str, ...]


Condition: TypeAlias = Absent | Present | Equals | AtLeast | AtMost | OneOf


class Put(NamedTuple):
    """Write the whole item; `item` does not repeat the key."""

    key: Key
    item: Mapping[str, Value]
    require: tuple[Condition, ...] = ()


class Update(NamedTuple):
    """Set some attributes and add to some numbers (an absent number counts as 0)."""

    key: Key
    set: Mapping[str, Value] = _NOTHING
    add: Mapping[str, int] = _NOTHING
    require: tuple[Condition, ...] = ()


class Delete(NamedTuple):
    key: Key
    require: tuple[Condition, ...] = ()


Write: TypeAlias = Put | Update | Delete
Plan: TypeAlias = tuple[Write, ...]
