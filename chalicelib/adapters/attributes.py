"""How does a value look on DynamoDB's wire?

boto3 has a serializer, but it reads every number as a Decimal and checks each value
against a decimal context. Ours are whole numbers only, so this is exact and much quicker.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.flows.plan import Item, Value


def encode(value: Value) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, list):
        return {"L": [encode(element) for element in value]}
    return {"M": encode_item(value)}


def encode_item(item: Mapping[str, Value]) -> dict[str, Any]:
    return {name: encode(value) for name, value in item.items()}


def decode(attribute: dict[str, Any]) -> Value:
    """Raises ValueError for a number that is not whole, KeyError for a type we never write."""
    ((kind, value),) = attribute.items()
    return _DECODERS[kind](value)  # type: ignore[no-any-return]


def decode_item(attributes: dict[str, Any]) -> Item:
    return {name: decode(attribute) for name, attribute in attributes.items()}


_DECODERS: dict[str, Any] = {
    "S": str,
    "N": int,
    "B": bytes,
    "L": lambda elements: [decode(element) for element in elements],
    "M": decode_item,
}
