"""What if a run is over, and a payment of it is neither made nor set aside?

That contradicts our own records, so a person is told, and nobody decides it by a rule: it stays `stuck` and
held, is listed, and is not planned anew with the rest of its run.
"""

from chalicelib.flows.custody import table
from chalicelib.flows.plan import Put, Write
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Run
from chalicelib.flows.withdrawals.record import Withdrawal, step

LEFT_OUT = "left-out"


def leave_out(desk: Desk, run: Run, found: Withdrawal, reason: str) -> list[Write]:
    """The writes; it is told at once."""
    desk.observer.alarm("payment_left_out", run=run.number, withdrawal=found.id)
    note = Put(table.note(LEFT_OUT, found.id), {"owner": found.user, "run": run.number, "reason": reason})
    return [note, step(found, "stuck", desk.timer.now_ms(), reason)]
