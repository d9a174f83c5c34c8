"""How does a credit that nobody was known to own get its owner? A person says whose it is, once.

It becomes the deposit that it would have been: the same record of the chain, the same entries. That
it was suspense, and who decided, stays with it.
"""

from typing import NamedTuple

from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.plan import Equals, Item, Plan, Put, Update
from chalicelib.flows.ports import Reader
from chalicelib.flows.records.entries import DepositEntry, put_money
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.ledger.transfers import SUSPENSE, credit_transfers
from chalicelib.money import Amount


class Assignment(NamedTuple):
    amount: Amount
    plan: Plan


def assign_suspense(reader: Reader, note: str, user: UserId, by: str, reason: str, now_ms: int) -> Assignment:
    """`note` is the credit's block hash and operation, "4be1...-0". The plan can be carried out once.

    Raises NotFound; Conflict for a credit that has an owner; InvalidInput for a user that can not be one.
    """
    if not Account.from_address(user).key_type.signs:
        raise InvalidInput("nobody can sign in with this address", code="account_cannot_sign", field="user")
    block, _, place = note.rpartition("-")
    operation = int(place) if place.isdecimal() else 0
    key = table.posted_credit(block, operation)
    item = reader.get(key) if place.isdecimal() else None
    if item is None:
        raise NotFound("no such credit", code="credit_not_found")
    if item["kind"] != "suspense":
        raise Conflict("the credit is no suspense, or has its owner", code="credit_has_owner")
    amount = Amount(str(item["asset"]), int(str(item["units"])))
    decided: Item = {"assigned_by": by, "assigned_reason": reason, "assigned_ms": now_ms}
    entry = DepositEntry(now_ms, *amount, str(item["to"]), block, operation)
    deposit: Item = {
        "asset": amount.asset,
        "units": amount.units,
        "block": block,
        "operation": int(operation),
    }
    # His entry and his deposit are of now; a rebuild makes them from this.
    moments = {"moment": now_ms, "landed_ms": int(str(item["moment"]))}
    owned: Item = {"kind": "deposit", "owner": user, "was": "suspense", **moments, **decided}
    return Assignment(
        amount,
        (
            Update(key, set=owned, require=(Equals("kind", "suspense"),)),
            Update(table.note("suspense", note), set={"owner": user, **decided}),
            Put(schema.deposit(user, now_ms, block, operation), deposit),
            put_money(user, entry),
            *posting(credit_transfers(user, amount, SUSPENSE)),
        ),
    )
