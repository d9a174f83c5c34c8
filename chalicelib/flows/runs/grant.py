"""How is the operator key changed, or taken away everywhere, without touching users?

Grant the new key, switch to it, grant once more for addresses made meanwhile, revoke the old one. Each
address says on its own chain who may send; the owner key signs that (`drill`). What is done already is
skipped, so it may be interrupted and begun again as often as one likes. Where most lies comes first.
A grant that was given up could land still: the key is taken there, too, so that nothing of it can.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Role, ours
from chalicelib.flows.custody.lease import GRANTS, POOL
from chalicelib.flows.plan import Item
from chalicelib.flows.runs.aside import GIVEN_UP, look_along
from chalicelib.flows.runs.drill import Drill
from chalicelib.flows.runs.fate import Fate
from chalicelib.flows.runs.fill import SENDS
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import read_run, run_of_slot
from chalicelib.flows.schema import Key
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions

PAGE = 200
# Accounts from which the operator's key sends.
SENDING: tuple[Role, ...] = ("user", "house", "treasury")
# A URL has room for so many addresses.
ASKED_MAX = 80
# Shares of a token are counted in these.
PARTS = 10**9


class Granted(NamedTuple):
    """Addresses changed, and how many are left to change."""

    changed: int
    left: int


class Grants:
    def __init__(self, desk: Desk, drill: Drill) -> None:
        self._desk = desk
        self._drill = drill

    def give(self, key: Account, deadline_ms: int) -> Granted:
        """Raises StoreError, KeetaNodeError, ConditionFailed when the lease is lost."""
        return self._change(key, deadline_ms, may=True)

    def take(self, key: Account, deadline_ms: int) -> Granted:
        return self._change(key, deadline_ms, may=False)

    def lacking(self, key: Account, *, may: bool) -> int:
        """On how many addresses it is not yet so. Raises KeetaNodeError."""
        return len(self.left(key, may=may))

    def left(self, key: Account, *, may: bool) -> list[Account]:
        """Addresses where it is not yet as it should be, or may not stay so; where most lies comes first."""
        wrong = self._wrong(key, may=may)
        return self._largest_first(wrong if may else dict.fromkeys((*wrong, *self._pending(key))))

    def _change(self, key: Account, deadline_ms: int, *, may: bool) -> Granted:
        row = ModifyPermissions(key, Adjust.SET, SENDS if may else None)
        changed = self._drill.change(self.left(key, may=may), row, deadline_ms)
        left = len({*self.left(key, may=may), *self._under_way()})
        if left:
            self._desk.observer.alarm("grants_left", key=key.address, changed=changed, left=left)
        return Granted(changed, left)

    def _under_way(self) -> Iterator[Account]:
        """Where blocks may land any moment, with a key that is not wanted any more: addresses that are being
        made, and a drill that did not come to its end."""
        for slot in (POOL, GRANTS):
            run = run_of_slot(self._desk.reader, slot)
            yield from (block.body.account for block in (run.known.blocks if run else ()))

    def _wrong(self, key: Account, *, may: bool) -> list[Account]:
        found: list[Account] = []
        known = list(self._addresses())
        for start in range(0, len(known), ASKED_MAX):
            some = known[start : start + ASKED_MAX]
            right = self._desk.chain.senders(key, some)
            found += [account for account in some if (account in right) is not may]
        return found

    def _pending(self, key: Account) -> Iterator[Account]:
        """Where a grant that was given up could still let this key send."""
        gives = ModifyPermissions(key, Adjust.SET, SENDS)
        for item in chain.from_iterable(self._pages(table.note(GIVEN_UP, GRANTS))):
            if item["slot"] != GRANTS:
                return
            run, way = look_along(self._desk, item)
            if way.end is Fate.OPEN and any(gives in block.body.operations for block in run.known.blocks):
                yield Account.from_address(str(item["account"]))

    def _largest_first(self, accounts: Iterable[Account]) -> list[Account]:
        """By the largest share of any one token: tokens have no common measure here."""
        found = list(accounts)
        held = ours(self._desk.reader, (account.address for account in found))
        total: Counter[str] = Counter()
        for custody in held.values():
            total.update(custody.units)

        def share(account: Account) -> int:
            units = held[account.address].units if account.address in held else {}
            parts = (n * PARTS // total[asset] for asset, n in units.items() if total[asset] > 0)
            return max(parts, default=0)

        return sorted(found, key=share, reverse=True)

    def _addresses(self) -> Iterator[Account]:
        """All from which the operator sends; the vault is not among them.

        What the pool's runs have made, for no request can write or hide that. The lists of the lobby know
        those of which a restore has lost the run; what is not ours there is passed by.
        """
        lists = (table.rolled_address("0"), table.free_address("0"), table.retired_address("0"))
        listed = (str(item["sk"]) for each in lists for items in self._pages(each) for item in items)
        runs = (read_run(POOL, item) for items in self._pages(table.run(POOL, 0)) for item in items)
        made = (address for run in runs for address in run.accounts)
        found = ours(self._desk.reader, chain(listed, made))
        return (Account.from_address(address) for address, each in found.items() if each.role in SENDING)

    def _pages(self, first: Key) -> Iterator[list[Item]]:
        after: str | None = None
        while True:
            page = self._desk.reader.page(first, "~", PAGE, after=after)
            yield page.items
            if page.next is None:
                return
            after = page.next
