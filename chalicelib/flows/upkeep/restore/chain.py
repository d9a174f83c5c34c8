"""How are the books and the chain brought together after a store was restored?

The history of the network is read from some moment on. Staples of ours that no run of the books knows are
written down as the runs that they were, deposits are found again, and then each such run is posted, oldest
first, as settlement would have posted it. Whoever dies amid that begins anew: what is posted is known by
its run, and what is not is found again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from chalicelib.errors import Unavailable
from chalicelib.flows import schema
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Custody, open_account, ours
from chalicelib.flows.custody.lease import SLOTS, Lease, Leases
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.deposits.follow import CURSOR, Follower, Histories, Place
from chalicelib.flows.plan import Absent, Delete, Put, Write
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.own import put_own
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import IN_FLIGHT, Kind, Payment, Run, new_run
from chalicelib.flows.upkeep.restore.posted import is_posted, left_of, stored_run
from chalicelib.flows.upkeep.restore.staples import Found, read_staple
from chalicelib.flows.withdrawals.record import Withdrawal, queued, step
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from chalicelib.keeta.quorum import verify_staple
from chalicelib.keeta.staple import Staple
from chalicelib.ledger.transfers import Transfer, hold_transfers
from chalicelib.settlement.outlook import Landed
from chalicelib.settlement.publishing import Publishing
from chalicelib.settlement.told import Entry

COMMIT_PAUSE_MS = 40
WRITES_MAX = 50


class Rescanned(NamedTuple):
    """posted: runs that are in the books now. left: those that a person has to look at. deposits: found
    again."""

    posted: list[Found]
    left: list[Found]
    deposits: int


class Rescan:
    """`operator` is the address of the key that sends for us, "" where nobody has said; the owner's stands
    in the store."""

    def __init__(
        self,
        desk: Desk,
        histories: Histories,
        leases: Leases,
        follower: Follower,
        books: Books,
        assets: Mapping[Account, str],
        operator: str,
    ) -> None:
        self._desk = desk
        self._histories = histories
        self._leases = leases
        self._follower = follower
        self._books = books
        self._assets = assets
        self._operator = operator

    def look(self, since_ms: int, more_keys: Iterable[str] = ()) -> list[Found]:
        """Staples of ours that no run has posted, oldest first. Nothing is written.

        more_keys: addresses of keys that were the operator's within this time. Raises KeetaNodeError,
        KeetaError for a staple that is not proven, and StoreError.
        """
        keys = self._keys() | set(more_keys)
        found = [self._judged(staple, keys) for staple in self._unknown(since_ms)]
        return sorted(found, key=lambda each: each.staple.moment)

    def mend(
        self, found: Iterable[Found], accepted: frozenset[str], since_ms: int, deadline_ms: int
    ) -> Rescanned:
        """Raises what `look` raises, and Unavailable when it has to be begun anew later."""
        ready, left = _sorted_out(found, accepted)
        for slot in SLOTS:
            self._close_landed(slot)
        for each in ready:
            self._know(each)
        deposits = self._follow(since_ms, deadline_ms)
        # What is in flight comes first: while it is, no other run can be written down.
        for each in sorted(ready, key=lambda each: each.number != self._in_flight(each.slot)):
            self._post(each)
        return Rescanned(ready, left, deposits)

    def _in_flight(self, slot: str) -> int:
        lease = self._desk.reader.get(table.lease(slot)) or {}
        return int(str(lease.get("run", 0)))

    def retire_waiting(self) -> int:
        """Take every address that waits out of the pool: since the backup it may have been shown to a user,
        of whom the books know nothing. What comes in there is suspense. How many they were."""
        count = 0
        while items := self._desk.reader.page(table.free_address("0"), "~", WRITES_MAX // 2).items:
            addresses = [str(item["sk"]) for item in items]
            gone = (Delete(table.free_address(address)) for address in addresses)
            kept = (Put(table.retired_address(address), {}) for address in addresses)
            self._desk.writer.commit((*gone, *kept))
            count += len(items)
        return count

    # --- looking ----------------------------------------------------------------------------

    def _unknown(self, since_ms: int) -> list[Staple]:
        staples: dict[bytes, Staple] = {}
        start: bytes | None = None
        while True:
            page = self._histories.history(None, start, 0)
            entries = [each for each in page.entries if isinstance(each, Entry) and each.moment >= since_ms]
            own = ours(self._desk.reader, sorted(_accounts(each.staple for each in entries)))
            for each in entries:
                accounts = {block.body.account.address for block in each.staple.blocks}
                if accounts & own.keys() and not is_posted(self._desk.reader, each.staple):
                    verify_staple(each.staple, self._desk.chain.weights, self._desk.timer.now_ms())
                    staples[each.id] = each.staple
            moments = [each.moment for each in page.entries if each.moment is not None]
            if not page.entries or (moments and min(moments) < since_ms):
                return list(staples.values())
            start = page.next

    def _judged(self, staple: Staple, keys: set[str]) -> Found:
        found = read_staple(staple, self._own(staple), keys, self._assets)
        known = {each.id: w for each in found.payments if (w := self._withdrawal(each)) is not None}
        return found.doubted(known)

    def _own(self, staple: Staple) -> dict[str, Custody]:
        sends = (op for block in staple.blocks for op in block.body.operations if isinstance(op, Send))
        return ours(self._desk.reader, sorted(_accounts([staple]) | {send.to.address for send in sends}))

    def _keys(self) -> set[str]:
        owner = self._desk.reader.get(table.cursor("owner"))
        return {self._operator, *([str(owner["address"])] if owner else [])} - {""}

    def _withdrawal(self, payment: Payment) -> Withdrawal | None:
        item = self._desk.reader.get(schema.withdrawal(payment.user, payment.id))
        return Withdrawal.from_item(item) if item else None

    # --- deposits ---------------------------------------------------------------------------

    def _know(self, found: Found) -> None:
        """Its blocks and the accounts that it made, so that nobody takes them for a thief's."""
        writes: list[Write] = [put_own(found.slot, found.number, block) for block in found.staple.blocks]
        made = [account.address for account in found.created]
        writes += [open_account(address, "user") for address in made]
        writes += [Put(table.retired_address(address), {}) for address in made]
        for start in range(0, len(writes), WRITES_MAX):
            self._desk.writer.commit(tuple(writes[start : start + WRITES_MAX]))

    def _follow(self, since_ms: int, deadline_ms: int) -> int:
        """From `since_ms` on, or from where it stands if that is earlier, to the end."""
        item = self._desk.reader.get(table.cursor(CURSOR))
        done = min(since_ms, int(str(item["done"]))) if item else since_ms
        place = Place(done, 0, "", 0)
        self._desk.writer.commit((Put(table.cursor(CURSOR), place._asdict()),))
        return self._follower.visit(deadline_ms).total()

    # --- posting ----------------------------------------------------------------------------

    def _close_landed(self, slot: str) -> None:
        """Its payments stand in no wallet yet."""
        lease = self._taken(slot)
        try:
            run = stored_run(self._desk.reader, slot, lease.run)
            if run is not None and run.state == "landed":
                self._books.close(lease, run)
        finally:
            self._leases.release(lease)

    def _taken(self, slot: str) -> Lease:
        lease = self._leases.take(slot)
        if lease is None:
            raise Unavailable(f"somebody works on {slot}; stop its schedule, and again in two minutes")
        return lease

    def _post(self, found: Found) -> None:
        lease = self._taken(found.slot)
        try:
            run = self._written(lease, found)
            lease = self._leases.refreshed(lease)
            if left := left_of(run, found.staple):
                waits = run._replace(publishing=Publishing(self._desk.chain.network, left))
                self._books.post(lease, waits, Landed(found.staple))  # settlement goes on with them
                return
            landed = self._books.land(lease, run, Landed(found.staple), rest=())
            self._books.close(lease, landed)
        finally:
            self._leases.release(lease)

    def _written(self, lease: Lease, found: Found) -> Run:
        """The run as it stood when it was submitted, with its withdrawals planned in it."""
        flying = stored_run(self._desk.reader, found.slot, lease.run)
        if flying is not None and flying.state in IN_FLIGHT and flying.number != found.number:
            self._void(lease, flying)
            lease = self._leases.refreshed(lease)
        run = self._as_signed(lease, found)
        plan: list[Write] = [lease.guard(run=run.number), run.put()]
        held: list[Transfer] = []
        for payment in run.payments:
            plan += self._planned(payment, run, held)
        plan += posting(held)
        commit_patiently(self._desk.writer, self._desk.timer, tuple(plan), COMMIT_PAUSE_MS)
        for start in range(0, len(found.staple.blocks), WRITES_MAX):
            blocks = found.staple.blocks[start : start + WRITES_MAX]
            self._desk.writer.commit(tuple(put_own(run.slot, run.number, block) for block in blocks))
        return run

    def _void(self, lease: Lease, run: Run) -> None:
        """It was not signed when this one was: what it would pay may be paid already, so it waits again.

        Raises Unavailable for one that was signed, which comes first.
        """
        if run.state != "planned":
            raise Unavailable(f"run {run.slot} {run.number} is in flight and comes first")
        now_ms = self._desk.timer.now_ms()
        void = run.at("void", now_ms)._replace(version=run.version + 1, trouble="another was signed instead")
        plan: list[Write] = [lease.guard(run=0), void.put()]
        for payment in run.payments:
            found = self._withdrawal(payment)
            if found is not None and found.state == "planned":
                plan.append(step(found, "requested", now_ms, run=0))
                plan.append(queued(found))
        self._desk.writer.commit(tuple(plan))

    def _as_signed(self, lease: Lease, found: Found) -> Run:
        """Under its own number, if the books still have it free or have that very run."""
        now_ms = self._desk.timer.now_ms()
        publishing = Publishing(self._desk.chain.network, found.blocks)
        known = stored_run(self._desk.reader, found.slot, found.number)
        if known is not None and known.state in IN_FLIGHT:
            publishing = replace(publishing, blocks=(*found.blocks, *left_of(known, found.staple)))
            run = known.at("submitted", now_ms)._replace(version=known.version + 1)
            moves = tuple(dict.fromkeys((*found.moves, *known.moves)))
            payments = tuple({each.id: each for each in (*known.payments, *found.payments)}.values())
            return run._replace(publishing=publishing, moves=moves, payments=payments)
        number = found.number if found.number and known is None else lease.last_run + 1
        kind: Kind = "fill" if found.created else "settle" if found.moves or found.payments else "grant"
        run = new_run(found.slot, number, kind, found.moves, found.payments, now_ms)
        return run.at("submitted", now_ms)._replace(publishing=publishing, trouble="found on chain")

    def _planned(self, payment: Payment, run: Run, held: list[Transfer]) -> list[Write]:
        """A withdrawal that nobody knows any more is written down again, and held for."""
        found, now_ms = self._withdrawal(payment), self._desk.timer.now_ms()
        if found is None:
            terms = (payment.id, payment.user, payment.asset, payment.units, payment.to)
            made = Withdrawal(*terms, "planned", "found on chain", now_ms, now_ms, "", run.number, "", 0, [])
            put = Put(schema.withdrawal(made.user, made.id), made.to_item(), require=(Absent(),))
            listed = Put(schema.asked_withdrawal(made.user, now_ms, made.id), {})
            held += hold_transfers(made.hold)
            return [put, listed]
        if not found.is_open or (found.state == "planned" and found.run == run.number):
            return []
        return [
            step(found, "planned", now_ms, "found on chain", run=run.number),
            Delete(table.queued_withdrawal(found.queued_id)),
        ]


def _sorted_out(found: Iterable[Found], accepted: frozenset[str]) -> tuple[list[Found], list[Found]]:
    """Those to be posted, and those that wait: for a person, or for others that came before them at one of
    their addresses."""
    ready: list[Found] = []
    left: list[Found] = []
    for each in found:
        at = _accounts([each.staple])
        before = next((other for other in left if at & _touched(other)), None)
        if before is not None:
            left.append(each._replace(doubts=(*each.doubts, f"comes after {before.name}")))
        else:
            (ready if each.can_be_posted(accepted) else left).append(each)
    return ready, left


def _touched(found: Found) -> set[str]:
    return _accounts([found.staple]) | {move.target for move in found.moves}


def _accounts(staples: Iterable[Staple]) -> set[str]:
    return {block.body.account.address for staple in staples for block in staple.blocks}
