"""What do the tables of custody hold, and which accounts of the ledger is that?"""

from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.adjustments import Adjustment
from chalicelib.flows.custody.posting import Total, custody_units, total
from chalicelib.flows.plan import Item
from chalicelib.flows.records.entries import DepositEntry
from chalicelib.flows.runs.run import Run, read_run
from chalicelib.flows.schema import Key
from chalicelib.ledger.transfers import (
    CAPITAL,
    EXPENSE,
    IN_FLIGHT,
    SUSPENSE,
    Account,
    Transfer,
    available,
    custody,
    deposit_transfers,
)
from chalicelib.money import Amount


class PostedCredit(NamedTuple):
    """One credit of the chain as it was posted. `user` is "" where none was meant."""

    kind: str
    block: str
    operation: int
    to: str
    asset: str
    units: int
    user: str
    moment: int

    @property
    def entry(self) -> DepositEntry:
        return DepositEntry(self.moment, self.asset, self.units, self.to, self.block, self.operation)

    @property
    def transfers(self) -> list[Transfer]:
        owners = {"deposit": available(self.user), "suspense": SUSPENSE, "capital": CAPITAL}
        owner = owners.get(self.kind)
        return deposit_transfers(self.to, Amount(self.asset, self.units), owner) if owner else []


@dataclass
class Custodied:
    """`others` is all that is no account's books, total, run, credit or adjustment; the items of
    accounts are there too, for what else they say; and all of `lobby`."""

    accounts: dict[str, dict[str, int]] = field(default_factory=dict)
    totals: dict[str, Total] = field(default_factory=dict)
    credits: list[PostedCredit] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    others: dict[Key, Item] = field(default_factory=dict)

    def sort(self, item: Item) -> None:
        pk, sk = str(item["pk"]), str(item["sk"])
        if sk == table.ACCOUNT_SK:
            self.accounts[pk] = custody_units(item)
            self.others[table.custody_account(pk)] = item
        elif sk == table.TOTAL_SK:
            self.totals[pk.removeprefix(table.TOTAL_PREFIX)] = total(item)
        elif pk.startswith(table.RUN_PREFIX):
            self.runs.append(read_run(pk.removeprefix(table.RUN_PREFIX), item))
        elif pk.startswith(table.CREDIT_PREFIX):
            self.credits.append(_credit(pk.removeprefix(table.CREDIT_PREFIX), item))
        elif pk == table.ADJUSTMENTS:
            self.adjustments.append(Adjustment.from_item(item))
        else:
            self.others[Key(schema.CUSTODY, pk, sk)] = item

    def balances(self) -> dict[Account, dict[str, int]]:
        """As accounts of the ledger: custody is below zero by what lies there."""
        found = {custody(at): {a: -units for a, units in held.items()} for at, held in self.accounts.items()}
        for account, part, sign in (
            (CAPITAL, "capital", 1),
            (SUSPENSE, "suspense", 1),
            (IN_FLIGHT, "in_flight", -1),
            (EXPENSE, "expense", -1),
        ):
            found[account] = {asset: sign * getattr(each, part) for asset, each in self.totals.items()}
        return found


def _credit(block: str, item: Item) -> PostedCredit:
    return PostedCredit(
        kind=str(item["kind"]),
        block=block,
        operation=int(str(item["sk"])),
        to=str(item["to"]),
        asset=str(item["asset"]),
        units=int(str(item["units"])),
        user=str(item.get("owner", "")),
        moment=int(str(item["moment"])),
    )
