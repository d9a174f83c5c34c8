"""What does the settlement function do in one visit? Finish what was begun, then plan, sign and send.

One lease, one run in flight. Payments are planned from the queue, together with the moves that they
need; a netting visit moves whatever lies at the wrong address. Controls are asked here once more,
right before anything is planned: what was asked for long ago may be frozen by now.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chalicelib.errors import ConditionFailed
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Custody, ours
from chalicelib.flows.custody.lease import SETTLEMENT, Lease, Leases
from chalicelib.flows.plan import Delete, Write
from chalicelib.flows.runs.blocks import bodies, drafts
from chalicelib.flows.runs.drive import Driver, put_own
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.legs import Legs
from chalicelib.flows.runs.ports import ChainState, Desk, Signer
from chalicelib.flows.runs.positions import Positions
from chalicelib.flows.runs.run import Payment, Run, new_run, read_run
from chalicelib.flows.schema import Key
from chalicelib.flows.withdrawals.record import Withdrawal, step
from chalicelib.keeta.account import Account
from chalicelib.settlement.errors import KeetaNodeError
from chalicelib.settlement.netting import Move, net_moves, one_staple
from chalicelib.settlement.publishing import begin

PAYMENTS_MAX = 30
PAGE = 100
RUNS_MAX = 20
# A run that has not landed after this is a person's to look at.
STUCK_MS = 30 * 60_000


class Report(NamedTuple):
    """Runs that were closed in this visit, and what they were."""

    runs: int
    payments: int
    moves: int
    closed: tuple[Run, ...] = ()


class Settler:
    def __init__(
        self,
        desk: Desk,
        leases: Leases,
        driver: Driver,
        books: Books,
        operator: Signer,
        tokens: Mapping[str, Account],
        positions: Positions,
    ) -> None:
        self._desk = desk
        self._leases = leases
        self._driver = driver
        self._books = books
        self._operator = operator
        self._tokens = tokens
        self._positions = positions
        self._legs = Legs(desk, operator.account, tokens)

    def visit(self, deadline_ms: int, *, netting: bool = False) -> Report:
        """Raises StoreError; whatever else goes wrong waits for the next visit."""
        lease = self._leases.take(SETTLEMENT)
        if lease is None:
            return Report(0, 0, 0)
        closed: list[Run] = []
        try:
            for _ in range(RUNS_MAX):
                run = self._in_flight(lease) or self._planned(lease, netting=netting)
                if run is None or self._now() > deadline_ms:
                    break
                run = self._finish(self._leases.refreshed(lease), run, deadline_ms)
                if run.state not in ("closed", "void"):
                    break
                closed.append(run)
                netting = False
                lease = self._leases.refreshed(lease)
        except (ConditionFailed, KeetaNodeError) as failure:
            # The lease was lost, something was stopped, or the network does not answer: nothing is half done.
            self._desk.observer.note("settlement_interrupted", reason=failure.detail)
        finally:
            self._leases.release(lease)
        done = [run for run in closed if run.state == "closed"]
        sends = sum(len(r.payments) for r in done), sum(len(r.moves) for r in done)
        return Report(len(done), *sends, tuple(done))

    # --- finishing --------------------------------------------------------------------------

    def _in_flight(self, lease: Lease) -> Run | None:
        item = self._desk.reader.get(table.run(SETTLEMENT, lease.run)) if lease.run else None
        return read_run(SETTLEMENT, item) if item else None

    def _finish(self, lease: Lease, run: Run, deadline_ms: int) -> Run:
        """As far as it goes."""
        if run.kind != "settle":
            return run  # whoever holds the owner key goes on with it
        if run.state == "planned":
            bad = self._legs.bad(run)
            run = self._legs.drop(lease, run, bad) if bad else self._sign(lease, run)
        if run.state in ("signed", "submitted"):
            result = self._driver.drive(lease, run, deadline_ms)
            run = result.run
            if result.landed is not None:
                run = self._books.land(lease, run, result.landed)
            elif result.rival is not None:
                run = self._legs.broken(lease, run, result.rival)
            elif result.refused:
                self._desk.observer.alarm("run_refused", slot=run.slot, run=run.number)
            elif self._now() - run.times["signed"] > STUCK_MS:
                self._desk.observer.alarm("run_does_not_land", slot=run.slot, run=run.number)
        if run.state == "landed":
            run = self._books.close(lease, run)
        return run

    # --- planning ---------------------------------------------------------------------------

    def _planned(self, lease: Lease, *, netting: bool) -> Run | None:
        """A new run, written down; None when nothing has to move."""
        wanted = self._wanted(lease)
        sources = ours(self._desk.reader, (address for _, address in wanted))
        payments = [self._payment(each, address) for each, address in wanted if address in sources]
        needs = _needs(payments)
        short = {at for at, units in needs.items() if sources[at[0]].held(at[1]) < units}
        moves: list[Move] = []
        if short or netting:
            barred = self._legs.barred()
            positions = [
                p
                for p in self._positions.all()
                if not lease.stopped(p.asset) and (p.address, p.asset) not in barred
            ]
            moves = one_staple(net_moves(positions, needs, wanted_only=not netting))
        payments = _covered(payments, sources, moves)
        if not moves and not payments:
            return None
        return self._write_down(lease, moves, payments, {each.id: each for each, _ in wanted})

    def _write_down(
        self, lease: Lease, moves: list[Move], payments: list[Payment], wanted: dict[str, Withdrawal]
    ) -> Run:
        now_ms = self._now()
        run = new_run(SETTLEMENT, lease.last_run + 1, "settle", tuple(moves), tuple(payments), now_ms)
        plan: list[Write] = [lease.guard(run=run.number), run.put()]
        for payment in payments:
            found = wanted[payment.id]
            plan += [
                step(found, "planned", now_ms, run=run.number),
                Delete(table.queued_withdrawal(found.queued_id)),
            ]
        self._desk.writer.commit(tuple(plan))
        return run

    def _wanted(self, lease: Lease) -> list[tuple[Withdrawal, str]]:
        """Withdrawals whose turn it is, each with the address that pays it."""
        first = table.queued_withdrawal("0")
        found: list[tuple[Withdrawal, str]] = []
        for item in self._desk.reader.page(first, "~", PAGE).items:
            user, wid = str(item["owner"]), str(item["sk"]).partition("#")[2]
            record = self._desk.reader.get(Key(schema.ACCOUNTS, user, schema.WITHDRAWAL_PREFIX + wid))
            withdrawal = Withdrawal.from_item(record) if record else None
            if withdrawal is None or withdrawal.state != "requested":
                continue
            if len(withdrawal.approved) < withdrawal.needs:
                continue
            if lease.stopped(withdrawal.asset) or self._is_frozen(withdrawal):
                continue
            home = self._desk.reader.get(schema.deposit_address(withdrawal.user))
            if home is not None and len(found) < PAYMENTS_MAX:
                found.append((withdrawal, str(home["address"])))
        return found

    def _is_frozen(self, withdrawal: Withdrawal) -> bool:
        item = self._desk.reader.get(schema.payout_controls(withdrawal.user)) or {}
        return int(str(item.get("frozen", 0))) > 0

    def _payment(self, each: Withdrawal, source: str) -> Payment:
        return Payment(each.id, each.user, source, each.to, each.asset, each.units)

    # --- signing ----------------------------------------------------------------------------

    def _sign(self, lease: Lease, run: Run) -> Run:
        """Blocks on the heads of now, saved before anybody is asked for a vote."""
        plan, chain, now_ms = drafts(run, self._tokens), self._desk.chain, self._now()
        accounts = list(dict.fromkeys(draft.account for draft in plan))
        states: dict[Account, ChainState] = {s.account: s for s in chain.states(accounts)}
        made = bodies(chain.network, plan, states, self._operator.account, f"s{run.number}", now_ms)
        blocks = [self._operator.sign(body) for body in made]
        signed = run.at("signed", now_ms)._replace(
            publishing=begin(chain.network, blocks, now_ms), version=run.version + 1
        )
        tokens = {move.asset for move in run.moves} | {payment.asset for payment in run.payments}
        own = (put_own(run.slot, run.number, block) for block in blocks)
        self._desk.writer.commit((lease.guard(tokens=tokens, signs=True), signed.put(), *own))
        return signed

    def _now(self) -> int:
        return self._desk.timer.now_ms()


def _needs(payments: Sequence[Payment]) -> dict[tuple[str, str], int]:
    """What each address must hold of each asset to make its payments."""
    needs: dict[tuple[str, str], int] = {}
    for payment in payments:
        at = payment.source, payment.asset
        needs[at] = needs.get(at, 0) + payment.units
    return needs


def _covered(payments: list[Payment], sources: Mapping[str, Custody], moves: Sequence[Move]) -> list[Payment]:
    """Those that their addresses can pay, with what the moves bring and take, in their order."""
    left: dict[tuple[str, str], int] = {}
    for address, account in sources.items():
        left |= {(address, asset): units for asset, units in account.units.items()}
    for move in moves:
        left[move.target, move.asset] = left.get((move.target, move.asset), 0) + move.units
        left[move.source, move.asset] = left.get((move.source, move.asset), 0) - move.units
    found = []
    for payment in payments:
        at = payment.source, payment.asset
        if left.get(at, 0) >= payment.units:
            left[at] -= payment.units
            found.append(payment)
    return found
