"""What becomes of a payment that was signed, and that the network refuses for good?

It is set aside: the others are signed anew on the same `previous` without it, and it is `stuck`. Nobody
may release it as long as its block could land. Once another block stands in its place, whichever run
that belonged to, the worker gives its money back by itself; should it have landed after all, it is
posted as paid. A move between accounts of ours that was given up is watched in the same way.
"""

from collections.abc import Iterable, Iterator

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.gate import wait_until_open
from chalicelib.flows.plan import Delete, Item, Put, Write
from chalicelib.flows.runs.fate import Fate, Walk, roots, walk
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Payment, Run, read_run
from chalicelib.flows.withdrawals.day import given_back
from chalicelib.flows.withdrawals.record import Withdrawal, step
from chalicelib.keeta.account import Account

PAGE = 100


def put_move(run: Run) -> Put:
    """The write by which a run of one block that pays nobody is watched when it is void."""
    ((account, previous),) = roots(run).items()
    place: Item = {"account": account.address, "previous": previous.hex()}
    return Put(
        table.note("given-up", f"{run.slot}-{run.number}"), {"slot": run.slot, "run": run.number, **place}
    )


class Aside:
    def __init__(self, desk: Desk, books: Books) -> None:
        self._desk = desk
        self._books = books

    def put(self, run: Run, payments: Iterable[Payment], reason: str) -> list[Write]:
        """The writes that set payments of a signed run aside."""
        plan: list[Write] = []
        places = {account.address: previous for account, previous in roots(run).items()}
        for payment in payments:
            found = self._withdrawal(payment.user, payment.id)
            if found is None or found.state != "planned":
                continue
            place = {"account": payment.source, "previous": places[payment.source].hex()}
            told: Item = {"owner": payment.user, "slot": run.slot, "run": run.number, **place}
            plan.append(Put(table.note("aside", payment.id), told))
            plan.append(step(found, "stuck", self._desk.timer.now_ms(), reason))
        return plan

    def visit(self, lease: Lease) -> None:
        """Give back what can never land any more. Raises StoreError, KeetaNodeError."""
        for item in self._listed("aside"):
            self._decide(lease, item)
        for item in self._listed("given-up"):
            self._watch(lease, item)

    def _listed(self, kind: str) -> Iterator[Item]:
        after: str | None = None
        while True:
            page = self._desk.reader.page(table.note(kind, "0"), "~", PAGE, after=after)
            yield from page.items
            if page.next is None:
                return
            after = page.next

    def _watch(self, lease: Lease, item: Item) -> None:
        """Post a move that landed after all; forget it then, or when another block has its place."""
        run = self._run(item)
        way = self._way(run, item)
        self._posted(lease, run, way)
        if way.landed or way.end is Fate.DEAD:
            key = table.note("given-up", str(item["sk"]))
            self._desk.writer.commit((lease.guard(), Delete(key)))

    def _decide(self, lease: Lease, item: Item) -> None:
        key = table.note("aside", str(item["sk"]))
        found = self._withdrawal(str(item["owner"]), str(item["sk"]))
        if found is None or found.state != "stuck":
            self._desk.writer.commit((lease.guard(), Delete(key)))  # a person has decided
            return
        run = self._run(item)
        way = self._way(run, item)
        run = self._posted(lease, run, way)
        block = run.landed.get(found.id)
        if block is None and way.end is Fate.OPEN:
            return
        wait_until_open(self._desk.reader, self._desk.timer, found.user)
        plan = self._books.paid(found, block) if block else self._failed(found)
        self._desk.writer.commit((lease.guard(), Delete(key), *plan))
        self._desk.observer.note("aside_decided", withdrawal=found.id, state="landed" if block else "failed")

    def _way(self, run: Run, item: Item) -> Walk:
        account, previous = str(item["account"]), bytes.fromhex(str(item["previous"]))
        return walk(self._desk, run, Account.from_address(account), previous)

    def _posted(self, lease: Lease, run: Run, way: Walk) -> Run:
        for landed in way.landed:
            if not {block.hash.hex() for block in landed.blocks} & set(run.blocks):
                run = self._books.post(lease, run, landed)
        return run

    def _failed(self, found: Withdrawal) -> list[Write]:
        return [step(found, "failed", self._desk.timer.now_ms(), "replaced"), *given_back(found)]

    def _run(self, item: Item) -> Run:
        slot, number = str(item["slot"]), int(str(item["run"]))
        stored = self._desk.reader.get(table.run(slot, number))
        assert stored is not None, "a run that signed something is kept"
        return read_run(slot, stored)

    def _withdrawal(self, user: str, id_: str) -> Withdrawal | None:
        item = self._desk.reader.get(schema.Key(schema.ACCOUNTS, user, schema.WITHDRAWAL_PREFIX + id_))
        return Withdrawal.from_item(item) if item else None
