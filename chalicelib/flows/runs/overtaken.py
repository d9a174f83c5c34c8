"""What if a block that is not of the run has taken the place of one of it?

One of another run of ours: what was to be paid from there can never land, and is planned anew. A
stranger's is not ours to undo: everything stops, and a person decides.
"""

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, Lease, stop
from chalicelib.flows.plan import Write
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.isolate import Isolation
from chalicelib.flows.runs.left_out import leave_out
from chalicelib.flows.runs.legs import Legs
from chalicelib.flows.runs.own import is_own
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Run
from chalicelib.flows.withdrawals.record import queued, step
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.operations import Send
from chalicelib.settlement.outlook import Landed


class Overtaken:
    def __init__(self, desk: Desk, legs: Legs, isolation: Isolation) -> None:
        self._desk = desk
        self._legs = legs
        self._isolation = isolation

    def met(self, lease: Lease, run: Run, rival: Landed, driver: Driver) -> Run:
        """A block that is not of this run has taken the place of the first one of an account.

        Behind a block of the run that has landed alone another one may stand, too: that is met when what has
        landed is posted, and not taken for the end of all that the account was to pay.
        """
        others = [block for block in rival.first_met(run.known) if not is_own(self._desk.reader, run, block)]
        if any(self._desk.reader.get(table.own_block(block.hash.hex())) is None for block in others):
            return self.broken(lease, run, rival)
        return self._overtaken(lease, run, others, driver)

    def _overtaken(self, lease: Lease, run: Run, others: list[Block], driver: Driver) -> Run:
        """By another run of ours: what was to be paid from there can never land, and is planned anew; unless
        the block that came first pays just that."""
        accounts = {block.body.account.address for block in others}
        paid = {each.external for block in others for each in block.body.operations if isinstance(each, Send)}
        now_ms = self._desk.timer.now_ms()
        bad = {leg for leg in self._legs.of(run) if leg[0] in accounts}
        plan: list[Write] = []
        for payment in run.payments:
            found = self._legs.withdrawal(payment)
            if payment.source not in accounts or found.state != "planned" or payment.id in run.landed:
                continue
            if payment.id in paid:
                plan += leave_out(self._desk, run, found, "another run has paid it")
            else:
                plan += [step(found, "requested", now_ms, run=0), queued(found)]
        return self._isolation.without(lease, run, bad, "overtaken", driver, plan)

    def broken(self, lease: Lease, run: Run, rival: Landed) -> Run:
        """Another's block has taken the place of ours: the key is out."""
        now_ms = self._desk.timer.now_ms()
        foreign = [b.hash.hex() for b in rival.blocks if not is_own(self._desk.reader, run, b)]
        self._desk.observer.alarm("run_broken", slot=run.slot, run=run.number, block=foreign[0])
        broken = run.at("broken", now_ms)._replace(version=run.version + 1, trouble=f"block {foreign[0]}")
        stuck = [
            step(found, "stuck", now_ms, "a person looks at it")
            for found in map(self._legs.withdrawal, run.payments)
            if found.state == "planned"
        ]
        stops = stop(ALL, f"run {run.slot} {run.number} met the block {foreign[0]}", now_ms, lease)
        self._desk.writer.commit((broken.put(), *stuck, *stops))
        return broken
