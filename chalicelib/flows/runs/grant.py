"""How is the operator key changed, or taken away everywhere, without touching users?

Grant the new key, switch to it, grant once more for addresses made meanwhile, revoke the old one. Each
address says on its own chain who may send; the owner key signs that. What is done already is skipped,
so it may be interrupted and begun again as often as one likes. It works while everything is stopped:
that is when it is needed most.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT, Lease, Leases
from chalicelib.flows.plan import Put, Write
from chalicelib.flows.runs.blocks import Draft, bodies
from chalicelib.flows.runs.drive import Driver, put_own
from chalicelib.flows.runs.fill import SENDS
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.run import Run, new_run, read_run
from chalicelib.flows.withdrawals.record import Withdrawal, step
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

    def lacking(self, key: Account, *, may: bool) -> int:
        """On how many addresses it is not yet so. Raises KeetaNodeError."""
        return len(self._wrong(key, may=may))

    def resolve(self) -> bool:
        """Let the payments of a broken run be planned anew, once none of its blocks can ever land."""
        lease = self._leases.take(SETTLEMENT)
        if lease is None:
            return False
        try:
            run = self._in_flight(lease)
            if run is None or run.state != "broken" or not self._is_dead(run):
                return False
            self._desk.writer.commit(self._given_up(lease, run))
            return True
        finally:
            self._leases.release(lease)

    # --- permissions ------------------------------------------------------------------------

    def _change(self, key: Account, deadline_ms: int, *, may: bool) -> Granted:
        lease = self._leases.take(SETTLEMENT)
        if lease is None:
            return Granted(0, len(self._wrong(key, may=may)))
        changed = 0
        try:
            while self._desk.timer.now_ms() < deadline_ms:
                run = self._in_flight(lease) or self._signed(lease, key, may=may)
                if run is None or run.kind != "grant":
                    break
                run = self._finish(self._leases.refreshed(lease), run, deadline_ms)
                if run.state != "closed":
                    break
                changed += len(run.known.blocks)
                lease = self._leases.refreshed(lease)
        finally:
            self._leases.release(lease)
        return Granted(changed, len(self._wrong(key, may=may)))

    def _finish(self, lease: Lease, run: Run, deadline_ms: int) -> Run:
        result = self._driver.drive(lease, run, deadline_ms)
        if result.landed is None:
            return result.run
        return self._books.close(lease, self._books.land(lease, result.run, result.landed))

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

    def _in_flight(self, lease: Lease) -> Run | None:
        item = self._desk.reader.get(table.run(SETTLEMENT, lease.run)) if lease.run else None
        return read_run(SETTLEMENT, item) if item else None

    # --- a broken run -----------------------------------------------------------------------

    def _is_dead(self, run: Run) -> bool:
        """Its blocks are too old for any vote, and none of them is the head of its account.

        So whatever is signed next stands on the `previous` of those blocks, or behind another's.
        """
        if self._desk.timer.now_ms() - run.times["signed"] < DEAD_MS:
            return False
        accounts = list(dict.fromkeys(block.body.account for block in run.known.all_blocks))
        heads: Sequence[bytes | None] = [state.head for state in self._desk.chain.states(accounts)]
        return all(head is None or head.hex() not in run.own for head in heads)

    def _given_up(self, lease: Lease, run: Run) -> tuple[Write, ...]:
        now_ms = self._desk.timer.now_ms()
        void = run.at("void", now_ms)._replace(version=run.version + 1)
        plan: list[Write] = [lease.guard(run=0), void.put()]
        for payment in run.payments:
            item = self._desk.reader.get(schema.withdrawal(payment.user, payment.id))
            found = Withdrawal.from_item(item) if item else None
            if found is not None and found.state == "stuck":
                again = step(found, "requested", now_ms, "planned anew", run=0)
                plan += [again, Put(table.queued_withdrawal(found.queued_id), {"owner": found.user})]
        return tuple(plan)
