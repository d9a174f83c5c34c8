"""Which part of a run can not be carried out, and what becomes of it?

Before anything is signed each leg is asked about: may the operator send from this address, and may this
address send that token? A leg that may not is left out and told, and the rest goes on. What is found
out only when the network refuses what was signed is a matter of `isolate`.
"""

from collections.abc import Mapping

from chalicelib.errors import Unavailable
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.custody.reach import address_of
from chalicelib.flows.gate import commit_in_turn, wait_until_open
from chalicelib.flows.plan import WRITES_MAX, Delete, Item, Put, Write
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Payment, Run
from chalicelib.flows.withdrawals.day import given_back
from chalicelib.flows.withdrawals.record import Withdrawal, queued, step
from chalicelib.keeta.account import Account
from chalicelib.settlement.errors import NotEnough
from chalicelib.settlement.publishing import sends_of

# An address and an asset. It is asked about again after a while: freezes end.
Leg = tuple[str, str]
BARRED_MS = 3_600_000
KNOWN_GOOD_MS = 600_000
# In one question: a representative is asked for each of their accounts, within the patience for one answer.
ASKED_MAX = 20
COMMIT_PAUSE_MS = 40


class Legs:
    def __init__(self, desk: Desk, operator: Account, tokens: Mapping[str, Account]) -> None:
        self._desk = desk
        self._operator = operator
        self._tokens = tokens
        self._good_until: dict[Leg, int] = {}

    def barred(self, lease: Lease) -> set[Leg]:
        """Legs that were found bad a short while ago. What is older is forgotten."""
        since = self._desk.timer.now_ms() - BARRED_MS
        found: set[Leg] = set()
        after: str | None = None
        while True:
            page = self._desk.reader.page(table.note("leg", "0"), "~", WRITES_MAX - 1, after=after)
            old = [item for item in page.items if int(str(item["at_ms"])) <= since]
            found |= {(str(item["address"]), str(item["asset"])) for item in page.items if item not in old}
            if old:
                gone = (Delete(table.note("leg", str(item["sk"]))) for item in old)
                self._desk.writer.commit((lease.guard(), *gone))
            if page.next is None:
                return found
            after = page.next

    def require_operator(self, run: Run, bad: set[Leg]) -> None:
        """Raises Unavailable when it is our key that may not send, and no address that is to blame."""
        house = address_of(self._desk.reader, "house")
        named = sorted({at for at, _ in self.of(run)} | ({house} if house else set()))
        accounts = [Account.from_address(address) for address in named]
        if bad and not self._desk.chain.senders(self._operator, accounts):
            self._desk.observer.alarm(
                "operator_may_not_send", run=run.number, operator=self._operator.address
            )
            raise Unavailable("the operator's key may send from none of our addresses")

    def bad(self, run: Run, until_ms: int, *, afresh: bool = False) -> set[Leg]:
        """afresh: those that were good a while ago are asked about, too.

        Raises KeetaNodeError while too few agree, and when the time is up: what was good is remembered, so
        that the next visit comes further.
        """
        if afresh:
            self._good_until.clear()
        now_ms = self._desk.timer.now_ms()
        doubtful = [leg for leg in sorted(self.of(run)) if self._good_until.get(leg, 0) <= now_ms]
        good: set[Leg] = set()
        for start in range(0, len(doubtful), ASKED_MAX):
            if self._desk.timer.now_ms() > until_ms:
                raise NotEnough("no time is left to ask about all legs", {})
            some = self._good(doubtful[start : start + ASKED_MAX])
            self._good_until |= dict.fromkeys(some, now_ms + KNOWN_GOOD_MS)
            good.update(some)
        return set(doubtful) - good

    def _good(self, legs: list[Leg]) -> list[Leg]:
        asked = {(Account.from_address(at), self._tokens[asset]): (at, asset) for at, asset in legs}
        return [asked[leg] for leg in self._desk.chain.sendable(self._operator, list(asked))]

    def drop(self, lease: Lease, run: Run, bad: set[Leg]) -> Run:
        """Undo a run of which nothing is signed: what can not be paid has failed, the rest waits again."""
        now_ms = self._desk.timer.now_ms()
        for told in self.told(run, bad):
            self._desk.writer.commit((lease.guard(), told))
        again: list[Write] = []
        for found in map(self.withdrawal, run.payments):
            if found.state == "planned" and found.run == run.number:
                if (self._source(run, found), found.asset) in bad:
                    self._fail(lease, found)
                else:
                    again += [step(found, "requested", now_ms, run=0), queued(found)]
        void = run.at("void", now_ms)._replace(version=run.version + 1, trouble="not signed")
        self._desk.writer.commit((lease.guard(run=0), void.put(), *again))
        return void

    def _source(self, run: Run, found: Withdrawal) -> str:
        return next(payment.source for payment in run.payments if payment.id == found.id)

    def _fail(self, lease: Lease, found: Withdrawal) -> None:
        wait_until_open(self._desk.reader, self._desk.timer, found.user)
        failed = step(found, "failed", self._desk.timer.now_ms(), "address_may_not_send")
        plan = lease.guard(), failed, *given_back(found)
        commit_in_turn(self._desk.writer, self._desk.timer, plan, COMMIT_PAUSE_MS)

    def told(self, run: Run, bad: set[Leg]) -> list[Write]:
        told: list[Write] = []
        for address, asset in sorted(bad):
            self._desk.observer.alarm("leg_may_not_send", address=address, asset=asset, run=run.number)
            item: Item = {"address": address, "asset": asset, "at_ms": self._desk.timer.now_ms()}
            told.append(Put(table.note("leg", f"{address}-{asset}"), item))
        return told

    def of(self, run: Run) -> set[Leg]:
        """What is left to send: planned, or signed now."""
        if run.publishing is None:
            legs = {(move.source, move.asset) for move in run.moves}
            return legs | {(payment.source, payment.asset) for payment in run.payments}
        names = {token: asset for asset, token in self._tokens.items()}
        return {
            (block.body.account.address, names[send.token])
            for block in run.known.blocks
            for send in sends_of(block)
        }

    def withdrawal(self, payment: Payment) -> Withdrawal:
        item = self._desk.reader.get(schema.withdrawal(payment.user, payment.id))
        assert item is not None, "a planned withdrawal has its record"
        return Withdrawal.from_item(item)
