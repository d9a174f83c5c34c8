"""What does the settlement function do in one visit? Finish what was begun, then plan, sign and send.

One lease, one run in flight; `planning` says what the next one does.
"""

from typing import NamedTuple

from chalicelib.errors import ConditionFailed
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, Lease, Leases
from chalicelib.flows.plan import Delete, Write
from chalicelib.flows.runs.aside import Aside
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.isolate import Isolation
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.legs import Legs
from chalicelib.flows.runs.overtaken import Overtaken
from chalicelib.flows.runs.planning import Intent, Planner
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import MAY_LAND, Run, new_run, run_in_flight
from chalicelib.flows.runs.signing import ALL_BUSY, Signing
from chalicelib.flows.withdrawals.record import step
from chalicelib.settlement.errors import KeetaNodeError

RUNS_MAX = 20
PLANS_MAX = 5
# How a plan is written down: the lease and the run, then so much for each payment.
FIRST_PAYMENT, WRITES_PER_PAYMENT = 2, 2
# A run that has not landed after this is a person's to look at.
STUCK_MS = 30 * 60_000


class Report(NamedTuple):
    """Runs that were closed in this visit, and what they were. netted: all that lay at a wrong address was
    planned to move, if anything did."""

    runs: int
    payments: int
    moves: int
    closed: tuple[Run, ...] = ()
    netted: bool = False


