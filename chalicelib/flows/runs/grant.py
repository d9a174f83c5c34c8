"""How is the operator key changed, or taken away everywhere, without touching users?

Grant the new key, switch to it, grant once more for addresses made meanwhile, revoke the old one. Each
address says on its own chain who may send; the owner key signs that. What is done already is skipped,
so it may be interrupted and begun again as often as one likes. It works while everything is stopped:
that is when it is needed most.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT, Lease, Leases
from chalicelib.flows.runs.blocks import Draft, bodies
from chalicelib.flows.runs.drive import Driver, put_own
from chalicelib.flows.runs.fill import SENDS
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.run import Run, new_run, run_in_flight
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions
from chalicelib.settlement.publishing import begin

ACCOUNTS_MAX = 40
PAGE = 200
# A URL has room for so many addresses.
ASKED_MAX = 80
# A block can get no vote any more once it is this old. (Keeta protocol: `LEDGER_BLOCK_EXPIRED`.)
DEAD_MS = 15 * 60_000


class Granted(NamedTuple):
    """Addresses changed, and how many are left to change."""

    changed: int
    left: int


class Grants:
    def __init__(self, desk: Desk, leases: Leases, driver: Driver, books: Books, owner: Signer) -> None:
        self._desk = desk
        self._leases = leases
        self._driver = driver
        self._books = books
        self._owner = owner

    def give(self, key: Account, deadline_ms: int) -> Granted:
        """Raises StoreError, KeetaNodeError, ConditionFailed when the lease is lost."""
        return self._change(key, deadline_ms, may=True)

    def take(self, key: Account, deadline_ms: int) -> Granted:
        return self._change(key, deadline_ms, may=False)

    # --- permissions ------------------------------------------------------------------------

    def _change(self, key: Account, deadline_ms: int, *, may: bool) -> Granted:
        lease = self._leases.take(SETTLEMENT)
        if lease is None:
            return Granted(0, len(self._wrong(key, may=may)))
        changed = 0
        try:
            while self._desk.timer.now_ms() < deadline_ms:
                run = run_in_flight(self._desk.reader, lease) or self._signed(lease, key, may=may)
                if run is None or run.kind != "grant":
                    break
                run = self._books.finish(self._driver, self._leases.refreshed(lease), run, deadline_ms)
                if run.state != "closed":
                    break
                changed += len(run.known.blocks)
                lease = self._leases.refreshed(lease)
        finally:
            self._leases.release(lease)
        return Granted(changed, len(self._wrong(key, may=may)))

    def _signed(self, lease: Lease, key: Account, *, may: bool) -> Run | None:
        wrong = self._wrong(key, may=may)[:ACCOUNTS_MAX]
        if not wrong:
            return None
        row = ModifyPermissions(key, Adjust.SET, SENDS if may else None)
        chain, now_ms, number = self._desk.chain, self._desk.timer.now_ms(), lease.last_run + 1
        states = {state.account: state for state in chain.states(wrong)}
        plan = [Draft(account, (row,)) for account in wrong]
        made = bodies(chain.network, plan, states, self._owner.account, f"s{number}", now_ms)
        blocks = [self._owner.sign(body) for body in made]
        run = new_run(SETTLEMENT, number, "grant", (), (), now_ms).at("signed", now_ms)
        run = run._replace(publishing=begin(chain.network, blocks, now_ms))
        own = (put_own(SETTLEMENT, number, block) for block in blocks)
        self._desk.writer.commit((lease.guard(run=number), run.put(), *own))
        return run

    def _wrong(self, key: Account, *, may: bool) -> list[Account]:
        """Addresses where it is not yet as it should be."""
        found: list[Account] = []
        known = list(self._addresses())
        for start in range(0, len(known), ASKED_MAX):
            some = known[start : start + ASKED_MAX]
            right = self._desk.chain.senders(key, some)
            found += [account for account in some if (account in right) is not may]
        return found

    def _addresses(self) -> Iterator[Account]:
        """All from which the operator sends; the vault is not among them."""
        for first in (table.rolled_address("0"), table.free_address("0")):
            after: str | None = None
            while True:
                page = self._desk.reader.page(first, "~", PAGE, after=after)
                yield from (Account.from_address(str(item["sk"])) for item in page.items)
                if page.next is None:
                    break
                after = page.next
        named = [self._desk.reader.get(table.cursor(role)) for role in ("house", "treasury")]
        yield from (Account.from_address(str(item["address"])) for item in named if item)
