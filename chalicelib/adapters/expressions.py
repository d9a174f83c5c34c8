"""How does one write of a Plan look as a DynamoDB request?

The words of a request depend on which attributes it names, not on their values, and there
are few such shapes: each is spelled once, and a write then only brings its values.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from chalicelib.adapters.attributes import encode, encode_item
from chalicelib.flows.plan import (
    Absent,
    AtLeast,
    AtMost,
    Condition,
    Equals,
    OneOf,
    Present,
    Put,
    Update,
    Value,
    Write,
)
from chalicelib.flows.schema import Key, table_name

# Far more than the flows know; it only bounds what a mistake could fill.
SHAPES_MAX = 1_000


# A condition without its values: what kind, of which attribute, how many values.
_Shape: TypeAlias = tuple[type[Condition], str, int]


class _Words(NamedTuple):
    """Expressions as arguments of a request, and the aliases of the values in their order."""

    arguments: dict[str, Any]
    aliases: tuple[str, ...]


def key_attributes(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def operation(write: Write) -> str:
    """The name of the request in a transaction."""
    return type(write).__name__


def request(write: Write, prefix: str) -> dict[str, Any]:
    """Arguments of PutItem, UpdateItem or DeleteItem; the same stand in a transaction."""
    arguments: dict[str, Any] = {"TableName": table_name(prefix, write.key.table)}
    if isinstance(write, Put):
        arguments["Item"] = key_attributes(write.key) | encode_item(write.item)
    else:
        arguments["Key"] = key_attributes(write.key)
    if isinstance(write, Update):
        return arguments | _expressions(write.set, write.add, write.require)
    return arguments | _expressions({}, {}, write.require) if write.require else arguments


def _expressions(
    sets: Mapping[str, Value], adds: Mapping[str, int], require: tuple[Condition, ...]
) -> dict[str, Any]:
    """What is to be done, on which conditions, and with which values."""
    values: list[Value] = [*sets.values(), *adds.values()]
    shapes: list[_Shape] = []
    for condition in require:
        attribute, operands = _parts(condition)
        values += operands
        shapes.append((type(condition), attribute, len(operands)))
    words = _words(tuple(sets), tuple(adds), tuple(shapes))
    if not values:
        return words.arguments
    encoded = dict(zip(words.aliases, map(encode, values), strict=True))
    return {**words.arguments, "ExpressionAttributeValues": encoded}


def _parts(condition: Condition) -> tuple[str, tuple[Value, ...]]:
    """The attribute that it looks at, and the values that it compares with."""
    if isinstance(condition, (Absent, Present)):
        return "pk", ()
    if isinstance(condition, OneOf):
        return condition
    return condition.attribute, (condition.value,)


@lru_cache(SHAPES_MAX)
def _words(sets: tuple[str, ...], adds: tuple[str, ...], shapes: tuple[_Shape, ...]) -> _Words:
    """Every attribute name gets an alias, since any of them might be a reserved word."""
    names: dict[str, str] = {}
    values: list[str] = []

    def name(attribute: str) -> str:
        return names.setdefault(attribute, f"#{len(names)}")

    def value() -> str:
        values.append(f":{len(values)}")
        return values[-1]

    update = [
        *(["SET " + ", ".join(f"{name(each)} = {value()}" for each in sets)] if sets else ()),
        *(["ADD " + ", ".join(f"{name(each)} {value()}" for each in adds)] if adds else ()),
    ]
    conditions = [
        _condition(kind, name(attribute), [value() for _ in range(count)])
        for kind, attribute, count in shapes
    ]
    arguments: dict[str, Any] = {}
    if update:
        arguments["UpdateExpression"] = " ".join(update)
    if conditions:
        arguments["ConditionExpression"] = " AND ".join(conditions)
    if names:
        arguments["ExpressionAttributeNames"] = {alias: each for each, alias in names.items()}
    return _Words(arguments, tuple(values))


def _condition(kind: type[Condition], name: str, values: list[str]) -> str:
    if kind is Absent:
        return f"attribute_not_exists({name})"
    if kind is Present:
        return f"attribute_exists({name})"
    if kind is Equals:
        return f"{name} = {values[0]}"
    if kind is AtLeast:
        return f"{name} >= {values[0]}"
    if kind is AtMost:
        return f"(attribute_not_exists({name}) OR {name} <= {values[0]})"
    return f"{name} IN ({', '.join(values)})"
