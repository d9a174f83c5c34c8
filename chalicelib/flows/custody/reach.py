"""How much of each token can the operator's key send, and how much should it be able to send?

It may send from every address of ours but the vault and the owner's own account: whoever steals it
gets no more than lies elsewhere. The settlement takes what is above the limit to the vault, and only
the owner key brings it back (`runs/refill.py`).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Role
from chalicelib.flows.custody.posting import custody_units, total
from chalicelib.flows.ports import Reader

OUT_OF_REACH: tuple[Role, ...] = ("vault", "owner")


class Reach(NamedTuple):
    """Units of one asset: within reach of the operator's key, the limit of that, and in the vault."""

    asset: str
    units: int
    limit: int
    vault: int

    @property
    def excess(self) -> int:
        return max(self.units - self.limit, 0)


def address_of(reader: Reader, role: Role) -> str:
    """Of the one account of that role; "" as long as it is not made."""
    named = reader.get(table.cursor(role))
    return str(named["address"]) if named else ""


def reaches(reader: Reader, limits: Mapping[str, int]) -> list[Reach]:
    """By the books, for every asset that has a limit."""
    away = {role: _lying(reader, role) for role in OUT_OF_REACH}
    return [_reach(reader, asset, limit, away) for asset, limit in sorted(limits.items())]


def _reach(reader: Reader, asset: str, limit: int, away: Mapping[Role, Mapping[str, int]]) -> Reach:
    gone: Iterable[int] = (held.get(asset, 0) for held in away.values())
    units = total(reader.get(table.total(asset))).custody - sum(gone)
    return Reach(asset, units, limit, away["vault"].get(asset, 0))


def _lying(reader: Reader, role: Role) -> dict[str, int]:
    address = address_of(reader, role)
    return custody_units(reader.get(table.custody_account(address))) if address else {}
