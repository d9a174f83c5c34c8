"""Do the books add up? Checks over balances; each answers with what is wrong, if anything."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from chalicelib.ledger.transfers import Account, Hold, Transfer

# Units by asset, for each account.
Balances: TypeAlias = Mapping[Account, Mapping[str, int]]


class Difference(NamedTuple):
    """`check` names the invariant, `subject` where it is broken."""

    check: str
    subject: str
    expected: str
    found: str


def sums_to_zero(balances: Balances) -> list[Difference]:
    """Per asset, all accounts together: nothing was created and nothing lost."""
    sums: dict[str, int] = defaultdict(int)
    for units in balances.values():
        for asset, amount in units.items():
            sums[asset] += amount
    return [Difference("sum", asset, "0", str(units)) for asset, units in sums.items() if units]


def none_negative(balances: Balances) -> list[Difference]:
    """No user has spent what he did not have, and no coins have left an address that were not there."""
    return [
        Difference("negative", f"{account.owner} {account.bucket} {asset}", "at least 0", str(there))
        for account, units in balances.items()
        if account.bucket != "house"
        for asset, amount in units.items()
        if (there := -amount if account.bucket == "custody" else amount) < 0
    ]


def held_is_reserved(balances: Balances, holds: Iterable[Hold]) -> list[Difference]:
    """What is held is exactly what open orders reserve."""
    reserved: dict[Account, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for hold in holds:
        reserved[Account(hold.user, "held")][hold.asset] += hold.units
    found = {account: units for account, units in balances.items() if account.bucket == "held"}
    return unequal("held", reserved, found)


def unequal(check: str, expected: Balances, found: Balances) -> list[Difference]:
    """Balances that are not the same; an absent one is 0."""
    nothing: Mapping[str, int] = {}
    differences = []
    for account in {*expected, *found}:
        wanted, there = expected.get(account, nothing), found.get(account, nothing)
        for asset in {*wanted, *there}:
            if wanted.get(asset, 0) != there.get(asset, 0):
                subject = f"{account.owner} {account.bucket} {asset}"
                expected_units, found_units = wanted.get(asset, 0), there.get(asset, 0)
                differences.append(Difference(check, subject, str(expected_units), str(found_units)))
    return sorted(differences)


def add_transfers(balances: dict[Account, dict[str, int]], transfers: Iterable[Transfer]) -> None:
    """Carry out transfers on balances that may start empty."""
    for source, target, (asset, units) in transfers:
        for account, change in ((source, -units), (target, units)):
            held = balances.setdefault(account, {})
            held[asset] = held.get(asset, 0) + change
