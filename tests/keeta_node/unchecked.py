"""How is a block written that we would never write? From the JSON of the vectors, without any rule.

So the network can be asked what it thinks of a block that our own constructors refuse.
"""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.keeta import der
from chalicelib.keeta.account import Account
from chalicelib.keeta.digest import digest
from chalicelib.keeta.moment import parse_iso
from chalicelib.keeta.signature import PrivateKey, sign

Shown = dict[str, Any]

TAGS = {
    "SEND": 0,
    "SET_REP": 1,
    "SET_INFO": 2,
    "MODIFY_PERMISSIONS": 3,
    "CREATE_IDENTIFIER": 4,
    "TOKEN_ADMIN_SUPPLY": 5,
    "TOKEN_ADMIN_MODIFY_BALANCE": 6,
    "RECEIVE": 7,
}


def raw_block(shown: Shown, keys: Sequence[PrivateKey]) -> bytes:
    """Version 2, signed by these."""
    fields = _fields(shown, b"".join(map(raw_operation, shown["operations"])))
    return signed(fields, keys)


def signed(fields: bytes, keys: Sequence[PrivateKey]) -> bytes:
    """Any fields of a version 2 block, with the signatures behind them."""
    hash_ = digest(_whole(fields))
    signatures = b"".join(der.octets(sign(key, hash_)) for key in keys)
    return _whole(fields + (signatures if len(keys) == 1 else der.sequence(signatures)))


def hash_of(shown: Shown) -> bytes:
    """The hash of such a block."""
    return digest(_whole(_fields(shown, b"".join(map(raw_operation, shown["operations"])))))


def raw_staple(blocks: Sequence[bytes], votes: Sequence[bytes]) -> bytes:
    """Compressed, as it travels."""
    parts = (der.sequence(*map(der.octets, each)) for each in (blocks, votes))
    return zlib.compress(der.sequence(*parts))


def raw_operation(shown: Shown) -> bytes:
    fields = {
        "SEND": _send,
        "SET_REP": lambda given: _account(given["to"]),
        "SET_INFO": _set_info,
        "MODIFY_PERMISSIONS": _modify,
        "CREATE_IDENTIFIER": _create,
        "TOKEN_ADMIN_SUPPLY": lambda given: integer(given["amount"]) + integer(given["method"]),
        "TOKEN_ADMIN_MODIFY_BALANCE": lambda given: (
            _account(given["token"]) + integer(given["amount"]) + integer(given["method"])
        ),
        "RECEIVE": _receive,
    }[shown["type"]](shown)
    return der.explicit(TAGS[shown["type"]], der.sequence(fields))


def integer(value: str | int) -> bytes:
    """Also below zero, which `der.integer` refuses to write."""
    number = int(value)
    length = (number + (number < 0)).bit_length() // 8 + 1
    return bytes((der.INTEGER, length)) + number.to_bytes(length, "big", signed=True)


def _whole(fields: bytes) -> bytes:
    return der.explicit(1, der.sequence(fields))


def _fields(shown: Shown, operations: bytes) -> bytes:
    account, signer = shown["account"], shown["signer"]
    idempotent = shown.get("idempotent")
    return b"".join(
        (
            integer(shown["network"]),
            integer(shown["subnet"]) if "subnet" in shown else b"",
            der.octets(bytes.fromhex(idempotent)) if idempotent is not None else b"",
            der.time(parse_iso(shown["date"])),
            integer(shown["purpose"]),
            _account(account),
            der.null() if signer == account else _signer(signer),
            der.octets(bytes.fromhex(shown["previous"])),
            der.sequence(operations),
        )
    )


def _account(address: str) -> bytes:
    return der.octets(Account.from_address(address).ktk)


def _maybe(address: str | None) -> bytes:
    return b"" if address is None else _account(address)


def _signer(shown: Any) -> bytes:
    if isinstance(shown, str):
        return _account(shown)
    return der.sequence(_account(shown[0]), der.sequence(*map(_signer, shown[1])))


def _pair(pair: Iterable[str] | None) -> bytes:
    return der.null() if pair is None else der.sequence(*map(integer, pair))


def _send(shown: Shown) -> bytes:
    external = der.utf8(shown["external"]) if "external" in shown else b""
    return _account(shown["to"]) + integer(shown["amount"]) + _account(shown["token"]) + external


def _set_info(shown: Shown) -> bytes:
    texts = b"".join(der.utf8(shown[name]) for name in ("name", "description", "metadata"))
    return texts + (_pair(shown["default"]) if "default" in shown else b"")


def _modify(shown: Shown) -> bytes:
    head = _account(shown["principal"]) + integer(shown["method"])
    return head + _pair(shown["permissions"]) + _maybe(shown.get("target"))


def _create(shown: Shown) -> bytes:
    arguments = shown.get("createArguments")
    if arguments is None:
        return _account(shown["identifier"])
    signers = der.sequence(*map(_account, arguments["signers"]))
    group = der.explicit(7, der.sequence(signers, integer(arguments["quorum"])))
    return _account(shown["identifier"]) + group


def _receive(shown: Shown) -> bytes:
    head = integer(shown["amount"]) + _account(shown["token"]) + _account(shown["from"])
    return head + der.boolean(shown["exact"]) + _maybe(shown.get("forward"))
