"""Does the house have what it owes? Per token, at one cut, in words that can be published."""

from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.custody.posting import total
from chalicelib.flows.ports import Reader


class Statement(NamedTuple):
    """Units of one asset. liabilities: to users, with fees earned, and what nobody is known to own.
    custody: on our addresses or on its way out of them. difference: own funds, never below zero."""

    asset: str
    liabilities: int
    custody: int
    difference: int

    @property
    def is_solvent(self) -> bool:
        return self.difference >= 0


def statement(reader: Reader, asset: str) -> Statement:
    """One consistent read of one item: no trade, deposit or payment is half in it."""
    found = total(reader.get(table.total(asset)))
    liabilities = found.owed + found.suspense
    custody = found.custody + found.in_flight
    return Statement(asset, liabilities, custody, custody - liabilities)


def statements(reader: Reader, assets: Iterable[str]) -> list[Statement]:
    return [statement(reader, asset) for asset in sorted(assets)]
