"""How is a planned run signed? On the heads of now, saved before anybody is asked for a vote.

In the transaction that saves it nothing of it is stopped and none of its payers is frozen. Whoever asks for
withdrawals without a pause writes the item that says so, and keeps nobody else waiting: he is let go.
"""

from collections.abc import Mapping

from chalicelib.errors import WriteContention
from chalicelib.flows import schema
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.plan import Plan, Write
from chalicelib.flows.runs.blocks import bodies, drafts
from chalicelib.flows.runs.own import put_signed
from chalicelib.flows.runs.ports import ChainState, Desk, Signer
from chalicelib.flows.runs.run import Run
from chalicelib.flows.withdrawals.record import Withdrawal, not_frozen, queued, step
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.settlement.publishing import begin

COMMIT_PAUSE_MS = 40
# The trouble of a run of which nothing is left to sign: to plan it once more at once would be of no use.
ALL_BUSY = "its payers are busy"
TRIES_MAX = 5
# Where they stand in the transaction that signs: behind the lease and the run.
FIRST_PAYER = 2


class Signing:
    def __init__(self, desk: Desk, operator: Signer, tokens: Mapping[str, Account]) -> None:
        self._desk = desk
        self._operator = operator
        self._tokens = tokens

    def sign(self, lease: Lease, run: Run) -> Run:
        """The run signed, or void when nothing of it is left.

        Raises ConditionFailed when something of it was stopped or frozen: the next visit drops the run.
        """
        for _ in range(TRIES_MAX):
            try:
                return self._signed(lease, run)
            except WriteContention as fault:
                payers = dict(enumerate(_payers(run), FIRST_PAYER))
                busy = {payers[place] for place in fault.contended if place in payers}
                if not busy:
                    raise
                run = self._let_go(lease, run, busy)
                if run.state == "void":
                    return run
        return self._signed(lease, run)

    def _signed(self, lease: Lease, run: Run) -> Run:
        chain, now_ms = self._desk.chain, self._desk.timer.now_ms()
        draft = drafts(run, self._tokens)
        accounts = list(dict.fromkeys(each.account for each in draft))
        states: dict[Account, ChainState] = {s.account: s for s in chain.states(accounts)}
        made = bodies(chain.network, draft, states, self._operator.account, f"s{run.number}", now_ms)
        blocks = [self._operator.sign(body) for body in made]
        signed = run.at("signed", now_ms)._replace(
            publishing=begin(chain.network, blocks, now_ms), version=run.version + 1
        )
        first = lease.guard(tokens=run.assets, signs=True), signed.put()
        assert len(first) == FIRST_PAYER
        plan: Plan = (*first, *map(not_frozen, _payers(run)), *put_signed(run.slot, run.number, blocks))
        commit_patiently(self._desk.writer, self._desk.timer, plan, COMMIT_PAUSE_MS)
        return signed

    def _let_go(self, lease: Lease, run: Run, users: set[UserId]) -> Run:
        """What they are to be paid waits again; the others go on. What moves for it goes all the same."""
        now_ms = self._desk.timer.now_ms()
        self._desk.observer.note("payers_let_go", run=run.number, payers=len(users))
        again: list[Write] = []
        for payment in (each for each in run.payments if each.user in users):
            item = self._desk.reader.get(schema.withdrawal(payment.user, payment.id))
            assert item is not None, "a planned withdrawal has its record"
            found = Withdrawal.from_item(item)
            again += [step(found, "requested", now_ms, run=0), queued(found)]
        left = tuple(each for each in run.payments if each.user not in users)
        fresh = run._replace(payments=left, version=run.version + 1)
        if left or run.moves:
            self._desk.writer.commit((lease.guard(), fresh.put(), *again))
            return fresh
        void = fresh.at("void", now_ms)._replace(trouble=ALL_BUSY)
        self._desk.writer.commit((lease.guard(run=0), void.put(), *again))
        return void


def _payers(run: Run) -> list[UserId]:
    return list(dict.fromkeys(payment.user for payment in run.payments))
