"""What did the official SDK say? Reads tests/vectors/*.json into the package's own values."""

import functools
import json
from pathlib import Path
from typing import Any

from chalicelib.keeta import seed
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import BlockBody, Multisig, Purpose, Signer
from chalicelib.keeta.moment import parse_iso
from chalicelib.keeta.operations import (
    Adjust,
    CreateIdentifier,
    ManageCertificate,
    ModifyPermissions,
    Operation,
    Quorum,
    Receive,
    Send,
    SetInfo,
    SetRep,
    TokenAdminModifyBalance,
    TokenAdminSupply,
)
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.signature import PrivateKey
from chalicelib.keeta.votes import Fee, VoteBody

Shown = dict[str, Any]

VECTORS = Path(__file__).parent.parent / "vectors"
SEED = bytes([0x11]) * 32


@functools.cache
def table(file: str, name: str) -> list[Shown]:
    """One section of one file, e.g. table("accounts", "keys"). Never empty."""
    rows: list[Shown] = json.loads((VECTORS / f"{file}.json").read_text())[name]
    assert rows
    return rows


@functools.cache
def key(name: str) -> PrivateKey:
    """'ED25519/3' is key number 3 of its type, of the one seed."""
    kind, index = name.split("/")
    return seed.private_key(SEED, int(index), KeyType[kind])


def account(address: str) -> Account:
    return Account.from_address(address)


def maybe(address: str | None) -> Account | None:
    return None if address is None else account(address)


def permissions(pair: list[str] | None) -> Permissions | None:
    return None if pair is None else Permissions(Flag(int(pair[0])), int(pair[1]))


def signer(shown: Any) -> Signer:
    if isinstance(shown, str):
        return account(shown)
    return Multisig(account(shown[0]), tuple(signer(member) for member in shown[1]))


def body(shown: Shown) -> BlockBody:
    return BlockBody(
        version=shown["version"],
        network=shown["network"],
        purpose=Purpose(shown["purpose"]),
        date=parse_iso(shown["date"]),
        previous=bytes.fromhex(shown["previous"]),
        account=account(shown["account"]),
        signer=signer(shown["signer"]),
        idempotent=bytes.fromhex(shown["idempotent"]) if "idempotent" in shown else None,
        operations=tuple(operation(each) for each in shown["operations"]),
    )


def operation(shown: Shown) -> Operation:  # noqa: PLR0911 - one for each kind
    """The value that the JSON of an operation stands for."""
    match shown["type"]:
        case "SEND":
            return Send(account(shown["to"]), amount(shown), account(shown["token"]), shown.get("external"))
        case "SET_REP":
            return SetRep(account(shown["to"]))
        case "SET_INFO":
            texts = shown["name"], shown["description"], shown["metadata"]
            return SetInfo(*texts, permissions(shown.get("default")))
        case "MODIFY_PERMISSIONS":
            granted, target = permissions(shown["permissions"]), maybe(shown.get("target"))
            return ModifyPermissions(account(shown["principal"]), method(shown), granted, target)
        case "CREATE_IDENTIFIER":
            return CreateIdentifier(account(shown["identifier"]), _quorum(shown))
        case "TOKEN_ADMIN_SUPPLY":
            return TokenAdminSupply(amount(shown), method(shown))
        case "TOKEN_ADMIN_MODIFY_BALANCE":
            return TokenAdminModifyBalance(account(shown["token"]), amount(shown), method(shown))
        case "RECEIVE":
            token, sender, forward = (
                account(shown["token"]),
                account(shown["from"]),
                maybe(shown.get("forward")),
            )
            return Receive(amount(shown), token, sender, shown["exact"], forward)
        case _:
            chain = tuple(map(bytes.fromhex, shown.get("chain", ())))
            return ManageCertificate(method(shown), bytes.fromhex(shown["certificate"]), chain)


def amount(shown: Shown) -> int:
    return int(shown["amount"])


def method(shown: Shown) -> Adjust:
    return Adjust(shown["method"])


def vote_body(shown: Shown) -> VoteBody:
    return VoteBody(
        issuer=key(shown["issuer"]).account,
        serial=int(shown["serial"]),
        valid_from=parse_iso(shown["from"]),
        valid_to=parse_iso(shown["to"]),
        blocks=tuple(map(bytes.fromhex, shown["blocks"])),
        fee=_fee(shown["fee"]) if "fee" in shown else None,
        quote=shown.get("quote", False),
    )


def _fee(shown: Shown) -> Fee:
    return Fee(int(shown["amount"]), maybe(shown.get("payTo")), maybe(shown.get("token")))


def _quorum(shown: Shown) -> Quorum | None:
    arguments = shown.get("createArguments")
    return arguments and Quorum(tuple(map(account, arguments["signers"])), arguments["quorum"])
