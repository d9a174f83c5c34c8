"""How is the operator key changed, or taken away everywhere, without touching users?

Grant the new key, switch to it, grant once more for addresses made meanwhile, revoke the old one. Each
address says on its own chain who may send; the owner key signs that. What is done already is skipped,
so it may be interrupted and begun again as often as one likes.

It has a slot of its own and waits for no settlement: it works while everything is stopped, broken or
stuck, for that is when it is needed most. The owner's account pays, which no thief of the operator's
key can empty or overtake; so it and the pool never have blocks on the owner's head at once.
A permission pays nobody, so what does not land is void and signed anew. An address where somebody was
faster, or that another run has signed for, comes last and alone: it keeps no other address waiting.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import GRANTS, POOL, SETTLEMENT, Lease, Leases
from chalicelib.flows.runs.blocks import Draft, bodies
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.fill import SENDS
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.own import put_signed
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.run import MAY_LAND, Run, new_run, read_run, run_in_flight
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions
from chalicelib.settlement.outlook import may_begin_anew
from chalicelib.settlement.publishing import begin

ACCOUNTS_MAX = 40
# In one call, at an address where somebody is faster.
TRIES_MAX = 5
# After this a run whose votes bind nobody is void: all votes for a while that it had are over.
GIVE_UP_MS = 6 * 60_000
PAGE = 200
# A URL has room for so many addresses.
ASKED_MAX = 80


class Granted(NamedTuple):
    """Addresses changed, and how many are left to change."""

    changed: int
    left: int


class _End(NamedTuple):
    """How far a run came, and where somebody was in the way, as often as that counts."""

    run: Run
    failed: tuple[Account, ...] = ()


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
        changed, tries = 0, Counter(self._claimed())
        while self._desk.timer.now_ms() < deadline_ms:
            end = self._staple(key, deadline_ms, tries, may=may)
            if end is None or end.run.state not in ("closed", "void"):
                break
            tries.update(end.failed)
            changed += len(set(end.run.accounts) - {self._owner.account.address})
        left = len(self._wrong(key, may=may)) + self._unborn()
        if left:
            self._desk.observer.alarm("grants_left", key=key.address, changed=changed, left=left)
        return Granted(changed, left)

    def _claimed(self) -> dict[Account, int]:
        """Addresses that a settlement under way has signed for: votes for it may refuse ours there."""
        run = self._in_slot(SETTLEMENT)
        if run is None or run.state not in MAY_LAND:
            return {}
        return {block.body.account: 1 for block in run.known.all_blocks}

    def _staple(self, key: Account, deadline_ms: int, tries: Counter[Account], *, may: bool) -> _End | None:
        """One run, as far as it comes; None when nothing is left to do, or somebody else is doing it."""
        lease = self._leases.take(GRANTS)
        if lease is None:
            return None
        # No settlement begins meanwhile on the same addresses. One that is under way may be overtaken.
        others, pool = self._leases.take(SETTLEMENT), self._leases.take(POOL)
        try:
            if pool is None or self._pool_is_on_the_head(pool):
                self._desk.observer.note("grant_waits", reason="the pool signs on the owner's head")
                return None
            begun = run_in_flight(self._desk.reader, lease)
            run = begun or self._signed(lease, key, tries, may=may)
            return self._finished(self._leases.refreshed(lease), run, deadline_ms, tries) if run else None
        finally:
            for held in (pool, others, lease):
                if held is not None:
                    self._leases.release(held)

    def _pool_is_on_the_head(self, lease: Lease) -> bool:
        """Whether votes for a run of the pool may bind somebody; both would stand on the same `previous`."""
        run = run_in_flight(self._desk.reader, lease)
        return run is not None and run.state in MAY_LAND and not self._is_free(run)

    def _is_free(self, run: Run) -> bool:
        """Whether another staple can have the place of this one. Raises KeetaNodeError."""
        chain = self._desk.chain
        return may_begin_anew(run.known, chain.look(run.known), chain.weights, self._desk.timer.now_ms())

    def _finished(self, lease: Lease, run: Run, deadline_ms: int, tries: Counter[Account]) -> _End:
        accounts = [block.body.account for block in run.known.blocks]
        if run.state in MAY_LAND and self._is_old(run) and self._is_free(run):
            return self._void(lease, run, accounts)
        if run.state in MAY_LAND:
            result = self._driver.drive(lease, run, deadline_ms)
            run = result.run
            if result.rival is not None:
                rivals = {block.body.account for block in result.rival.blocks}
                return self._void(lease, run, [each for each in accounts if each in rivals])
            if result.refused:
                return self._void(lease, run, accounts)
            if result.landed is not None:
                rest = self._books.rest(self._driver, run, result.landed)
                run = self._books.land(lease, run, result.landed, rest)
            elif any(tries[account] for account in accounts) and self._is_free(run):
                return self._void(lease, run, accounts * TRIES_MAX)
        return _End(self._books.close(lease, run) if run.state == "landed" else run)

    def _is_old(self, run: Run) -> bool:
        return self._desk.timer.now_ms() - run.signed_ms > GIVE_UP_MS

    def _void(self, lease: Lease, run: Run, failed: Sequence[Account]) -> _End:
        self._desk.observer.note("grant_overtaken", run=run.number)
        void = run.at("void", self._desk.timer.now_ms())._replace(version=run.version + 1)
        self._desk.writer.commit((lease.guard(run=0), void.put()))
        return _End(void, tuple(failed))

    def _signed(self, lease: Lease, key: Account, tries: Counter[Account], *, may: bool) -> Run | None:
        wrong = _next(self._wrong(key, may=may), tries)
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
        own = put_signed(GRANTS, number, blocks)
        self._desk.writer.commit((lease.guard(run=number), run.put(), *own))
        return run

    def _unborn(self) -> int:
        """Addresses that are being made now: they may land with a key that is not wanted any more."""
        made = self._in_slot(POOL)
        return len(made.known.blocks) if made else 0

    def _in_slot(self, slot: str) -> Run | None:
        """What is in flight there, without its lease."""
        item = self._desk.reader.get(table.lease(slot)) or {}
        number = int(str(item.get("run", 0)))
        found = self._desk.reader.get(table.run(slot, number)) if number else None
        return read_run(slot, found) if found else None

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


def _next(wrong: list[Account], tries: Counter[Account]) -> list[Account]:
    """Many that were not tried yet; then one by one those with the fewest tries."""
    fresh = [account for account in wrong if not tries[account]]
    if fresh:
        return fresh[:ACCOUNTS_MAX]
    left = [account for account in wrong if tries[account] < TRIES_MAX]
    return [min(left, key=lambda account: tries[account])] if left else []
