"""How much of what users are owed does not lie at their own addresses, and for how long?

Trades move what is owed at once and coins only when they are netted. A user who is behind for long
tells that netting does not come through.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import ManyReader, ours
from chalicelib.flows.plan import Item, Update
from chalicelib.flows.records.wallets import balances
from chalicelib.flows.runs.ports import Desk


class Owed(NamedTuple):
    """Units by asset that one user is owed beyond what lies at his address; since when, 0 if nothing."""

    units: Mapping[str, int]
    since_ms: int


def behind(reader: ManyReader, roll: Sequence[Item], assets: Collection[str]) -> Iterator[dict[str, int]]:
    """Of each user of the roll the units that he is owed beyond what lies at his address, by asset."""
    users = [str(item["owner"]) for item in roll]
    found = reader.get_many(list({schema.wallet(user) for user in users}))
    wallets = {str(item["pk"]): {each.asset: each.total for each in balances(item)} for item in found}
    held = ours(reader, (str(item["sk"]) for item in roll))
    for item, user in zip(roll, users, strict=True):
        address, owed = str(item["sk"]), wallets.get(user, {})
        there = held[address].units if address in held else {}
        left = {asset: owed.get(asset, 0) - there.get(asset, 0) for asset in assets}
        yield {asset: n for asset, n in left.items() if n > 0}


class Arrears:
    def __init__(self, desk: Desk, assets: Collection[str]) -> None:
        self._desk = desk
        self._assets = assets

    def of(self, roll: Sequence[Item]) -> dict[str, Owed]:
        """By address. What it found new it writes down, so that the next round knows since when."""
        told = {}
        for item, units in zip(roll, behind(self._desk.reader, roll, self._assets), strict=True):
            address = str(item["sk"])
            told[address] = Owed(units, self._since(address, item, behind=bool(units)))
        return told

    def _since(self, address: str, item: Item, *, behind: bool) -> int:
        before = int(str(item.get("behind_ms", 0)))
        if behind == bool(before):
            return before
        since = self._desk.timer.now_ms() if behind else 0
        self._desk.writer.commit((Update(table.rolled_address(address), set={"behind_ms": since}),))
        return since
