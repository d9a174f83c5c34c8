"""Which part of a run can not be carried out, and what becomes of it?

Before anything is signed each leg is asked about: may the operator send from this address, and may this
address send that token? A leg that may not is left out and told, and the rest goes on. What is found
out only when the network refuses what was signed is set aside, and the rest is signed anew. What met
another's block is not ours to undo: everything stops, and a person decides.
"""

from collections import Counter
from collections.abc import Mapping

from chalicelib.errors import Unavailable
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, Lease, stop
from chalicelib.flows.custody.reach import address_of
from chalicelib.flows.gate import wait_until_open
from chalicelib.flows.plan import Item, Put, Write
from chalicelib.flows.runs.aside import Aside
from chalicelib.flows.runs.drive import Driver, Dropped, is_own
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Payment, Run
from chalicelib.flows.withdrawals.day import given_back
from chalicelib.flows.withdrawals.record import Withdrawal, queued, step
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.operations import Operation, Send
from chalicelib.settlement.outlook import Landed

# An address and an asset. It is asked about again after a while: freezes end.
Leg = tuple[str, str]
BARRED_MS = 3_600_000
BARRED_MAX = 1_000
KNOWN_GOOD_MS = 600_000


class Legs:
    def __init__(self, desk: Desk, operator: Account, tokens: Mapping[str, Account], aside: Aside) -> None:
        self._desk = desk
        self._operator = operator
        self._tokens = tokens
        self._aside = aside
        self._good_until: dict[Leg, int] = {}

    def barred(self) -> set[Leg]:
        """Legs that were found bad a short while ago."""
        since = self._desk.timer.now_ms() - BARRED_MS
        page = self._desk.reader.page(table.note("leg", "0"), "~", BARRED_MAX)
        fresh = (item for item in page.items if int(str(item["at_ms"])) > since)
        return {(str(item["address"]), str(item["asset"])) for item in fresh}

    def require_operator(self, run: Run, bad: set[Leg]) -> None:
        """Raises Unavailable when it is our key that may not send, and no address that is to blame."""
        house = address_of(self._desk.reader, "house")
        named = sorted({at for at, _ in _legs(run)} | ({house} if house else set()))
        accounts = [Account.from_address(address) for address in named]
        if bad and not self._desk.chain.senders(self._operator, accounts):
            self._desk.observer.alarm(
                "operator_may_not_send", run=run.number, operator=self._operator.address
            )
            raise Unavailable("the operator's key may send from none of our addresses")

    def bad(self, run: Run) -> set[Leg]:
        """Raises KeetaNodeError while too few agree."""
        return {leg for leg in sorted(_legs(run)) if not self._is_good(leg)}

    def _is_good(self, leg: Leg) -> bool:
        now_ms = self._desk.timer.now_ms()
        if self._good_until.get(leg, 0) > now_ms:
            return True
        address, asset = leg
        good = self._desk.chain.may_send(self._operator, Account.from_address(address), self._tokens[asset])
        if good:
            self._good_until[leg] = now_ms + KNOWN_GOOD_MS
        return good

    # --- nothing is signed ------------------------------------------------------------------

    def drop(self, lease: Lease, run: Run, bad: set[Leg]) -> Run:
        """Undo a run of which nothing is signed: what can not be paid has failed, the rest waits again."""
        now_ms = self._desk.timer.now_ms()
        for told in self._told(run, bad):
            self._desk.writer.commit((lease.guard(), told))
        again: list[Write] = []
        for found in map(self._withdrawal, run.payments):
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
        self._desk.writer.commit((lease.guard(), failed, *given_back(found)))

    def _told(self, run: Run, bad: set[Leg]) -> list[Write]:
        told: list[Write] = []
        for address, asset in sorted(bad):
            self._desk.observer.alarm("leg_may_not_send", address=address, asset=asset, run=run.number)
            item: Item = {"address": address, "asset": asset, "at_ms": self._desk.timer.now_ms()}
            told.append(Put(table.note("leg", f"{address}-{asset}"), item))
        return told

    # --- refused after it was signed --------------------------------------------------------

    def isolate(self, lease: Lease, run: Run, driver: Driver) -> Run:
        """Sign the run anew without what is refused; the same run when nothing is found to blame.

        Only for a run that nobody has promised anything for. Raises KeetaNodeError, StoreError.
        """
        self._good_until.clear()
        bad = self.bad(run) | self._short(run)
        for told in self._told(run, bad):
            self._desk.writer.commit((lease.guard(), told))
        return self._without(lease, run, bad, "refused_by_the_network", driver, [])

    def hold_back(self, lease: Lease, run: Run, driver: Driver) -> Run:
        """Sign the run anew without the tokens that were stopped since, so that the others go on.

        Only for a run that may be signed anew. Raises ConditionFailed while everything is stopped.
        """
        stopped = {leg for leg in _legs(run) if lease.stopped(leg[1])}
        return self._without(lease, run, stopped, "its_token_is_stopped", driver, [])

    def _without(
        self, lease: Lease, run: Run, bad: set[Leg], reason: str, driver: Driver, plan: list[Write]
    ) -> Run:
        """The run signed anew without these legs; what was to be paid from them is set aside, unless the
        plan says what becomes of it. What was to be paid with coins that do not come likewise."""
        waiting = bad | {(m.target, m.asset) for m in run.moves if (m.source, m.asset) in bad}
        left_out = [p for p in self._open(run) if (p.source, p.asset) in waiting]
        if not left_out and not any((move.source, move.asset) in bad for move in run.moves):
            return run
        blocks = driver.resigned(run, without=self._are(bad, {payment.id for payment in left_out}))
        decided = {write.key for write in plan}
        open_ = [p for p in left_out if schema.withdrawal(p.user, p.id) not in decided]
        plan = [*plan, *self._aside.put(run, open_, reason)]
        if blocks:
            assets = {asset for _, asset in _legs(run) - waiting}
            return driver.signed_anew(lease, run, blocks, *plan, assets=assets)
        void = run.at("void", self._desk.timer.now_ms())._replace(version=run.version + 1)
        self._desk.writer.commit((lease.guard(run=0), void.put(), *plan))
        return void

    def _open(self, run: Run) -> list[Payment]:
        """Those that the run is still to make: neither made nor set aside."""
        found = ((payment, self._withdrawal(payment)) for payment in run.payments)
        return [
            payment
            for payment, asked in found
            if payment.id not in run.landed and asked.state == "planned" and asked.run == run.number
        ]

    def _are(self, bad: set[Leg], ids: set[str]) -> Dropped:
        """Which sends are of these legs, or make these payments."""
        names = {token: asset for asset, token in self._tokens.items()}

        def without(block: Block, operation: Operation) -> bool:
            assert isinstance(operation, Send)
            if operation.external is not None:
                return operation.external in ids
            return (block.body.account.address, names[operation.token]) in bad

        return without

    def _short(self, run: Run) -> set[Leg]:
        """Legs for which less lies on chain than they are to send."""
        sent, come = Counter[Leg](), Counter[Leg]()
        for move in run.moves:
            sent[move.source, move.asset] += move.units
            come[move.target, move.asset] += move.units
        for payment in self._open(run):
            sent[payment.source, payment.asset] += payment.units
        accounts = [Account.from_address(address) for address in sorted({at for at, _ in sent})]
        there = {state.account.address: state.balances for state in self._desk.chain.states(accounts)}
        return {
            (at, asset)
            for (at, asset), units in sent.items()
            if there[at].get(self._tokens[asset], 0) + come[at, asset] < units
        }

    # --- another's block --------------------------------------------------------------------

    def met(self, lease: Lease, run: Run, rival: Landed, driver: Driver) -> Run:
        """A block that is not of this run has taken the place of one of it."""
        places = {(block.body.account, block.body.previous) for block in run.known.blocks}
        others = [
            block
            for block in rival.blocks
            if (block.body.account, block.body.previous) in places
            and not is_own(self._desk.reader, run, block)
        ]
        if any(self._desk.reader.get(table.own_block(block.hash.hex())) is None for block in others):
            return self.broken(lease, run, rival)
        return self._overtaken(lease, run, others, driver)

    def _overtaken(self, lease: Lease, run: Run, others: list[Block], driver: Driver) -> Run:
        """By another run of ours: what was to be paid from there can never land, and is planned anew; unless
        the block that came first pays just that."""
        accounts = {block.body.account.address for block in others}
        paid = {each.external for block in others for each in block.body.operations if isinstance(each, Send)}
        now_ms = self._desk.timer.now_ms()
        bad = {leg for leg in _legs(run) if leg[0] in accounts}
        plan: list[Write] = []
        for payment in run.payments:
            found = self._withdrawal(payment)
            if payment.source not in accounts or found.state != "planned" or payment.id in run.landed:
                continue
            if payment.id in paid:
                self._desk.observer.alarm("payment_left_out", run=run.number, withdrawal=found.id)
                plan.append(step(found, "stuck", now_ms, "another run has paid it"))
            else:
                plan += [step(found, "requested", now_ms, run=0), queued(found)]
        return self._without(lease, run, bad, "overtaken", driver, plan)

    def broken(self, lease: Lease, run: Run, rival: Landed) -> Run:
        """Another's block has taken the place of ours: the key is out."""
        now_ms = self._desk.timer.now_ms()
        foreign = [b.hash.hex() for b in rival.blocks if not is_own(self._desk.reader, run, b)]
        self._desk.observer.alarm("run_broken", slot=run.slot, run=run.number, block=foreign[0])
        broken = run.at("broken", now_ms)._replace(version=run.version + 1, trouble=f"block {foreign[0]}")
        stuck = [
            step(found, "stuck", now_ms, "a person looks at it")
            for found in map(self._withdrawal, run.payments)
            if found.state == "planned"
        ]
        stops = stop(ALL, f"run {run.slot} {run.number} met the block {foreign[0]}", now_ms, lease)
        self._desk.writer.commit((broken.put(), *stuck, *stops))
        return broken

    def _withdrawal(self, payment: Payment) -> Withdrawal:
        item = self._desk.reader.get(schema.withdrawal(payment.user, payment.id))
        assert item is not None, "a planned withdrawal has its record"
        return Withdrawal.from_item(item)


def _legs(run: Run) -> set[Leg]:
    legs = {(move.source, move.asset) for move in run.moves}
    return legs | {(payment.source, payment.asset) for payment in run.payments}
