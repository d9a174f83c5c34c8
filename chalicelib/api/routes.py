"""Which files of routes are there, and under which word does each stand in the API's description?

Importing this imports all of them, which fills `endpoint.ENDPOINTS`. A new file is named here and nowhere
else.
"""

from types import ModuleType
from typing import NamedTuple

from chalicelib.api import (
    account,
    address_book,
    amend,
    auth,
    batch,
    cancel,
    cancel_all_after,
    deposits,
    fees,
    health,
    markets,
    orders,
    place,
    withdrawals,
)


class Group(NamedTuple):
    tag: str
    meaning: str
    files: tuple[ModuleType, ...]


GROUPS = (
    Group("auth", "Prove a Keeta key, get a token, end it.", (auth,)),
    Group(
        "orders",
        "Place, change, cancel and read one's own orders.",
        (place, cancel, cancel_all_after, amend, batch, orders),
    ),
    Group("account", "What one owns, how it came to be so, and what trading costs.", (account, fees)),
    Group("deposits", "Coins that come in from Keeta.", (deposits,)),
    Group("withdrawals", "Coins that are paid out on Keeta.", (withdrawals,)),
    Group("address book", "Where one's coins may go.", (address_book,)),
    Group("markets", "What everybody may see.", (markets,)),
    Group("health", "Is the exchange there?", (health,)),
)

BLUEPRINTS = tuple(file.routes for group in GROUPS for file in group.files)