class Settler:
    def __init__(
        self,
        desk: Desk,
        leases: Leases,
        driver: Driver,
        books: Books,
        signing: Signing,
        legs: Legs,
        isolation: Isolation,
        overtaken: Overtaken,
        planner: Planner,
        aside: Aside,
    ) -> None:
        self._desk = desk
        self._leases = leases
        self._driver = driver
        self._books = books
        self._signing = signing
        self._legs = legs
        self._isolation = isolation
        self._overtaken = overtaken
        self._planner = planner
        self._aside = aside

    def visit(self, deadline_ms: int, *, netting: bool = False) -> Report:
        """Raises StoreError; whatever else goes wrong waits for the next visit."""
        report = self._work(deadline_ms, netting=netting)
        if netting:
            self._tell_reach()
        return report

    def _work(self, deadline_ms: int, *, netting: bool) -> Report:
        lease = self._leases.take(SETTLEMENT)
        if lease is None:
            return Report(0, 0, 0)
        closed: list[Run] = []
        netted = False
        try:
            self._aside.visit(lease)
            for _ in range(RUNS_MAX):
                begun = run_in_flight(self._desk.reader, lease)
                run = begun or self._planned(lease, netting=netting)
                netted = netted or (netting and begun is None)
                if run is None or self._now() > deadline_ms:
                    break
                run = self._finish(self._leases.refreshed(lease), run, deadline_ms)
                if run.state not in ("closed", "void") or run.trouble == ALL_BUSY:
                    break
                closed.append(run)
                # One netting is enough, unless it did not bring all to the vault that is too much.
                netting = netting and (begun is not None or self._planner.secures(run))
                lease = self._leases.refreshed(lease)
        except KeetaNodeError as failure:
            self._desk.observer.note("settlement_interrupted", reason=failure.detail)
        except ConditionFailed as failure:
            # The lease was lost, or something was stopped: nothing is half done. Anything else is wrong.
            if 0 in failure.failed:
                self._desk.observer.note("settlement_interrupted", reason=failure.detail)
            else:
                self._desk.observer.alarm("settlement_contradicted", reason=failure.detail)
        finally:
            self._leases.release(lease)
        done = [run for run in closed if run.state == "closed"]
        sends = sum(len(r.payments) for r in done), sum(len(r.moves) for r in done)
        return Report(len(done), *sends, tuple(done), netted)

    def _tell_reach(self) -> None:
        """What the operator's key can send now, of each token."""
        for each in self._planner.reaches():
            told = {"asset": each.asset, "units": str(each.units), "limit": str(each.limit)}
            self._desk.observer.note("reach", **told, vault=str(each.vault))
            if each.excess:
                self._desk.observer.alarm("reach_above_limit", **told)

    # --- finishing --------------------------------------------------------------------------

    def _finish(self, lease: Lease, run: Run, deadline_ms: int) -> Run:
        """As far as it goes."""
        if run.kind != "settle" and run.state != "landed":
            self._tell_stuck(run)
            return run  # whoever holds the owner key goes on with it; no key is needed to end what has landed
        if run.state == "planned":
            bad = self._legs.bad(run, deadline_ms)
            self._legs.require_operator(run, bad)
            may = not bad and not self._planner.is_held_back(lease, run)
            run = self._signing.sign(lease, run) if may else self._legs.drop(lease, run, bad)
        if run.state in MAY_LAND:
            run = self._driven(lease, run, deadline_ms)
        if run.state == "landed":
            run = self._books.close(lease, run)
        return run

    def _driven(self, lease: Lease, run: Run, deadline_ms: int) -> Run:
        try:
            return self._brought(lease, run, deadline_ms)
        except ConditionFailed as fault:
            lease = self._leases.refreshed(lease)
            begun = run_in_flight(self._desk.reader, lease)
            stopped = any(map(lease.stopped, run.assets)) and ALL not in lease.stops
            if 0 not in fault.failed or not stopped or begun is None:
                raise
            run = self._isolation.hold_back(lease, begun, self._driver)
            return self._brought(lease, run, deadline_ms) if run.state in MAY_LAND else run

    def _brought(self, lease: Lease, run: Run, deadline_ms: int) -> Run:
        """Driven, and what became of it written down. Raises ConditionFailed, also when something of it was
        stopped and it would have to be signed anew."""
        result = self._driver.drive(lease, run, deadline_ms)
        run = result.run
        if result.landed is not None:
            rest = self._books.rest(self._driver, run, result.landed)
            return self._books.land(lease, run, result.landed, rest)
        if result.rival is not None:
            return self._overtaken.met(lease, run, result.rival, self._driver)
        if result.refused:
            before = run
            run = self._isolation.isolate(lease, run, self._driver, deadline_ms)
            if run is before:
                self._desk.observer.alarm("run_refused", slot=run.slot, run=run.number)
        else:
            self._tell_stuck(run)
        return run

    def _tell_stuck(self, run: Run) -> None:
        if self._now() - run.signed_ms > STUCK_MS:
            self._desk.observer.alarm("run_does_not_land", slot=run.slot, run=run.number)

    # --- planning ---------------------------------------------------------------------------

    def _planned(self, lease: Lease, *, netting: bool) -> Run | None:
        """A new run, written down; None when nothing has to move."""
        intent = self._planner.plan(lease, netting=netting)
        if intent is None:
            return None
        for _ in range(PLANS_MAX):
            try:
                return self._written_down(lease, intent)
            except ConditionFailed as fault:
                # Somebody took his back this moment: the others do not wait for him.
                gone = {(place - FIRST_PAYMENT) // WRITES_PER_PAYMENT for place in fault.failed}
                if min(fault.failed) < FIRST_PAYMENT:
                    raise
                intent = intent.without(gone)
        return None

    def _written_down(self, lease: Lease, intent: Intent) -> Run | None:
        if not intent.moves and not intent.payments:
            return None
        now_ms, number = self._now(), lease.last_run + 1
        run = new_run(SETTLEMENT, number, "settle", tuple(intent.moves), tuple(intent.payments), now_ms)
        plan: list[Write] = [lease.guard(run=run.number), run.put()]
        assert len(plan) == FIRST_PAYMENT
        for found in intent.withdrawals:
            plan += [
                step(found, "planned", now_ms, run=run.number),
                Delete(table.queued_withdrawal(found.queued_id)),
            ]
        self._desk.writer.commit(tuple(plan))
        return run

    def _now(self) -> int:
        return self._desk.timer.now_ms()
