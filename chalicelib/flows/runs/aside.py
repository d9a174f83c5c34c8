"""What becomes of what was signed, and that the network refuses for good?

It is set aside: the others are signed anew on the same `previous` without it; a payment is `stuck`. Nobody
may release it as long as its block could land. Once another block stands in its place, whichever run
that belonged to, the worker gives its money back by itself; should it have landed after all, it is
posted as paid. What pays nobody, a move or a permission, was given up and is watched in the same way.
"""

from collections.abc import Callable, Iterable

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.gate import commit_in_turn, wait_until_open
from chalicelib.flows.plan import Delete, Item, Put, Write
from chalicelib.flows.runs.fate import Fate, Walk, roots, walk
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.own import place_of
from chalicelib.flows.runs.ports import Desk, StoreReader
from chalicelib.flows.runs.run import Payment, Run, read_run
from chalicelib.flows.withdrawals.day import given_back
from chalicelib.flows.withdrawals.record import Withdrawal, step
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.operations import Operation
from chalicelib.settlement.publishing import sends_of

ASIDE, GIVEN_UP = "aside", "given-up"
# Of each kind in one visit; the next one goes on behind them, so that many keep nobody waiting.
LOOKED_MAX = 20
COMMIT_PAUSE_MS = 40


def put_given_up(run: Run, accounts: Iterable[Account] | None = None) -> list[Put]:
    """The writes by which blocks that pay nobody are watched: the first of each account, or of these."""
    found = roots(run)
    plan = []
    for account in found if accounts is None else accounts:
        where = _place(account, found[account].previous, found[account].first)
        name = f"{run.slot}-{run.number}-{account.address}"
        plan.append(Put(table.note(GIVEN_UP, name), {"slot": run.slot, "run": run.number, **where}))
    return plan


def moving(run: Run, chosen: Callable[[Block, Operation], bool]) -> list[Account]:
    """Accounts that were to make chosen moves."""
    found = [
        block.body.account
        for block in run.known.blocks
        if any(send.external is None and chosen(block, send) for send in sends_of(block))
    ]
    return list(dict.fromkeys(found))


def look_along(desk: Desk, item: Item) -> tuple[Run, Walk]:
    """The run of which something was set aside, and what stands in its place. Raises KeetaNodeError."""
    run = _run(desk.reader, item)
    account, previous = Account.from_address(str(item["account"])), bytes.fromhex(str(item["previous"]))
    return run, walk(desk, run, account, previous, int(str(item["place"])))


class Aside:
    def __init__(self, desk: Desk, books: Books) -> None:
        self._desk = desk
        self._books = books

    def put(self, run: Run, payments: Iterable[Payment], reason: str) -> list[Write]:
        """The writes that set payments of a signed run aside."""
        plan: list[Write] = []
        places = {
            send.external: place_of(block)
            for block in run.known.blocks
            for send in sends_of(block)
            if send.external
        }
        found_at = roots(run)
        for payment in payments:
            found = self._withdrawal(payment.user, payment.id)
            if found is None or found.state != "planned":
                continue
            account, place = Account.from_address(payment.source), places[payment.id]
            assert place is not None, "a payment stands in no fee block"
            where = _place(account, found_at[account].previous, place)
            told: Item = {"owner": payment.user, "slot": run.slot, "run": run.number, **where}
            plan.append(Put(table.note(ASIDE, payment.id), told))
            plan.append(step(found, "stuck", self._desk.timer.now_ms(), reason))
        return plan

    def open(self, run: Run) -> list[Payment]:
        """Those that the run is still to make: neither made nor set aside."""
        found = ((payment, self._withdrawal(payment.user, payment.id)) for payment in run.payments)
        return [
            payment
            for payment, asked in found
            if payment.id not in run.landed and asked and (asked.state, asked.run) == ("planned", run.number)
        ]

    def end(self, lease: Lease, run: Run, plan: Iterable[Write]) -> Run:
        """With this plan nothing of the run is left to land. What has landed of it before is to be closed."""
        now_ms = self._desk.timer.now_ms()
        ended = run.at("landed" if run.blocks else "void", now_ms)._replace(version=run.version + 1)
        guard = lease.guard() if run.blocks else lease.guard(run=0)
        self._desk.writer.commit((guard, ended.put(), *plan))
        return ended

    def visit(self, lease: Lease) -> None:
        """Give back what can never land any more. Raises StoreError, KeetaNodeError."""
        for item in self._next(lease, ASIDE):
            self._decide(lease, item)
        for item in self._next(lease, GIVEN_UP):
            self._watch(lease, item)

    def _next(self, lease: Lease, kind: str) -> list[Item]:
        """Those whose turn it is: behind the last one of the visit before, or from the beginning."""
        cursor = table.cursor(f"looked-{kind}")
        last = str((self._desk.reader.get(cursor) or {}).get("after", ""))
        page = self._desk.reader.page(table.note(kind, "0"), "~", LOOKED_MAX, after=last or None)
        if (page.next or "") != last:
            self._desk.writer.commit((lease.guard(), Put(cursor, {"after": page.next or ""})))
        return page.items

    def _watch(self, lease: Lease, item: Item) -> None:
        """Post what landed after all; forget it then, or when another block has its place."""
        run, way = look_along(self._desk, item)
        self._posted(lease, run, way)
        if way.end is Fate.DEAD:
            key = table.note(GIVEN_UP, str(item["sk"]))
            self._desk.writer.commit((lease.guard(), Delete(key)))

    def _decide(self, lease: Lease, item: Item) -> None:
        key = table.note(ASIDE, str(item["sk"]))
        found = self._withdrawal(str(item["owner"]), str(item["sk"]))
        if found is None or found.state != "stuck":
            self._desk.writer.commit((lease.guard(), Delete(key)))  # a person has decided
            return
        run, way = look_along(self._desk, item)
        run = self._posted(lease, run, way)
        block = run.landed.get(found.id)
        if block is None and way.end is Fate.OPEN:
            return
        wait_until_open(self._desk.reader, self._desk.timer, found.user)
        plan = lease.guard(), Delete(key), *(self._books.paid(found, block) if block else self._failed(found))
        commit_in_turn(self._desk.writer, self._desk.timer, plan, COMMIT_PAUSE_MS)
        self._desk.observer.note("aside_decided", withdrawal=found.id, state="landed" if block else "failed")

    def _posted(self, lease: Lease, run: Run, way: Walk) -> Run:
        for landed in way.landed:
            run = self._books.post(lease, run, landed)
        return run

    def _failed(self, found: Withdrawal) -> list[Write]:
        return [step(found, "failed", self._desk.timer.now_ms(), "replaced"), *given_back(found)]

    def _withdrawal(self, user: str, id_: str) -> Withdrawal | None:
        item = self._desk.reader.get(schema.Key(schema.ACCOUNTS, user, schema.WITHDRAWAL_PREFIX + id_))
        return Withdrawal.from_item(item) if item else None


def _place(account: Account, previous: bytes, place: int) -> Item:
    return {"account": account.address, "previous": previous.hex(), "place": place}


def _run(reader: StoreReader, item: Item) -> Run:
    slot, number = str(item["slot"]), int(str(item["run"]))
    stored = reader.get(table.run(slot, number))
    assert stored is not None, "a run that signed something is kept"
    return read_run(slot, stored)
