"""Do the books of custody add up, on both of their sides, and is every coin in them accounted for?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.custody.posting import Total, custody_units, total
from chalicelib.flows.plan import Item
from chalicelib.flows.records.entries import DepositEntry, Entry, WithdrawalEntry
from chalicelib.flows.runs.run import Run, read_run
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.ledger.audit import Difference
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

    @property
    def transfers(self) -> list[Transfer]:
        owners = {"deposit": available(self.user), "suspense": SUSPENSE, "capital": CAPITAL}
        owner = owners.get(self.kind)
        return deposit_transfers(self.to, Amount(self.asset, self.units), owner) if owner else []


@dataclass
class Custodied:
    """What the table of custody holds, sorted by kind."""

    accounts: dict[str, dict[str, int]] = field(default_factory=dict)
    totals: dict[str, Total] = field(default_factory=dict)
    credits: list[PostedCredit] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def sort(self, item: Item) -> None:
        pk, sk = str(item["pk"]), str(item["sk"])
        if sk == table.ACCOUNT_SK:
            self.accounts[pk] = custody_units(item)
        elif sk == table.TOTAL_SK:
            self.totals[pk.removeprefix(table.TOTAL_PREFIX)] = total(item)
        elif pk.startswith(table.RUN_PREFIX):
            self.runs.append(read_run(pk.removeprefix(table.RUN_PREFIX), item))
        elif pk.startswith(table.CREDIT_PREFIX):
            self.credits.append(_credit(pk.removeprefix(table.CREDIT_PREFIX), item))

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


def money_differences(
    stored: Custodied,
    withdrawals: Iterable[Withdrawal],
    entries: Iterable[tuple[UserId, Entry]],
    balances: Mapping[Account, Mapping[str, int]],
) -> Iterator[Difference]:
    yield from _totals_against_parts(stored, balances)
    known = list(entries)
    yield from _unequal(
        "payouts",
        Counter((w.user, w.id, w.asset, w.units) for w in withdrawals if w.state == "landed"),
        Counter((u, e.id, e.asset, e.units) for u, e in known if isinstance(e, WithdrawalEntry)),
    )
    yield from _unequal(
        "deposits",
        Counter((c.user, f"{c.block}-{c.operation}", c.asset, c.units) for c in stored.credits if c.user),
        Counter((str(u), e.id, e.asset, e.units) for u, e in known if isinstance(e, DepositEntry)),
    )


def _totals_against_parts(
    stored: Custodied, balances: Mapping[Account, Mapping[str, int]]
) -> Iterator[Difference]:
    """Each total against the sum of what it sums up, and its two sides against each other."""
    assets = {asset for held in balances.values() for asset in held} | stored.totals.keys()
    house = {CAPITAL, SUSPENSE, IN_FLIGHT, EXPENSE}
    for asset in sorted(assets):
        found = stored.totals.get(asset, total(None))
        lying = sum(held.get(asset, 0) for held in stored.accounts.values())
        owed = sum(
            held.get(asset, 0)
            for account, held in balances.items()
            if account.bucket != "custody" and account not in house
        )
        for name, wanted, there in (
            ("custody", lying, found.custody),
            ("owed", owed, found.owed),
            ("surplus", 0, found.surplus),
        ):
            if wanted != there:
                yield Difference("custody", f"{name} {asset}", str(wanted), str(there))


def _unequal(
    check: str, wanted: Counter[tuple[object, ...]], found: Counter[tuple[object, ...]]
) -> Iterator[Difference]:
    for what, count in (wanted - found).items():
        yield Difference(check, " ".join(map(str, what)), f"{count} entries", "missing")
    for what, count in (found - wanted).items():
        yield Difference(check, " ".join(map(str, what)), "none", f"{count} entries")


def _credit(block: str, item: Item) -> PostedCredit:
    return PostedCredit(
        kind=str(item["kind"]),
        block=block,
        operation=int(str(item["sk"])),
        to=str(item["to"]),
        asset=str(item["asset"]),
        units=int(str(item["units"])),
        user=str(item.get("owner", "")),
    )
