"""What does a landed staple mean to our books, and how is each credit posted once?

    sender    receiver       what it is
    others    user's         a deposit
    others    waiting        suspense: nobody is known to own it
    others    house's own    capital
    ours      ours, others   a block that we signed and recorded: its run posts it
    ours      anybody        not recorded: the operator key is out. Everything that signs stops

A credit is known by (block hash, operation): whoever shows it again, in whatever order, finds it posted.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from chalicelib.errors import ConditionFailed
from chalicelib.flows import schema
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Custody, ours
from chalicelib.flows.custody.lease import ALL, stop
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.plan import Absent, Item, Plan, Put, Value, Write
from chalicelib.flows.records.entries import DepositEntry, put_money
from chalicelib.flows.runs.ports import Desk
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, keys_of
from chalicelib.keeta.operations import Receive, Send
from chalicelib.keeta.staple import Staple
from chalicelib.ledger import transfers as ledger
from chalicelib.ledger.transfers import CAPITAL, SUSPENSE, available, deposit_transfers
from chalicelib.money import UNITS_MAX, Amount

COMMIT_PAUSE_MS = 40


class Credit(NamedTuple):
    """Coins of a token that one operation brings to an address; `moment` is about when it landed."""

    block: str
    operation: int
    sender: str
    to: str
    token: Account
    units: int
    moment: int


class Crediting:
    """`assets` names the listed tokens of the network."""

    def __init__(self, desk: Desk, assets: Mapping[Account, str]) -> None:
        self._desk = desk
        self._assets = assets

    def take(self, staples: Iterable[Staple]) -> int:
        """Post what is new in staples that are proven final. How many credits that were."""
        found = list(staples)
        own = ours(self._desk.reader, sorted(_addresses(found)))
        posted = 0
        for staple in found:
            for block in staple.blocks:
                if block.body.account.address in own:
                    self._require_signed(block)
                posted += sum(self._post(each, own) for each in credits(block, staple.moment))
        return posted

    def _post(self, credit: Credit, own: Mapping[str, Custody]) -> bool:
        account = own.get(credit.to)
        if account is None or credit.sender in own:
            return False
        try:
            commit_patiently(
                self._desk.writer, self._desk.timer, self._plan(credit, account), COMMIT_PAUSE_MS
            )
        except ConditionFailed:
            return False  # it is posted already, or its address was given away this moment: next time
        return True

    def _plan(self, credit: Credit, account: Custody) -> Plan:
        asset = self._assets.get(credit.token)
        if asset is None or not 0 < credit.units <= UNITS_MAX:
            return (self._once(credit, "unlisted", ""), self._noted("unlisted", credit))
        amount = Amount(asset, credit.units)
        if account.role != "user":
            return self._posted(credit, asset, "capital", deposit_transfers(credit.to, amount, CAPITAL))
        if not account.user:
            moved = deposit_transfers(credit.to, amount, SUSPENSE)
            return (*self._posted(credit, asset, "suspense", moved), self._noted("suspense", credit))
        user = UserId(account.user)
        entry = DepositEntry(credit.moment, asset, credit.units, credit.to, credit.block, credit.operation)
        deposit = Put(
            schema.deposit(user, credit.moment, credit.block, credit.operation),
            {"asset": asset, "units": credit.units, "block": credit.block, "operation": credit.operation},
        )
        moved = deposit_transfers(credit.to, amount, available(user))
        return (*self._posted(credit, asset, "deposit", moved, user), deposit, put_money(user, entry))

    def _posted(
        self, credit: Credit, asset: str, kind: str, moved: list[ledger.Transfer], user: str = ""
    ) -> tuple[Write, ...]:
        return (self._once(credit, kind, asset, user), *posting(moved))

    def _once(self, credit: Credit, kind: str, asset: str, user: str = "") -> Put:
        item = {
            **{name: value for name, value in credit._asdict().items() if name != "token"},
            "token": credit.token.address,
            "asset": asset,
            "kind": kind,
            "owner": user,
            "units": min(credit.units, UNITS_MAX),
        }
        return Put(table.posted_credit(credit.block, credit.operation), item, require=(Absent(),))

    def _noted(self, kind: str, credit: Credit) -> Put:
        self._desk.observer.note(kind, to=credit.to, token=credit.token.address, block=credit.block)
        item = {"to": credit.to, "token": credit.token.address, "units": str(credit.units)}
        return Put(table.note(kind, f"{credit.block}-{credit.operation}"), {**item, "block": credit.block})

    # --- blocks of ours ---------------------------------------------------------------------

    def _require_signed(self, block: Block) -> None:
        """Stops everything when it is not a block that we signed."""
        name = block.hash.hex()
        if self._desk.reader.get(table.own_block(name)) is not None:
            return
        if self._desk.reader.get(table.note("foreign", name)) is not None:
            return  # told before; a person cleared the stop, or will
        signers = " ".join(key.address for key in keys_of(block.body.signer))
        account, now_ms = block.body.account.address, self._desk.timer.now_ms()
        self._desk.observer.alarm("foreign_block", block=name, account=account, signers=signers)
        sent: list[Value] = [
            [each.operation, each.to, each.token.address, str(each.units)] for each in credits(block, 0)
        ]
        item: Item = {"account": account, "signers": signers, "at_ms": now_ms, "sent": sent}
        told = Put(table.note("foreign", name), item)
        self._desk.writer.commit((*stop(ALL, f"a block of {account} that we did not sign", now_ms), told))


def credits(block: Block, moment: int) -> Iterator[Credit]:
    """Each operation that brings coins to somebody. (Keeta protocol: SEND, and RECEIVE that forwards.)"""
    name, sender = block.hash.hex(), block.body.account.address
    for number, operation in enumerate(block.body.operations):
        if isinstance(operation, Send):
            to, token, units = operation.to, operation.token, operation.amount
        elif isinstance(operation, Receive) and operation.forward is not None:
            to, token, units = operation.forward, operation.token, operation.amount
        else:
            continue
        yield Credit(name, number, sender, to.address, token, units, moment)


def _addresses(staples: Iterable[Staple]) -> set[str]:
    found = set()
    for staple in staples:
        for block in staple.blocks:
            found.add(block.body.account.address)
            found |= {credit.to for credit in credits(block, 0)}
    return found
