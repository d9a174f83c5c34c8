"""How is an answer of a node read, with nothing left to interpretation?

Integers are hexadecimal text, hashes 64 hexadecimal digits of either case, accounts canonical
addresses. Blocks, votes and staples are read from their bytes (`$binary`), never from the JSON
beside them, by the strict readers of `chalicelib.keeta`.
(Keeta protocol: SDK `toJSONSerializable`, node API.)
"""

import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, read_block
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.moment import Moment, parse_iso
from chalicelib.keeta.network import Network
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.votes import Vote, read_quote, read_vote
from chalicelib.settlement.errors import MalformedAnswer, Refused

T = TypeVar("T")

_HASH = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
# 10**200 has 167 hexadecimal digits.
_NUMBER = re.compile(r"0x[0-9A-Fa-f]{1,168}", re.ASCII)
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,79}", re.ASCII)
_MESSAGE_MAX = 300
_RETRY_DELAY_MS_MAX = 60_000


class Answer:
    """One value of an answer. Every reading of it raises MalformedAnswer when it is something else."""

    __slots__ = ("_name", "_value")

    def __init__(self, value: object, name: str = "answer") -> None:
        self._value: Any = value
        self._name = name

    def raise_if_refused(self) -> None:
        """Raises Refused for an object that says `error`."""
        said = self._value.get("error") if isinstance(self._value, dict) else None
        if said not in (None, False):
            raise _refusal(self._value, said)

    def __getitem__(self, key: str) -> "Answer":
        """What an object has under this key; it must be there."""
        if not isinstance(self._value, dict) or key not in self._value:
            raise self._wrong(f"an object with {key}")
        return Answer(self._value[key], key)

    def maybe(self, key: str) -> "Answer | None":
        """What an object has under this key; None when that is nothing, or null."""
        if not isinstance(self._value, dict):
            raise self._wrong("an object")
        found = self._value.get(key)
        return None if found is None else Answer(found, key)

    def many(self) -> list["Answer"]:
        if not isinstance(self._value, list):
            raise self._wrong("a list")
        return [Answer(each, self._name) for each in self._value]

    def text(self) -> str:
        if not isinstance(self._value, str):
            raise self._wrong("a text")
        return self._value

    def flag(self) -> bool:
        if not isinstance(self._value, bool):
            raise self._wrong("true or false")
        return self._value

    def number(self) -> int:
        """0 or more."""
        return int(self._matching(_NUMBER, "a number"), 16)

    def hash(self) -> bytes:
        return bytes.fromhex(self._matching(_HASH, "a hash"))

    def account(self) -> Account:
        return self._read(Account.from_address, self.text())

    def moment(self) -> Moment:
        return self._read(parse_iso, self.text())

    def permissions(self) -> Permissions:
        pair = [part.number() for part in self.many()]
        if len(pair) != 2:
            raise self._wrong("two numbers")
        try:
            return self._read(lambda base: Permissions(Flag(base), pair[1]), pair[0])
        except ValueError:
            raise self._wrong("permissions that exist") from None

    def binary(self) -> bytes:
        """The bytes of a block, a vote or a staple."""
        try:
            return b64decode(self["$binary"].text(), validate=True)
        except ValueError:
            raise self._wrong("base64") from None

    def block(self, network: Network) -> Block:
        return self._read(lambda raw: read_block(raw, network), self.binary())

    def vote(self) -> Vote:
        return self._read(read_vote, self.binary())

    def quote(self) -> Vote:
        return self._read(read_quote, self.binary())

    def _matching(self, form: re.Pattern[str], wanted: str) -> str:
        found = self.text()
        if not form.fullmatch(found):
            raise self._wrong(wanted)
        return found

    def _read(self, read: Callable[[Any], T], value: object) -> T:
        try:
            return read(value)
        except KeetaError as error:
            raise MalformedAnswer(f"{self._name}: {error.code}: {error.detail}") from error

    def _wrong(self, wanted: str) -> MalformedAnswer:
        return MalformedAnswer(f"{self._name}: expected {wanted}")


def _refusal(said: dict[str, Any], error: object) -> Refused:
    """`error` is true beside a message, or the message itself."""
    code, delay = said.get("code"), said.get("retryDelay")
    existing = said.get("existingBlockhash")
    return Refused(
        _printable(error if isinstance(error, str) else said.get("message")),
        code if isinstance(code, str) and _CODE.fullmatch(code) else None,
        should_retry=said.get("shouldRetry") is True,
        retry_delay_ms=_delay(delay),
        existing=bytes.fromhex(existing) if isinstance(existing, str) and _HASH.fullmatch(existing) else None,
    )


def _delay(said: object) -> int:
    """Milliseconds, as a number or as the API writes one; not for ever."""
    if isinstance(said, str) and _NUMBER.fullmatch(said):
        said = int(said, 16)
    return min(said, _RETRY_DELAY_MS_MAX) if isinstance(said, int) and said > 0 else 0


def _printable(message: object) -> str:
    text = message if isinstance(message, str) else "no message"
    return text[:_MESSAGE_MAX].encode("ascii", "backslashreplace").decode()
