"""What does an expression of DynamoDB mean? A small parser of the part that our adapters use.

What it does not know it refuses, as DynamoDB refuses what is wrong: so an adapter that
begins to use more of the language is noticed. Source: DynamoDB developer guide,
"Condition and filter expressions", "Update expressions", "Reserved words".
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

Wire = dict[str, Any]
Items = Mapping[str, Wire]
Node = tuple[Any, ...]

# Attribute names that our adapters write without an alias.
PLAIN_NAMES = ("pk", "sk")


class Invalid(Exception):
    """DynamoDB would answer ValidationException."""


class Terms:
    """Names and values that stand behind placeholders."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._names: dict[str, str] = arguments.get("ExpressionAttributeNames") or {}
        self._values: dict[str, Wire] = arguments.get("ExpressionAttributeValues") or {}

    def name(self, token: str) -> str:
        if not token.startswith("#"):
            if token not in PLAIN_NAMES:
                raise Invalid(f"{token} may be a reserved word; give it an alias")
            return token
        return str(self._find(token, self._names))

    def value(self, token: str) -> Wire:
        found: Wire = self._find(token, self._values)
        return found

    def require(self, *nodes: Node) -> None:
        """That every placeholder of these is defined, and every one that is defined stands in them."""
        tokens = {token for node in nodes for token in _tokens_of(node)}
        unused = (self._names.keys() | self._values.keys()) - tokens
        if unused:
            raise Invalid(f"unused in expressions: {sorted(unused)}")
        for token in sorted(tokens):
            self.value(token) if token.startswith(":") else self.name(token)

    def _find(self, token: str, known: Mapping[str, Any]) -> Any:
        if token not in known:
            raise Invalid(f"{token} is not defined")
        return known[token]


@lru_cache(maxsize=10_000)
def condition(text: str) -> Node:
    """Raises Invalid. Nodes: and, or, exists, absent, between, in, and the comparators."""
    tokens = _Tokens(text)
    node = _either(tokens)
    tokens.end()
    return node


def holds(node: Node, item: Items | None, terms: Terms) -> bool:
    """A comparison with an attribute that is not there, or of another type, is false."""
    kind, *parts = node
    if kind == "and":
        return all(holds(part, item, terms) for part in parts)
    if kind == "or":
        return any(holds(part, item, terms) for part in parts)
    found = (item or {}).get(terms.name(parts[0]))
    if kind in ("exists", "absent"):
        return (found is not None) is (kind == "exists")
    values = [terms.value(token) for token in parts[1:]]
    return _compare(kind, found, values)


def _compare(kind: str, found: Wire | None, values: list[Wire]) -> bool:
    if found is None:
        return False
    if kind == "in":
        return any(found == value for value in values)
    if kind == "=":
        return bool(found == values[0])
    if any(value.keys() != found.keys() for value in values):
        return False
    return _ORDERS[kind](*(_ordered(value) for value in (found, *values)))


def _ordered(value: Wire) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content)
    if kind == "S":
        return content.encode()
    raise Invalid(f"{kind} has no order that we use")


