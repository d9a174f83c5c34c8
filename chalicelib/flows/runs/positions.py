"""What lies at each address of ours, and what is its owner owed? Read page by page, at no one moment.

A position that is a little old plans a move that is a little off; the next run mends it, and no
move makes or loses money.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import custody, ours
from chalicelib.flows.records.wallets import balances
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.keeta.account import Account
from chalicelib.settlement.netting import Position

PAGE = 100
# More never wait (`fill.Bounds`).
FREE_MAX = 1_000


class Fees(Protocol):
    def earned(self) -> Mapping[str, int]:
        """Units of trading fees that the house has, by asset."""


class Positions:
    def __init__(self, reader: StoreReader, tokens: Mapping[str, Account], fees: Fees) -> None:
        self._reader = reader
        self._tokens = tokens
        self._fees = fees

    def all(self) -> Iterator[Position]:
        """What lies at each user's address, and what he is owed; the house's own likewise. What lies at
        an address without a user is owed to somebody, at no address."""
        after: str | None = None
        while True:
            page = self._reader.page(table.rolled_address("0"), "~", PAGE, after=after)
            yield from self._of_users([(str(item["sk"]), str(item["owner"])) for item in page.items])
            if page.next is None:
                break
            after = page.next
        yield from self._of_nobody()
        yield from self._of_house()

    def _of_users(self, roll: Sequence[tuple[str, str]]) -> Iterator[Position]:
        reader = self._reader
        wallets = {
            str(item["pk"]): {each.asset: each.total for each in balances(item)}
            for item in reader.get_many(list({schema.wallet(user) for _, user in roll}))
        }
        held = ours(reader, (address for address, _ in roll))
        for address, user in roll:
            # The roll is written by the function that faces the internet: it makes no address ours.
            if address not in held or held[address].role != "user":
                continue
            owed, there = wallets.get(user, {}), held[address].units
            for asset in {*owed, *there} & self._tokens.keys():
                yield Position(address, asset, there.get(asset, 0), owed.get(asset, 0))

    def _of_nobody(self) -> Iterator[Position]:
        page = self._reader.page(table.free_address("0"), "~", FREE_MAX)
        held = ours(self._reader, (str(item["sk"]) for item in page.items))
        for address, account in held.items():
            for asset in account.units.keys() & self._tokens.keys():
                yield Position(address, asset, account.held(asset), 0)

    def _of_house(self) -> Iterator[Position]:
        named = self._reader.get(table.cursor("house"))
        item = self._reader.get(table.custody_account(str(named["address"]))) if named else None
        if item is None:
            return
        there, owed = custody(item), self._fees.earned()
        for asset in {*owed, *there.units} & self._tokens.keys():
            yield Position(there.address, asset, there.held(asset), owed.get(asset, 0))
