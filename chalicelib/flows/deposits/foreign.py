"""What follows when a block stands on an account of ours that we did not sign? Everything stops.

Its maker has a key of ours. Only a person says that it is over.
"""

from collections.abc import Sequence

from chalicelib.errors import ConditionFailed, WriteRefused
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, stop
from chalicelib.flows.plan import Item, Plan, Present, Put, Update, Value
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.schema import Key

COMMIT_PAUSE_MS = 40
# A block may send 3,000 times, and an item of the store is not that large: so many stand in the note, and
# the others in pages beside it.
SENT_MAX = 300


class Foreign:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def met(self, block: str, account: str, signers: str = "", sent: Sequence[Value] = ()) -> None:
        """Told once; a person has cleared the stop since, or will. `block` is its hash in hexadecimal.

        sent: what it sent, where its operations can be read: [operation, to, token, units] each, the
        gravest first. Raises StoreError while the stops or the note can not be written; they are retried.
        """
        key = table.note("foreign", block)
        known = self._desk.reader.get(key)
        if known is None:
            self._stopped(block, account, signers)
            self._noted(key, account, signers, sent)
        elif sent and not known.get("sent"):  # it was seen as a mere head before
            self._completed(key, signers, sent)

    def _stopped(self, block: str, account: str, signers: str) -> None:
        """By itself, and first: nothing that the thief has written into his block may keep it off."""
        self._desk.observer.alarm("foreign_block", block=block, account=account, signers=signers)
        reason = f"a block of {account} that we did not sign"
        self._commit(stop(ALL, reason, self._desk.timer.now_ms()))

    def _noted(self, key: Key, account: str, signers: str, sent: Sequence[Value]) -> None:
        item: Item = {"account": account, "signers": signers, "at_ms": self._desk.timer.now_ms()}
        try:
            self._paged(key.sk, sent)
            self._commit((Put(key, {**item, **_listed(sent)}),))
        except WriteRefused:
            self._commit((Put(key, {**item, "sent": [], "more": len(sent)}),))

    def _completed(self, key: Key, signers: str, sent: Sequence[Value]) -> None:
        more: Item = {"signers": signers, **_listed(sent)}
        try:
            self._paged(key.sk, sent)
            self._commit((Update(key, set=more, require=(Present(),)),))
        except (WriteRefused, ConditionFailed) as refused:
            self._desk.observer.note("foreign_not_listed", block=key.sk, reason=str(refused))

    def _paged(self, block: str, sent: Sequence[Value]) -> None:
        """What the note has no room for. Before it: who finds the note finds all."""
        for start in range(SENT_MAX, len(sent), SENT_MAX):
            page = table.note("foreign-sent", f"{block}-{start:05d}")
            self._commit((Put(page, {"sent": list(sent[start : start + SENT_MAX])}),))

    def _commit(self, plan: Plan) -> None:
        # Its items are just those that a busy settlement writes.
        commit_patiently(self._desk.writer, self._desk.timer, plan, COMMIT_PAUSE_MS)


def _listed(sent: Sequence[Value]) -> Item:
    return {"sent": list(sent[:SENT_MAX]), "more": max(len(sent) - SENT_MAX, 0)}
