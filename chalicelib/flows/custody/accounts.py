"""Which Keeta accounts are ours, and what is each of them for?

user      storage: one user's deposits; also while it waits for its user
house     storage: the house's trading fees lie here after netting
treasury  storage: pays the network for the votes of payments and settlements
vault     storage: out of the operator's reach
owner     the custody key's own account: creates the others and pays for that
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, Protocol, get_args

from chalicelib.flows.custody import table
from chalicelib.flows.custody.posting import custody_units
from chalicelib.flows.plan import Item, Put, Update
from chalicelib.flows.schema import Key

Role = Literal["user", "house", "treasury", "vault", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
# Accounts of which there is one each.
SINGLE: tuple[Role, ...] = ("house", "treasury", "vault")


class ManyReader(Protocol):
    def get_many(self, keys: list[Key]) -> Iterator[Item]:
        """Items of one table that exist, in no particular order."""


class Custody(NamedTuple):
    """One account. `user` is who has it, by the roll; "" while an address waits, and for the house's own.

    `units` by asset is what lies there according to the books.
    """

    address: str
    role: Role
    user: str
    units: dict[str, int]

    def held(self, asset: str) -> int:
        return self.units.get(asset, 0)


def custody(item: Item) -> Custody:
    """As `custody` knows it, without its user."""
    role = str(item["role"])
    assert role in ROLES
    return Custody(str(item["pk"]), role, "", custody_units(item))


def ours(reader: ManyReader, addresses: Iterable[str]) -> dict[str, Custody]:
    """Those of the addresses that belong to us. What `lobby` says makes no address ours."""
    keys = list(dict.fromkeys(map(table.custody_account, addresses)))
    found = [custody(item) for item in reader.get_many(keys) if "role" in item]
    rolled = [table.rolled_address(each.address) for each in found if each.role == "user"]
    users = {str(item["sk"]): str(item["owner"]) for item in reader.get_many(rolled)}
    return {each.address: each._replace(user=users.get(each.address, "")) for each in found}


def put_name(role: Role, address: str) -> Put:
    """Where the one account of a role is found by its role."""
    return Put(table.cursor(role), {"address": address})


def open_account(address: str, role: Role) -> Update:
    """An update: coins may have been posted to an address that was not known yet."""
    return Update(table.custody_account(address), set={"role": role})
