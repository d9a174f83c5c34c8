"""How is the operator key changed, or taken away everywhere, without touching users?

Grant the new key, switch to it, grant once more for addresses made meanwhile, revoke the old one. Each
address says on its own chain who may send; the owner key signs that. What is done already is skipped,
so it may be interrupted and begun again as often as one likes.

It has a slot of its own and waits for no run: it works while everything is stopped, broken or stuck, for
that is when it is needed most. A permission pays nobody, so where a thief was faster it is signed
anew behind his block, in a smaller staple that is harder to overtake.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import GRANTS, POOL, SETTLEMENT, Lease, Leases
from chalicelib.flows.runs.blocks import Draft, bodies
from chalicelib.flows.runs.drive import Driver, put_own
from chalicelib.flows.runs.fill import SENDS
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.run import MAY_LAND, Run, new_run, read_run, run_in_flight
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions
from chalicelib.settlement.publishing import begin

ACCOUNTS_MAX = 40
PAGE = 200
# A URL has room for so many addresses.
ASKED_MAX = 80


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

    def lacking(self, key: Account, *, may: bool) -> int:
        """On how many addresses it is not yet so. Raises KeetaNodeError."""
        return len(self._wrong(key, may=may))

    # --- permissions ------------------------------------------------------------------------

    def _change(self, key: Account, deadline_ms: int, *, may: bool) -> Granted:
        changed, most = 0, ACCOUNTS_MAX
        while self._desk.timer.now_ms() < deadline_ms:
            run = self._staple(key, deadline_ms, most, may=may)
            if run is None or run.state not in ("closed", "void"):
                break
            if run.state == "void":
                most = max(1, most // 4)
            else:
                changed += len(run.blocks)
        return Granted(changed, len(self._wrong(key, may=may)) + self._unborn())

    def _staple(self, key: Account, deadline_ms: int, most: int, *, may: bool) -> Run | None:
        """One run, as far as it comes; None when nothing is left to do, or somebody else is doing it."""
        lease = self._leases.take(GRANTS)
        if lease is None:
            return None
        # No settlement begins meanwhile on the same addresses. One that is under way may be overtaken.
        others = self._leases.take(SETTLEMENT)
        try:
            run = run_in_flight(self._desk.reader, lease) or self._signed(lease, key, most, may=may)
            return self._finished(self._leases.refreshed(lease), run, deadline_ms) if run else None
        finally:
            if others is not None:
                self._leases.release(others)
            self._leases.release(lease)

    def _finished(self, lease: Lease, run: Run, deadline_ms: int) -> Run:
        if run.state in MAY_LAND:
            result = self._driver.drive(lease, run, deadline_ms)
            run = result.run
            if result.rival is not None or result.refused:
                self._desk.observer.note("grant_overtaken", run=run.number)
                void = run.at("void", self._desk.timer.now_ms())._replace(version=run.version + 1)
                self._desk.writer.commit((lease.guard(run=0), void.put()))
                return void
            if result.landed is not None:
                rest = self._books.rest(self._driver, run, result.landed)
                run = self._books.land(lease, run, result.landed, rest)
        return self._books.close(lease, run) if run.state == "landed" else run

    def _signed(self, lease: Lease, key: Account, most: int, *, may: bool) -> Run | None:
        wrong = self._wrong(key, may=may)[:most]
        if not wrong:
            return None
        row = ModifyPermissions(key, Adjust.SET, SENDS if may else None)
        chain, now_ms, number = self._desk.chain, self._desk.timer.now_ms(), lease.last_run + 1
        states = {state.account: state for state in chain.states(wrong)}
        plan = [Draft(account, (row,)) for account in wrong]
        made = bodies(chain.network, plan, states, self._owner.account, f"g{number}", now_ms)
        blocks = [self._owner.sign(body) for body in made]
        run = new_run(GRANTS, number, "grant", (), (), now_ms).at("signed", now_ms)
        run = run._replace(publishing=begin(chain.network, blocks, now_ms))
        own = (put_own(GRANTS, number, block) for block in blocks)
        self._desk.writer.commit((lease.guard(run=number), run.put(), *own))
        return run

    def _unborn(self) -> int:
        """Addresses that are being made now: they may land with a key that is not wanted any more."""
        item = self._desk.reader.get(table.lease(POOL)) or {}
        number = int(str(item.get("run", 0)))
        made = self._desk.reader.get(table.run(POOL, number)) if number else None
        return len(read_run(POOL, made).known.blocks) if made else 0

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