_ORDERS: dict[str, Callable[..., bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "between": lambda found, low, high: low <= found <= high,
}


class Changes(NamedTuple):
    """What an update does, as (name token, value token)."""

    set: tuple[tuple[str, str], ...]
    add: tuple[tuple[str, str], ...]


@lru_cache(maxsize=10_000)
def update(text: str) -> Changes:
    """Raises Invalid."""
    tokens = _Tokens(text)
    clauses: dict[str, tuple[tuple[str, str], ...]] = {}
    while tokens.next in ("SET", "ADD"):
        clause = tokens.take()
        if clause in clauses:
            raise Invalid(f"{clause} stands twice")
        clauses[clause] = tuple(_assignments(tokens, clause))
    tokens.end()
    if not clauses:
        raise Invalid("an update of nothing")
    return Changes(clauses.get("SET", ()), clauses.get("ADD", ()))


def updated(changes: Changes, item: Items, terms: Terms) -> dict[str, Wire]:
    """The item after the update; an absent number counts as 0. Raises Invalid."""
    after = dict(item)
    names = [terms.name(name) for name, _ in (*changes.set, *changes.add)]
    if len(set(names)) < len(names) or set(names) & set(PLAIN_NAMES):
        raise Invalid("a key, or one attribute twice, is updated")
    for name, value in changes.set:
        after[terms.name(name)] = terms.value(value)
    for name, value in changes.add:
        before, more = after.get(terms.name(name), {"N": "0"}), terms.value(value)
        if before.keys() != {"N"} or more.keys() != {"N"}:
            raise Invalid("only numbers can be added")
        after[terms.name(name)] = {"N": str(int(before["N"]) + int(more["N"]))}
    return after


def _tokens_of(node: Node) -> Iterator[str]:
    """Names and values of a condition or of changes; not the words of the language."""
    for part in node:
        if isinstance(part, tuple):
            yield from _tokens_of(part)
        elif part.startswith(("#", ":")) or part in PLAIN_NAMES:
            yield part


# --- reading ----------------------------------------------------------------------------------

_TOKEN = re.compile(r"\s*(?:(<=|>=|[(),=])|([#:]?\w+))")


class _Tokens:
    def __init__(self, text: str) -> None:
        self._left = list(_split(text))[::-1]

    @property
    def next(self) -> str:
        return self._left[-1] if self._left else ""

    def take(self, *wanted: str) -> str:
        if not self._left or (wanted and self.next not in wanted):
            raise Invalid(f"{self.next or 'the end'} stands where {' or '.join(wanted) or 'more'} was due")
        return self._left.pop()

    def placeholder(self) -> str:
        token = self.take()
        if not token.startswith(":"):
            raise Invalid(f"{token} stands where a value was due")
        return token

    def end(self) -> None:
        if self._left:
            raise Invalid(f"{self.next} is one too many")


def _split(text: str) -> Iterator[str]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Invalid(f"can not read {text[at:]!r}")
        yield found.group(1) or found.group(2)
        at = found.end()


def _either(tokens: _Tokens) -> Node:
    parts = [_both(tokens)]
    while tokens.next == "OR":
        tokens.take()
        parts.append(_both(tokens))
    return parts[0] if len(parts) == 1 else ("or", *parts)


def _both(tokens: _Tokens) -> Node:
    parts = [_term(tokens)]
    while tokens.next == "AND":
        tokens.take()
        parts.append(_term(tokens))
    return parts[0] if len(parts) == 1 else ("and", *parts)


def _term(tokens: _Tokens) -> Node:
    first = tokens.take()
    if first == "(":
        inner = _either(tokens)
        tokens.take(")")
        return inner
    if first in ("attribute_exists", "attribute_not_exists"):
        tokens.take("(")
        name = tokens.take()
        tokens.take(")")
        return ("exists" if first == "attribute_exists" else "absent", name)
    return _comparison(first, tokens)


def _comparison(name: str, tokens: _Tokens) -> Node:
    compares = tokens.take("=", "<=", ">=", "BETWEEN", "IN")
    if compares == "BETWEEN":
        low = tokens.placeholder()
        tokens.take("AND")
        return ("between", name, low, tokens.placeholder())
    if compares == "IN":
        tokens.take("(")
        values = [tokens.placeholder()]
        while tokens.take(",", ")") == ",":
            values.append(tokens.placeholder())
        return ("in", name, *values)
    return (compares, name, tokens.placeholder())


def _assignments(tokens: _Tokens, clause: str) -> Iterator[tuple[str, str]]:
    while True:
        name = tokens.take()
        if clause == "SET":
            tokens.take("=")
        yield name, tokens.placeholder()
        if tokens.next != ",":
            return
        tokens.take(",")
