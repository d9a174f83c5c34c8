"""How do transfers change the wallets that are stored?"""

from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.plan import AtLeast, Item, Update
from chalicelib.ledger.transfers import Account, Transfer, net


class Balance(NamedTuple):
    """Units of one asset. `total` is available + held."""

    asset: str
    available: int
    held: int

    @property
    def total(self) -> int:
        return self.available + self.held


def wallet_updates(transfers: Iterable[Transfer]) -> list[Update]:
    """One write per wallet, on the condition that no balance falls below zero.

    Transfers to and from the house's own accounts are left to whoever keeps those.
    """
    changes: dict[str, dict[str, int]] = {}
    for account, units in net(transfers).items():
        if account.bucket in ("available", "held"):
            wallet = changes.setdefault(account.owner, {})
            wallet.update({_attribute(account, asset): change for asset, change in units.items() if change})
    return [_update(user, add) for user, add in changes.items() if add]


def balances(item: Item | None) -> list[Balance]:
    """What a stored wallet holds, by asset; empty for a wallet that was never used."""
    numbers = {name: int(str(value)) for name, value in (item or {}).items() if name[:2] in ("a_", "h_")}
    assets = sorted({name[2:] for name in numbers})
    return [Balance(asset, numbers.get("a_" + asset, 0), numbers.get("h_" + asset, 0)) for asset in assets]


def _attribute(account: Account, asset: str) -> str:
    spell = schema.available_attribute if account.bucket == "available" else schema.held_attribute
    return spell(asset)


def _update(user: str, add: dict[str, int]) -> Update:
    enough = tuple(AtLeast(attribute, -units) for attribute, units in add.items() if units < 0)
    return Update(schema.wallet(user), add=add, require=enough)
