"""What is written when a run has landed? The books of custody at once, its payments one by one.

What is told comes from the landed blocks. Each write requires the lease, and that it was not made before.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import ours
from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.custody.posting import custody_units, posting
from chalicelib.flows.gate import commit_in_turn, wait_until_open
from chalicelib.flows.plan import Plan, Put, Update, Write
from chalicelib.flows.records.entries import WithdrawalEntry, put_money
from chalicelib.flows.runs.blocks import Effect, effect
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.left_out import leave_out
from chalicelib.flows.runs.own import is_own, put_signed
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Payment, Run
from chalicelib.flows.withdrawals.record import Withdrawal, not_frozen, step
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, Purpose
from chalicelib.keeta.operations import Send
from chalicelib.ledger.transfers import payment_transfers
from chalicelib.settlement.outlook import Landed
from chalicelib.settlement.publishing import begin, sends_of

COMMIT_PAUSE_MS = 40
# For so many staples there should always be fees: with one a minute that is more than half a day.
STAPLES_LEFT_MIN = 1_000


class Books:
    """`assets` names the listed tokens of the network."""

    def __init__(self, desk: Desk, assets: Mapping[Account, str]) -> None:
        self._desk = desk
        self._assets = assets

    def land(self, lease: Lease, run: Run, landed: Landed, rest: Sequence[Block], *more: Put | Update) -> Run:
        """Post custody, fees and what is in flight; note which payments were made.

        rest: the blocks of the run that have not landed with these, signed anew; it goes on with them.
        Raises ConditionFailed, when the rest may not be signed now; what landed is posted by then.
        """
        blocks = self._new(run, landed)
        if not rest:
            return self._posted(lease, run.at("landed", self._now()), blocks, *more)
        run = self._posted(lease, run, blocks, *more) if blocks or more else run
        own = put_signed(run.slot, run.number, rest)
        payers = dict.fromkeys(payment.user for payment in run.payments if payment.id not in run.landed)
        sent = {self._assets[send.token] for block in rest for send in sends_of(block)}
        guard = lease.guard(tokens=sent, signs=run.kind == "settle")
        self._commit((guard, *own, *map(not_frozen, payers)))
        publishing = begin(self._desk.chain.network, rest, self._now())
        fresh = run._replace(publishing=publishing, version=run.version + 1)
        self._commit((lease.guard(), fresh.put()))
        return fresh

    def post(self, lease: Lease, run: Run, landed: Landed) -> Run:
        """Once, what the run's blocks in this staple did; what others put into it is not ours to post."""
        blocks = self._new(run, landed)
        return self._posted(lease, run, blocks) if blocks else run

    def _new(self, run: Run, landed: Landed) -> list[Block]:
        """Blocks of the run that are not posted yet."""
        known = set(run.blocks)
        return [b for b in landed.blocks if b.hash.hex() not in known and is_own(self._desk.reader, run, b)]

    def _posted(self, lease: Lease, run: Run, blocks: Sequence[Block], *more: Put | Update) -> Run:
        found = self._effect(run, blocks)
        done = run._replace(
            version=run.version + 1,
            landed={**run.landed, **found.paid},
            blocks=(*run.blocks, *(block.hash.hex() for block in blocks)),
            posted=(*run.posted, *found.transfers),
            accounts=tuple(sorted({*run.accounts, *(block.body.account.address for block in blocks)})),
        )
        self._commit((lease.guard(), done.put(), *posting(found.transfers, landed=True), *more))
        self._tell_low(blocks)
        return done

    def _tell_low(self, blocks: Sequence[Block]) -> None:
        """An alarm while what pays the network's fees still suffices for some staples like this one."""
        for block in blocks:
            if block.body.purpose is not Purpose.FEE:
                continue
            paid: Counter[str] = Counter()
            for send in sends_of(block):
                paid[self._assets[send.token]] += send.amount
            payer = block.body.account.address
            there = custody_units(self._desk.reader.get(table.custody_account(payer)))
            for asset, units in paid.items():
                left = max(there.get(asset, 0), 0) // units if units else STAPLES_LEFT_MIN
                if left < STAPLES_LEFT_MIN:
                    self._desk.observer.alarm("fees_low", account=payer, asset=asset, staples=left)

    def close(self, lease: Lease, run: Run) -> Run:
        """Post the payments, then let the slot go."""
        for payment in run.payments:
            self._post(lease, run, payment)
        closed = run.at("closed", self._now())._replace(version=run.version + 1)
        self._commit((lease.guard(run=0), closed.put()))
        return closed

    def rest(self, driver: Driver, run: Run, landed: Landed) -> list[Block]:
        """What is left to land when this has, signed anew."""
        there = [block for block in landed.blocks if is_own(self._desk.reader, run, block)]
        return driver.resigned(run, there)

    def _post(self, lease: Lease, run: Run, payment: Payment) -> None:
        key = schema.withdrawal(payment.user, payment.id)
        item = self._desk.reader.get(key)
        found = Withdrawal.from_item(item) if item else None
        if found is None or found.state not in ("planned", "stuck") or found.run != run.number:
            return  # posted before a crash, or left out of what was signed in the end
        block = run.landed.get(payment.id)
        if block:
            wait_until_open(self._desk.reader, self._desk.timer, payment.user)
            self._commit((lease.guard(), *self.paid(found, block)))
        elif found.state == "planned":
            # All that was signed has landed, and this payment is not in it.
            left_out = leave_out(self._desk, run, found, "its run has landed without it")
            self._commit((lease.guard(), *left_out))

    def paid(self, found: Withdrawal, block: str) -> list[Write]:
        now_ms = self._now()
        entry = WithdrawalEntry(now_ms, found.asset, found.units, found.id, found.to, block)
        return [
            step(found, "landed", now_ms, block=block),
            put_money(found.user, entry),
            *posting(payment_transfers(found.hold)),
        ]

    def _effect(self, run: Run, blocks: Sequence[Block]) -> Effect:
        sends = (op for block in blocks for op in block.body.operations if isinstance(op, Send))
        own = ours(self._desk.reader, sorted({send.to.address for send in sends}))
        return effect(blocks, run, own, self._assets)

    def _commit(self, plan: Plan) -> None:
        commit_in_turn(self._desk.writer, self._desk.timer, plan, COMMIT_PAUSE_MS)

    def _now(self) -> int:
        return self._desk.timer.now_ms()
