"""How is it made certain that a payment that was set aside can never land? With a block of ours in its place.

The owner key signs it (`drill`), and it changes nothing: the address says once more what it says since it was
made. When it has landed the worker gives the money back by itself (`aside`); should the payment have
been faster, it is posted as paid.
"""

from collections.abc import Iterable

from chalicelib.errors import Conflict, NotFound
from chalicelib.flows.custody import table
from chalicelib.flows.runs.aside import ASIDE, look_along
from chalicelib.flows.runs.drill import Drill
from chalicelib.flows.runs.fate import Fate
from chalicelib.flows.runs.fill import OPEN
from chalicelib.flows.runs.ports import Desk
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import SetInfo

# What a user's address says of itself.
AS_MADE = SetInfo("", "", "", OPEN)


class Places:
    def __init__(self, desk: Desk, drill: Drill) -> None:
        self._desk = desk
        self._drill = drill

    def open(self, ids: Iterable[str]) -> dict[str, Account]:
        """Of these withdrawals those whose blocks could still land, and at which address.

        Raises NotFound for one that was not set aside, StoreError, KeetaNodeError.
        """
        wanted = list(ids)
        for id_ in wanted:
            if self._desk.reader.get(table.note(ASIDE, id_)) is None:
                raise NotFound(f"{id_} is not set aside")
        return self.still_open(wanted)

    def still_open(self, ids: Iterable[str]) -> dict[str, Account]:
        """Likewise; one about which the worker has decided meanwhile is open no more."""
        found: dict[str, Account] = {}
        for id_ in ids:
            item = self._desk.reader.get(table.note(ASIDE, id_))
            if item is not None and look_along(self._desk, item)[1].end is Fate.OPEN:
                found[id_] = Account.from_address(str(item["account"]))
        return found

    def free(self, places: dict[str, Account], deadline_ms: int) -> int:
        """Put a block there; at how many addresses it has landed. `still_open` tells whether that was enough.

        Raises Conflict while a settlement has signed for one of these addresses: it may take the place by
        itself. Also StoreError, KeetaNodeError.
        """
        accounts = set(places.values())
        if accounts & self._drill.claimed():
            raise Conflict("a settlement is under way at that address", code="settlement_busy")
        return self._drill.change(sorted(accounts, key=lambda each: each.address), AS_MADE, deadline_ms)
