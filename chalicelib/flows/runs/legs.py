"""Which part of a run can not be carried out, and what becomes of it?

Before anything is signed each leg is asked about: may the operator send from this address, and may this
address send that token? A leg that may not is left out and told, and the rest goes on. What was
signed and met another's block is not ours to undo: everything stops, and a person decides.
"""

from collections.abc import Mapping

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, Lease, stop
from chalicelib.flows.custody.posting import posting
from chalicelib.flows.gate import wait_until_open
from chalicelib.flows.plan import Item, Put, Write
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Run
from chalicelib.flows.withdrawals.record import Withdrawal, step
from chalicelib.keeta.account import Account
from chalicelib.ledger.transfers import release_transfers
from chalicelib.settlement.outlook import Landed

# An address and an asset. It is asked about again after a while: freezes end.
Leg = tuple[str, str]
BARRED_MS = 3_600_000
BARRED_MAX = 1_000
KNOWN_GOOD_MS = 600_000


class Legs:
    def __init__(self, desk: Desk, operator: Account, tokens: Mapping[str, Account]) -> None:
        self._desk = desk
        self._operator = operator
        self._tokens = tokens
        self._good_until: dict[Leg, int] = {}

    def barred(self) -> set[Leg]:
        """Legs that were found bad a short while ago."""
        since = self._desk.timer.now_ms() - BARRED_MS
        page = self._desk.reader.page(table.note("leg", "0"), "~", BARRED_MAX)
        fresh = (item for item in page.items if int(str(item["at_ms"])) > since)
        return {(str(item["address"]), str(item["asset"])) for item in fresh}

    def bad(self, run: Run) -> set[Leg]:
        """Raises KeetaNodeError while too few agree."""
        legs = {(move.source, move.asset) for move in run.moves}
        legs |= {(payment.source, payment.asset) for payment in run.payments}
        return {leg for leg in sorted(legs) if not self._is_good(leg)}

    def _is_good(self, leg: Leg) -> bool:
        now_ms = self._desk.timer.now_ms()
        if self._good_until.get(leg, 0) > now_ms:
            return True
        address, asset = leg
        good = self._desk.chain.may_send(self._operator, Account.from_address(address), self._tokens[asset])
        if good:
            self._good_until[leg] = now_ms + KNOWN_GOOD_MS
        return good

    def drop(self, lease: Lease, run: Run, bad: set[Leg]) -> Run:
        """Undo a run of which nothing is signed: what can not be paid has failed, the rest waits again."""
        now_ms = self._desk.timer.now_ms()
        void = run.at("void", now_ms)._replace(version=run.version + 1, trouble="a leg may not send")
        plan: list[Write] = [void.put(), lease.guard(run=0)]
        for address, asset in sorted(bad):
            self._desk.observer.alarm("leg_may_not_send", address=address, asset=asset, run=run.number)
            told: Item = {"address": address, "asset": asset, "at_ms": now_ms}
            plan.append(Put(table.note("leg", f"{address}-{asset}"), told))
        released = []
        for payment in run.payments:
            found = self._withdrawal(payment.user, payment.id)
            if (payment.source, payment.asset) in bad:
                wait_until_open(self._desk.reader, self._desk.timer, found.user)
                plan.append(step(found, "failed", now_ms, "address_may_not_send"))
                released += release_transfers(found.hold)
            else:
                plan += [
                    step(found, "requested", now_ms, run=0),
                    Put(table.queued_withdrawal(found.queued_id), {"owner": found.user}),
                ]
        self._desk.writer.commit((*plan, *posting(released)))
        return void

    def broken(self, lease: Lease, run: Run, rival: Landed) -> Run:
        """Another's block has taken the place of ours: the key is out."""
        now_ms = self._desk.timer.now_ms()
        foreign = [block.hash.hex() for block in rival.blocks if block.hash.hex() not in run.own]
        self._desk.observer.alarm("run_broken", slot=run.slot, run=run.number, block=foreign[0])
        broken = run.at("broken", now_ms)._replace(version=run.version + 1, trouble=f"block {foreign[0]}")
        stuck = [
            step(found, "stuck", now_ms, "a person looks at it")
            for found in (self._withdrawal(payment.user, payment.id) for payment in run.payments)
            if found.state == "planned"
        ]
        stops = stop(ALL, f"run {run.slot} {run.number} met the block {foreign[0]}", now_ms, lease)
        self._desk.writer.commit((broken.put(), *stuck, *stops))
        return broken

    def _withdrawal(self, user: str, id_: str) -> Withdrawal:
        item = self._desk.reader.get(schema.Key(schema.ACCOUNTS, user, schema.WITHDRAWAL_PREFIX + id_))
        assert item is not None, "a planned withdrawal has its record"
        return Withdrawal.from_item(item)
