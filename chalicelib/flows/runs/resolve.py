"""How does a run end that met another's block? Payment by payment, by what is proven to have landed.

The key was out: somebody else has signed for our accounts. What of ours landed is posted, whoever brought
it there; what can never land is planned anew. While the place of a payment is open, nobody can tell,
and the run stays as it is: revoking the key puts a block in each of these places.
"""

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT, Lease, Leases
from chalicelib.flows.plan import Write
from chalicelib.flows.runs.aside import ASIDE
from chalicelib.flows.runs.fate import Fate, roots, walk
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.left_out import LEFT_OUT
from chalicelib.flows.runs.own import name_of
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Run, run_in_flight
from chalicelib.flows.withdrawals.record import Withdrawal, queued, step


class Resolver:
    def __init__(self, desk: Desk, leases: Leases, books: Books) -> None:
        self._desk = desk
        self._leases = leases
        self._books = books

    def resolve(self) -> bool:
        """Whether it has ended. Raises StoreError, KeetaNodeError."""
        lease = self._leases.take(SETTLEMENT)
        if lease is None:
            return False
        try:
            run = run_in_flight(self._desk.reader, lease)
            if run is None or run.state != "broken":
                return False
            return self._resolved(lease, run)
        finally:
            self._leases.release(lease)

    def _resolved(self, lease: Lease, run: Run) -> bool:
        is_open = False
        for account, root in roots(run).items():
            way = walk(self._desk, run, account, root.previous, root.last)
            for landed in way.landed:
                run = self._books.post(lease, run, landed)
            there = {name_of(block) for landed in way.landed for block in landed.blocks}
            left = {name_of(b) for b in run.known.blocks if b.body.account == account} - there
            is_open |= bool(left) and way.end is Fate.OPEN
        if is_open:
            return False
        for payment in run.payments:
            if self._is_noted(payment.id):
                continue
            item = self._desk.reader.get(schema.withdrawal(payment.user, payment.id))
            found = Withdrawal.from_item(item) if item else None
            if found is not None and found.state == "stuck" and found.run == run.number:
                block = run.landed.get(payment.id)
                plan = self._books.paid(found, block) if block else self._anew(found)
                self._desk.writer.commit((lease.guard(), *plan))
        void = run.at("void", self._desk.timer.now_ms())._replace(version=run.version + 1)
        self._desk.writer.commit((lease.guard(run=0), void.put()))
        return True

    def _is_noted(self, withdrawal: str) -> bool:
        """Whether it is decided elsewhere: by what stands in its place, or by a person."""
        notes = (table.note(kind, withdrawal) for kind in (ASIDE, LEFT_OUT))
        return any(self._desk.reader.get(note) is not None for note in notes)

    def _anew(self, found: Withdrawal) -> list[Write]:
        again = step(found, "requested", self._desk.timer.now_ms(), "planned anew", run=0)
        return [again, queued(found)]
