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


def operation(shown: Shown) -> Operation:
    """The value that the JSON of an operation stands for."""
    return _READ[shown["type"]](shown)


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


def _create(shown: Shown) -> CreateIdentifier:
    arguments = shown.get("createArguments")
    if arguments is None:
        return CreateIdentifier(account(shown["identifier"]))
    quorum = Quorum(tuple(map(account, arguments["signers"])), arguments["quorum"])
    return CreateIdentifier(account(shown["identifier"]), quorum)


_READ = {
    "SEND": lambda o: Send(account(o["to"]), int(o["amount"]), account(o["token"]), o.get("external")),
    "SET_REP": lambda o: SetRep(account(o["to"])),
    "SET_INFO": lambda o: SetInfo(
        o["name"], o["description"], o["metadata"], permissions(o.get("default"))
    ),
    "MODIFY_PERMISSIONS": lambda o: ModifyPermissions(
        account(o["principal"]), Adjust(o["method"]), permissions(o["permissions"]), maybe(o.get("target"))
    ),
    "CREATE_IDENTIFIER": _create,
    "TOKEN_ADMIN_SUPPLY": lambda o: TokenAdminSupply(int(o["amount"]), Adjust(o["method"])),
    "TOKEN_ADMIN_MODIFY_BALANCE": lambda o: TokenAdminModifyBalance(
        account(o["token"]), int(o["amount"]), Adjust(o["method"])
    ),
    "RECEIVE": lambda o: Receive(
        int(o["amount"]), account(o["token"]), account(o["from"]), o["exact"], maybe(o.get("forward"))
    ),
    "MANAGE_CERTIFICATE": lambda o: ManageCertificate(
        Adjust(o["method"]),
        bytes.fromhex(o["certificate"]),
        tuple(map(bytes.fromhex, o.get("chain", ()))),
    ),
}
