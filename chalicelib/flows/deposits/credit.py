"""What does a landed staple mean to our books, and how is each credit posted once?

    sender    receiver       what it is
    others    user's         a deposit
    others    waiting        suspense: nobody is known to own it
    others    house's own    capital
    ours      ours, others   a block that we signed and recorded: its run posts it
    ours      anybody        not recorded: the operator key is out. Everything that signs stops

A credit is known by (block hash, operation): whoever shows it again, in whatever order, finds it posted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from chalicelib.errors import ConditionFailed, Unavailable
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Custody, ours
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.deposits.foreign import Foreign
from chalicelib.flows.gate import commit_in_turn, wait_until_open
from chalicelib.flows.plan import Absent, Plan, Present, Put, Update, Value, Write
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
TRIES_MAX = 3
UNLISTED = "unlisted"


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
        self._foreign = Foreign(desk)

    def take(self, staples: Iterable[Staple]) -> Counter[str]:
        """Post what is new in staples that are proven final. How many credits of which asset that were;
        those of tokens that are not listed are UNLISTED."""
        found = list(staples)
        own = ours(self._desk.reader, sorted(_addresses(found)))
        come = []
        for staple in found:
            for block in staple.blocks:
                if block.body.account.address in own:
                    self._require_signed(block)
                come += [each for each in credits(block, staple.moment) if each.to in own]
        posted = (each for each in self._new(come) if self._post(each, own))
        return Counter(self._assets.get(each.token, UNLISTED) for each in posted)

    def _new(self, come: list[Credit]) -> Iterator[Credit]:
        """Without those that are posted, and with one for each address and token that is not listed:
        dust costs whoever sends it more than us."""
        unlisted: set[tuple[str, Account]] = set()
        keys = [table.posted_credit(each.block, each.operation) for each in come]
        posted = {(item["pk"], item["sk"]) for item in self._desk.reader.get_many(keys)}
        for credit, key in zip(come, keys, strict=True):
            if credit.token not in self._assets:
                if (credit.to, credit.token) in unlisted:
                    continue
                unlisted.add((credit.to, credit.token))
            if (key.pk, key.sk) not in posted:
                yield credit

    def _post(self, credit: Credit, own: Mapping[str, Custody]) -> bool:
        account = own.get(credit.to)
        if account is None or credit.sender in own:
            return False
        for _ in range(TRIES_MAX):
            if account.user:
                wait_until_open(self._desk.reader, self._desk.timer, UserId(account.user))
            plan = self._plan(credit, account)
            try:
                commit_in_turn(self._desk.writer, self._desk.timer, plan, COMMIT_PAUSE_MS)
            except ConditionFailed:
                if self._is_known(credit):
                    return False
                # Its address was given away this moment.
                account = ours(self._desk.reader, [credit.to])[credit.to]
            else:
                return True
        raise Unavailable(f"the credit {credit.block} {credit.operation} can not be posted now")

    def _is_known(self, credit: Credit) -> bool:
        if credit.token not in self._assets:
            return True
        return self._desk.reader.get(table.posted_credit(credit.block, credit.operation)) is not None

    def _plan(self, credit: Credit, account: Custody) -> Plan:
        asset = self._assets.get(credit.token)
        if asset is None:
            return self._unlisted(credit)
        if not 0 < credit.units <= UNITS_MAX:
            return (self._once(credit, "unlisted", ""), self._noted("unlisted", credit))
        amount = Amount(asset, credit.units)
        if account.role != "user":
            return self._posted(credit, asset, "capital", deposit_transfers(credit.to, amount, CAPITAL))
        if not account.user:
            moved = deposit_transfers(credit.to, amount, SUSPENSE)
            noted = self._noted("suspense", credit)
            return (*self._posted(credit, asset, "suspense", moved), noted, *self._waits(credit))
        user = UserId(account.user)
        entry = DepositEntry(credit.moment, asset, credit.units, credit.to, credit.block, credit.operation)
        deposit = Put(
            schema.deposit(user, credit.moment, credit.block, credit.operation),
            {"asset": asset, "units": credit.units, "block": credit.block, "operation": credit.operation},
        )
        moved = deposit_transfers(credit.to, amount, available(user))
        return (*self._posted(credit, asset, "deposit", moved, user), deposit, put_money(user, entry))

    def _unlisted(self, credit: Credit) -> Plan:
        """Noted once for an address and a token; a token that is listed later can still be credited."""
        note = self._noted("unlisted", credit, f"{credit.to}-{credit.token.address}")
        return (note._replace(require=(Absent(),)),)

    def _posted(
        self, credit: Credit, asset: str, kind: str, moved: list[ledger.Transfer], user: str = ""
    ) -> tuple[Write, ...]:
        return (self._once(credit, kind, asset, user), *posting(moved))

    def _waits(self, credit: Credit) -> tuple[Write, ...]:
        """That the address has no user yet; one that is not free yet can get none this moment."""
        free = table.free_address(credit.to)
        if self._desk.reader.get(free) is None:
            return ()
        return (Update(free, set={"paid_ms": credit.moment}, require=(Present(),)),)

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

    def _noted(self, kind: str, credit: Credit, name: str = "") -> Put:
        self._desk.observer.note(kind, to=credit.to, token=credit.token.address, block=credit.block)
        item = {"to": credit.to, "token": credit.token.address, "units": str(credit.units)}
        return Put(
            table.note(kind, name or f"{credit.block}-{credit.operation}"), {**item, "block": credit.block}
        )

    # --- blocks of ours ---------------------------------------------------------------------

    def _require_signed(self, block: Block) -> None:
        """Stops everything when it is not a block that we signed."""
        name = block.hash.hex()
        if self._desk.reader.get(table.own_block(name)) is None:
            signers = " ".join(key.address for key in keys_of(block.body.signer))
            # Listed tokens first: dust must not hide them.
            gravest = sorted(
                credits(block, 0), key=lambda each: (each.token not in self._assets, -each.units)
            )
            sent: list[Value] = [
                [each.operation, each.to, each.token.address, str(each.units)] for each in gravest
            ]
            self._foreign.met(name, block.body.account.address, signers, sent)


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
