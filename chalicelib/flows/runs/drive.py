"""How is a signed run brought to the main ledger?

Saved before every request, looked up after every failure. What follows from a look is in the table
of `settlement/decisions.py`. Nothing here plans, and nothing here writes the books.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.plan import Write
from chalicelib.flows.runs.own import is_own, name_of, put_own, put_signed
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.run import Run
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.errors import InvalidStaple
from chalicelib.keeta.operations import Operation
from chalicelib.settlement.decisions import Action, Seen, decide
from chalicelib.settlement.errors import KeetaNodeError, NotEnough
from chalicelib.settlement.fees import plan_fee
from chalicelib.settlement.outlook import Landed, Outlook, Verdict, may_begin_anew, verdict
from chalicelib.settlement.publishing import Publishing, Step, begin, next_step, sends_of
from chalicelib.settlement.refusals import Meaning
from chalicelib.settlement.rounds import adopt
from chalicelib.settlement.rules import BLOCK_AGE_MAX

# In one visit; a later one goes on.
FAILURES_MAX = 4
PAUSE_MS = 250
STEPS_MAX = 40

# Whether an operation of a block is left out of what is signed anew.
Dropped = Callable[[Block, Operation], bool]


def _nothing(_block: Block, _operation: Operation) -> bool:
    return False


class Result(NamedTuple):
    """landed: a proven staple with our blocks, or some of them. rival: one with others on the same
    `previous`. refused: it is of no use to ask again with these operations."""

    run: Run
    landed: Landed | None = None
    rival: Landed | None = None
    refused: bool = False


class Driver:
    """assets: names the listed tokens. payer: pays the fees of the network, and who signs for it."""

    def __init__(
        self,
        desk: Desk,
        assets: Mapping[Account, str],
        signers: Sequence[Signer],
        payer: Account,
        payer_signer: Signer,
    ) -> None:
        self._desk = desk
        self._assets = assets
        self._signers: Mapping[object, Signer] = {each.account: each for each in signers}
        self._payer = payer
        self._payer_signer = payer_signer

    def drive(self, lease: Lease, run: Run, deadline_ms: int) -> Result:
        """As far as it goes now. Raises ConditionFailed when the lease is lost, and StoreError."""
        doubtful = run.state == "submitted"
        if run.state == "signed":
            run = self.save(lease, run.at("submitted", self._now()))
        failures = 0
        for _ in range(STEPS_MAX):
            if self._now() > deadline_ms or failures > FAILURES_MAX:
                break
            refused = False
            try:
                doubtful = doubtful or self._is_raced(run)
                if doubtful:
                    result, go_on = self._look(lease, run)
                    run = result.run
                    if not go_on:
                        return result
                run, doubtful = self._step(lease, run)
                # A publish says nothing that counts; it is tried as seldom as what failed.
                failures += doubtful
            except KeetaNodeError as failure:
                refused = self._note(run, failure)
                run, doubtful, failures = self._kept(lease, run, failure), True, failures + 1
                self._desk.timer.pause(self._desk.timer.jitter(PAUSE_MS << failures))
            if refused and self._is_unheard(run):
                return Result(run, refused=True)
        return Result(run)

    def save(self, lease: Lease, run: Run, *more: Write) -> Run:
        """The next version, if the lease is still ours."""
        saved = run._replace(version=run.version + 1)
        self._desk.writer.commit((lease.guard(), saved.put(), *more))
        return saved

    def _is_raced(self, run: Run) -> bool:
        """Right before we ask for votes for ever: whether somebody has some already for our blocks with a fee
        block of his own. Split votes would freeze the accounts (`settlement/rounds.py`)."""
        known = run.known
        due = next_step(known, self._desk.chain.weights, self._now())
        may_split = due in (Step.FEE, Step.PERMANENT) and not known.permanent
        return may_split and self._desk.chain.is_raced(known)

    # --- one step ---------------------------------------------------------------------------

    def _step(self, lease: Lease, run: Run) -> tuple[Run, bool]:
        """The run after it, and whether a look is due."""
        chain, known = self._desk.chain, run.known
        match next_step(known, chain.weights, self._now()):
            case Step.TEMPORARY:
                return self._saved(lease, run, chain.ask_temporary(known)), False
            case Step.FEE:
                return self._with_fee_block(lease, run), False
            case Step.PERMANENT:
                return self._saved(lease, run, chain.ask_permanent(known)), False
            case Step.RENEW:
                return self._saved(lease, run, chain.renew(known)), False
            case Step.PUBLISH:
                chain.publish(known)
        return run, True

    def _saved(self, lease: Lease, run: Run, known: Publishing) -> Run:
        return self.save(lease, run._replace(publishing=known))

    def _with_fee_block(self, lease: Lease, run: Run) -> Run:
        """Signed and saved once; permanent votes are asked for with no other."""
        (state,) = self._desk.chain.states([self._payer])
        body = plan_fee(run.known, self._payer, self._payer_signer.account, state.previous, self._now())
        assert body is not None, "the step is due only when there are fees"
        block = self._payer_signer.sign(body)
        return self.save(
            lease,
            run._replace(publishing=run.known.with_fee_block(block)),
            put_own(run.slot, run.number, block),
        )

    def _kept(self, lease: Lease, run: Run, failure: KeetaNodeError) -> Run:
        """Votes for ever that came before the failure can not be had again."""
        votes = failure.votes if isinstance(failure, NotEnough) else ()
        forever = [vote for vote in votes if vote.permanent(self._now())]
        if not forever:
            return run
        with suppress(InvalidStaple):
            return self._saved(lease, run, run.known.with_permanent(forever))
        return run

    def _note(self, run: Run, failure: KeetaNodeError) -> bool:
        """Whether so many refuse for good that asking again is useless."""
        self._desk.observer.note(
            "keeta_failure", slot=run.slot, run=run.number, code=failure.code, reason=failure.detail
        )
        return failure.meaning is Meaning.FINAL

    def _is_unheard(self, run: Run) -> bool:
        """Nobody has promised anything for it, and everybody says so."""
        try:
            outlook = self._desk.chain.look(run.known)
        except KeetaNodeError:
            return False
        anew = may_begin_anew(run.known, outlook, self._desk.chain.weights, self._now())
        return verdict(outlook, self._now()) is Verdict.NOTHING and anew

    # --- after a doubt ----------------------------------------------------------------------

    def _look(self, lease: Lease, run: Run) -> tuple[Result, bool]:
        """What was found, and whether to take the next step."""
        outlook = self._desk.chain.look(run.known)
        now, weights = self._now(), self._desk.chain.weights
        known = self._adopted(run.known, outlook)
        seen = Seen(
            verdict(outlook, now),
            next_step(known, weights, now),
            all(abs(block.body.date - now) < BLOCK_AGE_MAX for block in known.blocks),
            may_begin_anew(run.known, outlook, weights, now),
        )
        match decide(seen):
            case Action.POST:
                return Result(run, landed=outlook.landed), False
            case Action.COMPARE:
                return self._compared(run, outlook), False
            case Action.FINISH:
                return Result(self._saved(lease, run, known)), True
            case Action.SIGN_ANEW:
                return Result(self._anew(lease, run)), True
            case Action.GO_ON:
                return Result(run), True
        return Result(run), False

    def _adopted(self, known: Publishing, outlook: Outlook) -> Publishing:
        try:
            return adopt(known, outlook, self._desk.chain.weights, self._now())
        except InvalidStaple:
            return known

    def _compared(self, run: Run, outlook: Outlook) -> Result:
        """An earlier signing of the same run, or a part of one, is as good as this one."""
        assert outlook.rival is not None
        met = outlook.rival.first_met(run.known)
        if all(is_own(self._desk.reader, run, block) for block in met):
            return Result(run, landed=outlook.rival)
        return Result(run, rival=outlook.rival)

    def _anew(self, lease: Lease, run: Run) -> Run:
        return self.signed_anew(lease, run, self.resigned(run))

    def signed_anew(
        self,
        lease: Lease,
        run: Run,
        blocks: Sequence[Block],
        *more: Write,
        assets: Iterable[str] | None = None,
    ) -> Run:
        """Saved, in place of what was signed before. Everybody knows the blocks as ours before that.

        assets: those that may not be stopped, if not all that these blocks send: of the run something may
        have landed or been left out. Raises ConditionFailed also while one of them is stopped.
        """
        now = self._now()
        publishing = begin(self._desk.chain.network, blocks, now)
        fresh = run._replace(publishing=publishing, times={**run.times, "signed_anew": now})
        own = put_signed(run.slot, run.number, blocks)
        # Permissions are signed also while nothing may be paid: that is when they are changed.
        sent = {self._assets[send.token] for block in blocks for send in sends_of(block)}
        free = sent if assets is None else assets
        guard = lease.guard(tokens=free, signs=run.kind == "settle")
        self._desk.writer.commit((guard, *own))
        return self.save(lease, fresh, *more)

    def resigned(self, run: Run, there: Iterable[Block] = (), *, without: Dropped = _nothing) -> list[Block]:
        """The same operations on the same `previous`, of now. Blocks that follow each other follow again.

        there: blocks of the run that have landed, perhaps of an earlier signing; only the rest is signed.
        without: which sends are left out.
        """
        now, done = self._now(), {name_of(block): block.hash for block in there}
        renamed = {old.hash: done[name_of(old)] for old in run.known.blocks if name_of(old) in done}
        blocks = []
        for old in run.known.blocks:
            operations = tuple(each for each in old.body.operations if not without(old, each))
            previous = renamed.get(old.body.previous, old.body.previous)
            if name_of(old) in done:
                continue
            if not operations:
                renamed[old.hash] = previous
                continue
            key = self._signer_of(old)
            body = replace(old.body, signer=key.account, date=now, previous=previous, operations=operations)
            blocks.append(key.sign(body))
            renamed[old.hash] = blocks[-1].hash
        return blocks

    def _signer_of(self, block: Block) -> Signer:
        """Whose signature the block gets now. A run may be older than the key that signs today: what counts
        is the `previous`, whoever signs."""
        signer = block.body.signer
        assert isinstance(signer, Account)
        return self._signers.get(signer, self._payer_signer)

    def _now(self) -> int:
        return self._desk.timer.now_ms()
