"""What follows when a block stands on an account of ours that we did not sign? Everything stops.

Its maker has a key of ours. Only a person says that it is over.
"""

from collections.abc import Sequence

from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, stop
from chalicelib.flows.plan import Item, Put, Update, Value
from chalicelib.flows.runs.ports import Desk

COMMIT_PAUSE_MS = 40


class Foreign:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def met(self, block: str, account: str, signers: str = "", sent: Sequence[Value] = ()) -> None:
        """Told once; a person has cleared the stop since, or will. `block` is its hash in hexadecimal.

        sent: what it sent, where its operations can be read: [operation, to, token, units] each.
        """
        key = table.note("foreign", block)
        known = self._desk.reader.get(key)
        if known is not None:
            if sent and not known.get("sent"):  # it was seen as a mere head before
                more: Item = {"signers": signers, "sent": list(sent)}
                self._desk.writer.commit((Update(key, set=more),))
            return
        now_ms = self._desk.timer.now_ms()
        self._desk.observer.alarm("foreign_block", block=block, account=account, signers=signers)
        item: Item = {"account": account, "signers": signers, "at_ms": now_ms, "sent": list(sent)}
        plan = (*stop(ALL, f"a block of {account} that we did not sign", now_ms), Put(key, item))
        # Its items are just those that a busy settlement writes.
        commit_patiently(self._desk.writer, self._desk.timer, plan, COMMIT_PAUSE_MS)
