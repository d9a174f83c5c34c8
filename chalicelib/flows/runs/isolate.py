"""How does a run go on without what can not be carried out, when it is signed already?

The rest is signed anew on the same `previous`, so that nothing can be paid twice. What is left out is set
aside: its block could land all the same.
"""

from collections import Counter
from collections.abc import Mapping

from chalicelib.flows import schema
from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.plan import Write
from chalicelib.flows.runs.aside import Aside, moving, put_given_up
from chalicelib.flows.runs.drive import Driver, Dropped
from chalicelib.flows.runs.legs import Leg, Legs
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Run
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.operations import Operation, Send
from chalicelib.settlement.publishing import sends_of


class Isolation:
    """`assets` names the listed tokens of the network."""

    def __init__(self, desk: Desk, legs: Legs, assets: Mapping[Account, str], aside: Aside) -> None:
        self._desk = desk
        self._legs = legs
        self._assets = assets
        self._aside = aside

    def isolate(self, lease: Lease, run: Run, driver: Driver, until_ms: int) -> Run:
        """Sign the run anew without what is refused; the same run when nothing is found to blame.

        Only for a run that nobody has promised anything for. Raises KeetaNodeError, StoreError.
        """
        bad = self._legs.bad(run, until_ms, afresh=True) | self._short(run)
        for told in self._legs.told(run, bad):
            self._desk.writer.commit((lease.guard(), told))
        return self.without(lease, run, bad, "refused_by_the_network", driver, [])

    def hold_back(self, lease: Lease, run: Run, driver: Driver) -> Run:
        """Sign the run anew without the tokens that were stopped since, so that the others go on.

        Only for a run that may be signed anew. Raises ConditionFailed while everything is stopped.
        """
        stopped = {leg for leg in self._legs.of(run) if lease.stopped(leg[1])}
        return self.without(lease, run, stopped, "its_token_is_stopped", driver, [])

    def without(
        self, lease: Lease, run: Run, bad: set[Leg], reason: str, driver: Driver, plan: list[Write]
    ) -> Run:
        """The run signed anew without these legs; what was to be paid from them is set aside, unless the
        plan says what becomes of it. What was to be paid with coins that do not come likewise."""
        waiting = bad | {(m.target, m.asset) for m in run.moves if (m.source, m.asset) in bad}
        left_out = [p for p in self._aside.open(run) if (p.source, p.asset) in waiting]
        dropped = self._are(bad, {payment.id for payment in left_out})
        given_up = moving(run, dropped)
        if not left_out and not given_up:
            return run
        blocks = driver.resigned(run, without=dropped)
        decided = {write.key for write in plan}
        open_ = [p for p in left_out if schema.withdrawal(p.user, p.id) not in decided]
        plan = [*plan, *self._aside.put(run, open_, reason), *put_given_up(run, given_up)]
        if blocks:
            assets = {asset for _, asset in self._legs.of(run) - waiting}
            return driver.signed_anew(lease, run, blocks, *plan, assets=assets)
        return self._aside.end(lease, run, plan)

    def _are(self, bad: set[Leg], ids: set[str]) -> Dropped:
        """Which sends are of these legs, or make these payments."""

        def without(block: Block, operation: Operation) -> bool:
            assert isinstance(operation, Send)
            if operation.external is not None:
                return operation.external in ids
            return (block.body.account.address, self._assets[operation.token]) in bad

        return without

    def _short(self, run: Run) -> set[Leg]:
        """Legs for which less lies on chain than they are to send."""
        sent, come = Counter[Leg](), Counter[Leg]()
        for block in run.known.blocks:
            for send in sends_of(block):
                sent[block.body.account.address, self._assets[send.token]] += send.amount
                come[send.to.address, self._assets[send.token]] += send.amount
        accounts = [Account.from_address(address) for address in sorted({at for at, _ in sent})]
        for state in self._desk.chain.states(accounts):
            for token, units in state.balances.items():
                come[state.account.address, self._assets.get(token, "")] += units
        return {leg for leg, units in sent.items() if come[leg] < units}
