"""How do coins come back from the vault? In a run of its own, signed with the owner key.

They go to the house's account, where payments find them. A run that was begun is finished before
anything else is: asked twice after a crash, the coins come once. One that the network refuses holds up
nobody: it pays only ourselves, so it is void, and posted (`runs/aside.py`) should it land after all.
"""

from typing import NamedTuple

from chalicelib.errors import Conflict
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT, Lease, Leases
from chalicelib.flows.custody.posting import custody_units
from chalicelib.flows.custody.reach import address_of
from chalicelib.flows.runs.aside import put_given_up
from chalicelib.flows.runs.blocks import bodies, drafts
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.own import put_signed
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.run import MAY_LAND, Run, new_run, run_in_flight
from chalicelib.keeta.account import Account
from chalicelib.money import Amount
from chalicelib.settlement.netting import Move
from chalicelib.settlement.publishing import begin


class Refilled(NamedTuple):
    """What was brought, in this call or by one that was begun before it; `landed` once it is there."""

    amount: Amount
    landed: bool
    begun_before: bool


class Refill:
    def __init__(self, desk: Desk, leases: Leases, driver: Driver, books: Books, owner: Signer) -> None:
        self._desk = desk
        self._leases = leases
        self._driver = driver
        self._books = books
        self._owner = owner

    def bring(self, amount: Amount, token: Account, deadline_ms: int) -> Refilled:
        """Raises Conflict when something else is under way, when the vault holds less or may not send,
        and when the network refuses it; ConditionFailed while the token is stopped; StoreError,
        KeetaNodeError."""
        lease = self._leases.take(SETTLEMENT)
        if lease is None:
            raise Conflict("a settlement is under way; try again in a moment", code="settlement_busy")
        try:
            begun = run_in_flight(self._desk.reader, lease)
            if begun is not None and begun.kind != "refill":
                raise Conflict(f"run {begun.number} is in flight", code="settlement_busy")
            run = begun or self._signed(lease, amount, token)
            (move,) = run.moves
            done = self._finished(self._leases.refreshed(lease), run, deadline_ms)
            if done.state == "void":
                raise Conflict(f"the network refuses run {done.number}; it is void", code="refill_refused")
            return Refilled(Amount(move.asset, move.units), done.state == "closed", begun is not None)
        finally:
            self._leases.release(lease)

    def _finished(self, lease: Lease, run: Run, deadline_ms: int) -> Run:
        if run.state in MAY_LAND:
            result = self._driver.drive(lease, run, deadline_ms)
            run = result.run
            if result.refused or result.rival is not None:
                return self._void(lease, run)
            if result.landed is not None:
                rest = self._books.rest(self._driver, run, result.landed)
                run = self._books.land(lease, run, result.landed, rest)
        return self._books.close(lease, run) if run.state == "landed" else run

    def _void(self, lease: Lease, run: Run) -> Run:
        self._desk.observer.alarm("refill_void", run=run.number)
        void = run.at("void", self._desk.timer.now_ms())._replace(version=run.version + 1)
        self._desk.writer.commit((lease.guard(run=0), void.put(), *put_given_up(run)))
        return void

    def _signed(self, lease: Lease, amount: Amount, token: Account) -> Run:
        chain, now_ms, number = self._desk.chain, self._desk.timer.now_ms(), lease.last_run + 1
        move = Move(*self._between(amount), amount.asset, amount.units)
        if not chain.sendable(self._owner.account, [(Account.from_address(move.source), token)]):
            raise Conflict(f"the vault may not send {amount.asset}", code="vault_may_not_send")
        run = new_run(SETTLEMENT, number, "refill", (move,), (), now_ms).at("signed", now_ms)
        plan = drafts(run, {amount.asset: token})
        states = {state.account: state for state in chain.states([draft.account for draft in plan])}
        made = bodies(chain.network, plan, states, self._owner.account, f"s{number}", now_ms)
        blocks = [self._owner.sign(body) for body in made]
        run = run._replace(publishing=begin(chain.network, blocks, now_ms))
        guard = lease.guard(run=number, tokens=[amount.asset], signs=True)
        own = put_signed(SETTLEMENT, number, blocks)
        self._desk.writer.commit((guard, run.put(), *own))
        return run

    def _between(self, amount: Amount) -> tuple[str, str]:
        """The vault, and the house's account. Raises Conflict."""
        vault, house = address_of(self._desk.reader, "vault"), address_of(self._desk.reader, "house")
        there = custody_units(self._desk.reader.get(table.custody_account(vault))).get(amount.asset, 0)
        if there < amount.units:
            raise Conflict(f"the vault holds {there} units of {amount.asset}", code="vault_holds_less")
        return vault, house
