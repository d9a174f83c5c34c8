"""What does DynamoDB refuse, whatever stands in the table? Its documented limits.

Source: DynamoDB developer guide, "Quotas" and "DynamoDB item sizes and formats".
"""

from collections.abc import Mapping

from chalicelib.flows.plan import Delete, Plan, Put, Update
from chalicelib.flows.schema import TABLES, Key

WRITES_MAX = 100
DIGITS_MAX = 38
MAGNITUDE_MAX = 10**126
ITEM_BYTES_MAX = 400 * 1024
TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
PK_BYTES_MAX = 2048
SK_BYTES_MAX = 1024

_INDEXED = {
    table.name: {name for index in table.indexes for name in (index.pk, index.sk)} for table in TABLES
}


class IllegalPlan(Exception):
    """The plan can never be carried out: the mistake is in the code that made it."""


def require_lawful(plan: Plan) -> None:
    """What can be said without looking into the table. Raises IllegalPlan."""
    keys = [write.key for write in plan]
    if not 0 < len(plan) <= WRITES_MAX:
        raise IllegalPlan(f"{len(plan)} writes in one transaction")
    if len(set(keys)) < len(keys):
        raise IllegalPlan("one item is touched twice")
    for write in plan:
        _require_key(write.key)
        if isinstance(write, Put):
            _require_values(write.key, write.item)
        elif isinstance(write, Update):
            _require_update(write)
        else:
            assert isinstance(write, Delete)


def require_size(items: list[tuple[Key, Mapping[str, object]]]) -> None:
    """Of the items as they will stand there, keys included. Raises IllegalPlan."""
    sizes = [item_bytes(item) for _, item in items]
    if sizes and max(sizes) > ITEM_BYTES_MAX:
        raise IllegalPlan(f"an item of {max(sizes)} bytes")
    if sum(sizes) > TRANSACTION_BYTES_MAX:
        raise IllegalPlan(f"{sum(sizes)} bytes in one transaction")
    for key, item in items:
        _require_values(key, {name: value for name, value in item.items() if name not in ("pk", "sk")})


def item_bytes(item: Mapping[str, object]) -> int:
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _require_key(key: Key) -> None:
    for text, bytes_max in ((key.pk, PK_BYTES_MAX), (key.sk, SK_BYTES_MAX)):
        if not (isinstance(text, str) and 0 < len(text.encode()) <= bytes_max):
            raise IllegalPlan(f"{text!r} is no key")


def _require_update(write: Update) -> None:
    if not write.set and not write.add:
        raise IllegalPlan("an update of nothing")
    if write.set.keys() & write.add.keys():
        raise IllegalPlan("an attribute is set and added to")
    if any(type(units) is not int for units in write.add.values()):
        raise IllegalPlan("only numbers can be added")
    _require_values(write.key, {**write.set, **write.add})


def _require_values(key: Key, values: Mapping[str, object]) -> None:
    if values.keys() & {"pk", "sk"}:
        raise IllegalPlan("an item repeats its key")
    for name, value in values.items():
        _require_value(value)
        if name in _INDEXED[key.table] and not (isinstance(value, str) and value):
            raise IllegalPlan(f"index key {name} is {value!r}")


def _require_value(value: object) -> None:
    """Exactly our types: a bool is an int to Python, but nothing that our encoder can write."""
    if type(value) is int:
        digits = len(str(abs(value)).rstrip("0"))
        if digits > DIGITS_MAX or abs(value) >= MAGNITUDE_MAX:
            raise IllegalPlan(f"{value} has more than {DIGITS_MAX} digits")
    elif type(value) is list:
        for element in value:
            _require_value(element)
    elif type(value) is dict:
        for element in value.values():
            _require_value(element)
    elif type(value) not in (str, bytes):
        raise IllegalPlan(f"{value!r} can not be stored")


def _value_bytes(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, int):
        return (len(str(abs(value)).rstrip("0")) + 1) // 2 + 1 + (value < 0)
    if isinstance(value, list):
        return 3 + sum(1 + _value_bytes(element) for element in value)
    assert isinstance(value, dict)
    return 3 + sum(1 + len(name.encode()) + _value_bytes(element) for name, element in value.items())
