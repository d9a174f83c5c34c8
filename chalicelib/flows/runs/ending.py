"""How does a run end that the network refuses for good, when no leg of it is to blame?

A person says so. What of it has landed is paid; all else is set aside, as if each leg had been found bad: it
is given back once something else has its place (`places` sees to that), and posted should it land.
"""

from chalicelib.errors import Conflict
from chalicelib.flows.custody.lease import SETTLEMENT, Lease, Leases
from chalicelib.flows.runs.aside import Aside, moving, put_given_up
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import MAY_LAND, Run, run_in_flight
from chalicelib.settlement.outlook import may_begin_anew


class Ending:
    def __init__(self, desk: Desk, leases: Leases, books: Books, aside: Aside) -> None:
        self._desk = desk
        self._leases = leases
        self._books = books
        self._aside = aside

    def end(self) -> Run:
        """The run as it is then. Raises Conflict when there is none, or when somebody is bound to it still;
        StoreError, KeetaNodeError."""
        lease = self._leases.take(SETTLEMENT)
        if lease is None:
            raise Conflict("a settlement is under way; try again in a moment", code="settlement_busy")
        try:
            run = run_in_flight(self._desk.reader, lease)
            if run is None or run.kind != "settle" or run.state not in MAY_LAND:
                raise Conflict("no run of payments is signed and waits to land", code="no_such_run")
            return self._ended(lease, run)
        finally:
            self._leases.release(lease)

    def _ended(self, lease: Lease, run: Run) -> Run:
        chain = self._desk.chain
        if not may_begin_anew(run.known, chain.look(run.known), chain.weights, self._desk.timer.now_ms()):
            why = f"run {run.number} has landed in part, or has votes: the worker goes on with it"
            raise Conflict(why, code="run_may_land")
        set_aside = self._aside.put(run, self._aside.open(run), "refused_by_the_network")
        given_up = put_given_up(run, moving(run, lambda *_: True))
        run = self._aside.end(lease, run, [*set_aside, *given_up])
        return self._books.close(lease, run) if run.state == "landed" else run
