"""How does one write of a Plan look as a DynamoDB request?"""

from typing import Any

from chalicelib.adapters.attributes import encode
from chalicelib.flows.plan import (
    Absent,
    AtLeast,
    AtMost,
    Condition,
    Equals,
    Present,
    Put,
    Update,
    Value,
    Write,
)
from chalicelib.flows.schema import Key, table_name


def key_attributes(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def request(write: Write, prefix: str) -> dict[str, Any]:
    """Arguments of PutItem, UpdateItem or DeleteItem; the same stand in a transaction."""
    expression = _Expression()
    arguments: dict[str, Any] = {"TableName": table_name(prefix, write.key.table)}
    if isinstance(write, Put):
        attributes = {name: encode(value) for name, value in write.item.items()}
        arguments["Item"] = {**key_attributes(write.key), **attributes}
    else:
        arguments["Key"] = key_attributes(write.key)
    if isinstance(write, Update):
        arguments["UpdateExpression"] = expression.update(write)
    if write.require:
        arguments["ConditionExpression"] = " AND ".join(map(expression.condition, write.require))
    return arguments | expression.arguments()


def operation(write: Write) -> str:
    """The name of the request in a transaction."""
    return type(write).__name__


class _Expression:
    """Every attribute name gets an alias, since any of them might be a reserved word."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        if self._names:
            arguments["ExpressionAttributeNames"] = {alias: name for name, alias in self._names.items()}
        if self._values:
            arguments["ExpressionAttributeValues"] = self._values
        return arguments

    def update(self, write: Update) -> str:
        parts = []
        if write.set:
            parts.append(
                "SET " + ", ".join(f"{self._name(n)} = {self._value(v)}" for n, v in write.set.items())
            )
        if write.add:
            parts.append(
                "ADD " + ", ".join(f"{self._name(n)} {self._value(v)}" for n, v in write.add.items())
            )
        return " ".join(parts)

    def condition(self, condition: Condition) -> str:
        if isinstance(condition, Absent):
            return f"attribute_not_exists({self._name('pk')})"
        if isinstance(condition, Present):
            return f"attribute_exists({self._name('pk')})"
        name = self._name(condition.attribute)
        if isinstance(condition, Equals):
            return f"{name} = {self._value(condition.value)}"
        if isinstance(condition, AtLeast):
            return f"{name} >= {self._value(condition.value)}"
        if isinstance(condition, AtMost):
            return f"(attribute_not_exists({name}) OR {name} <= {self._value(condition.value)})"
        return f"{name} IN ({', '.join(map(self._value, condition.values))})"

    def _name(self, name: str) -> str:
        return self._names.setdefault(name, f"#{len(self._names)}")

    def _value(self, value: Value) -> str:
        alias = f":{len(self._values)}"
        self._values[alias] = encode(value)
        return alias
