"""How do blocks of the owner key come to stand on our addresses, whatever the settlement does?

A drill has a slot of its own and waits for no settlement: it works while everything is stopped, broken or
stuck, for that is when it is needed most. The owner's account pays, which no thief of the operator's
key can empty or overtake; so a drill and the pool never have blocks on the owner's head at once.
What a drill signs pays nobody, so what does not land is void, watched (`aside`) and signed anew. An address
where somebody was faster, or that another run has signed for, comes last and alone: it keeps no
other address waiting.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chalicelib.flows.custody.lease import GRANTS, POOL, SETTLEMENT, Lease, Leases
from chalicelib.flows.runs.aside import put_given_up
from chalicelib.flows.runs.blocks import Draft, bodies
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.own import put_signed
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.run import MAY_LAND, Run, new_run, run_in_flight, run_of_slot
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Operation
from chalicelib.settlement.outlook import may_begin_anew
from chalicelib.settlement.publishing import begin

ACCOUNTS_MAX = 40
# In one call, at an address where somebody is faster.
TRIES_MAX = 5
# After this a run whose votes bind nobody is void: all votes for a while that it had are over.
GIVE_UP_MS = 6 * 60_000


class _End(NamedTuple):
    """How far a run came, and where somebody was in the way, as often as that counts."""

    run: Run
    failed: tuple[Account, ...] = ()


class Drill:
    def __init__(self, desk: Desk, leases: Leases, driver: Driver, books: Books, owner: Signer) -> None:
        self._desk = desk
        self._leases = leases
        self._driver = driver
        self._books = books
        self._owner = owner

    def change(self, accounts: Iterable[Account], operation: Operation, deadline_ms: int) -> int:
        """On how many accounts blocks have landed; the operation is wanted on each of these, the first ones
        first.

        Raises StoreError, KeetaNodeError, ConditionFailed when the lease is lost.
        """
        left, changed, tries = list(accounts), 0, Counter(dict.fromkeys(self.claimed(), 1))
        while self._now() < deadline_ms:
            end = self._staple(left, operation, deadline_ms, tries)
            if end is None or end.run.state not in ("closed", "void"):
                break
            tries.update(end.failed)
            done = {Account.from_address(each) for each in end.run.accounts} - {self._owner.account}
            changed += len(done)
            if all(block.body.operations == (operation,) for block in end.run.known.blocks):
                left = [account for account in left if account not in done]
        return changed

    def claimed(self) -> set[Account]:
        """Addresses that a settlement under way has signed for: votes for it may refuse ours there."""
        run = run_of_slot(self._desk.reader, SETTLEMENT)
        if run is None or run.state not in MAY_LAND:
            return set()
        return {block.body.account for block in run.known.all_blocks}

    def _staple(
        self, left: Sequence[Account], operation: Operation, deadline_ms: int, tries: Counter[Account]
    ) -> _End | None:
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
            run = begun or self._signed(lease, _next(left, tries), operation)
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
        return may_begin_anew(run.known, chain.look(run.known), chain.weights, self._now())

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
        return self._now() - run.signed_ms > GIVE_UP_MS

    def _void(self, lease: Lease, run: Run, failed: Sequence[Account]) -> _End:
        self._desk.observer.note("grant_overtaken", run=run.number)
        void = run.at("void", self._now())._replace(version=run.version + 1)
        self._desk.writer.commit((lease.guard(run=0), void.put(), *put_given_up(run)))
        return _End(void, tuple(failed))

    def _signed(self, lease: Lease, accounts: Sequence[Account], operation: Operation) -> Run | None:
        if not accounts:
            return None
        chain, now_ms, number = self._desk.chain, self._now(), lease.last_run + 1
        states = {state.account: state for state in chain.states(accounts)}
        plan = [Draft(account, (operation,)) for account in accounts]
        made = bodies(chain.network, plan, states, self._owner.account, f"g{number}", now_ms)
        blocks = [self._owner.sign(body) for body in made]
        run = new_run(GRANTS, number, "grant", (), (), now_ms).at("signed", now_ms)
        run = run._replace(publishing=begin(chain.network, blocks, now_ms))
        own = put_signed(GRANTS, number, blocks)
        self._desk.writer.commit((lease.guard(run=number), run.put(), *own))
        return run

    def _now(self) -> int:
        return self._desk.timer.now_ms()


def _next(left: Sequence[Account], tries: Counter[Account]) -> list[Account]:
    """Many that were not tried yet; then one by one those with the fewest tries."""
    fresh = [account for account in left if not tries[account]]
    if fresh:
        return fresh[:ACCOUNTS_MAX]
    again = [account for account in left if tries[account] < TRIES_MAX]
    return [min(again, key=lambda account: tries[account])] if again else []
