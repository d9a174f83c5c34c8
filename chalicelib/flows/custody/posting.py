"""How do transfers change what is stored of the books?

Wallets, the accounts in custody, and one total per asset: the two sides of the books at one cut.
A total changes with every transfer between its parts and with no other, so trades never touch it.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.plan import AtLeast, Item, Update
from chalicelib.flows.records.wallets import wallet_updates
from chalicelib.ledger.transfers import CAPITAL, EXPENSE, IN_FLIGHT, SUSPENSE, Account, Transfer, net

# Each part of a total: which accounts it sums up, and the sign that makes it positive.
_HOUSE = {CAPITAL: ("capital", 1), SUSPENSE: ("suspense", 1), IN_FLIGHT: ("in_flight", -1)}
_HOUSE |= {EXPENSE: ("expense", -1)}


class Total(NamedTuple):
    """Units of one asset. `owed` is what all users have and what trading fees have earned."""

    custody: int
    in_flight: int
    owed: int
    suspense: int
    capital: int
    expense: int

    @property
    def surplus(self) -> int:
        """Zero as long as the books are right."""
        return self.custody + self.in_flight - self.owed - self.suspense - self.capital + self.expense


def total(item: Item | None) -> Total:
    return Total(*(int(str((item or {}).get(name, 0))) for name in Total._fields))


def posting(transfers: Iterable[Transfer], *, landed: bool = False) -> list[Update]:
    """One write per wallet, per address in custody and per asset.

    On the condition that no balance of a user, and no custody, falls below zero. landed: it has
    happened on chain; custody follows, also below zero until the deposit is found that it came from.
    """
    moved = tuple(transfers)
    return [*wallet_updates(moved), *_custody_updates(moved, landed=landed), *_total_updates(moved)]


def custody_units(item: Item | None) -> dict[str, int]:
    """What lies at an address according to the books, by asset, without the zeros."""
    found = {name[2:]: int(str(value)) for name, value in (item or {}).items() if name[:2] == "a_"}
    return {asset: units for asset, units in found.items() if units}


def _custody_updates(transfers: tuple[Transfer, ...], *, landed: bool) -> list[Update]:
    updates = []
    for account, units in net(transfers).items():
        add = {schema.available_attribute(asset): -change for asset, change in units.items() if change}
        if account.bucket == "custody" and add:
            enough = tuple(AtLeast(name, -change) for name, change in add.items() if change < 0)
            key, require = table.custody_account(account.owner), () if landed else enough
            updates.append(Update(key, add=add, require=require))
    return updates


def _total_updates(transfers: tuple[Transfer, ...]) -> list[Update]:
    changes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for account, units in net(transfers).items():
        part, sign = _part(account)
        for asset, change in units.items():
            changes[asset][part] += sign * change
    found = {asset: {part: n for part, n in parts.items() if n} for asset, parts in changes.items()}
    return [Update(table.total(asset), add=add) for asset, add in found.items() if add]


def _part(account: Account) -> tuple[str, int]:
    if account.bucket == "custody":
        return "custody", -1
    return _HOUSE.get(account, ("owed", 1))
