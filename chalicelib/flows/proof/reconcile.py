"""Do the books agree with the chain, and what follows when they do not?

Address by address, some in each visit, going on where the last one stopped. What the books say is read
before and after the chain is asked, and compared only when it stood still; so no wallet is scanned
and nobody has to wait. A difference is first explained: by the run in flight, then by the history of
that very address. What is left over on chain is told. What is missing there, unexplained and seen
twice, stops withdrawals and settlement of that asset until a person clears it.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Custody, ours
from chalicelib.flows.custody.lease import SLOTS, Lease, Leases, stop, stops_of
from chalicelib.flows.custody.posting import total
from chalicelib.flows.custody.reach import reaches
from chalicelib.flows.deposits.follow import Follower
from chalicelib.flows.deposits.foreign import Foreign
from chalicelib.flows.plan import Delete, Item, Put, Value
from chalicelib.flows.proof.owed import Arrears, Owed
from chalicelib.flows.runs.ports import ChainState, Desk
from chalicelib.flows.runs.run import MAY_LAND, read_run
from chalicelib.keeta.account import Account
from chalicelib.settlement.errors import KeetaNodeError

CURSOR = "reconciliation"
PAGE = 50
HISTORY_PAGES_MAX = 20
COMMIT_PAUSE_MS = 40
GAPS_MAX = 1_000
NAMED = ("house", "treasury", "vault", "owner")


class Gap(NamedTuple):
    """chain and books: units at one address; `seen` counts the rounds that found it."""

    address: str
    asset: str
    chain: int
    books: int
    seen: int

    @property
    def units(self) -> int:
        return self.chain - self.books

    @property
    def key(self) -> str:
        return f"{self.address}-{self.asset}"


class Round(NamedTuple):
    """One round over all addresses, as far as it has come. `over` once it has seen the last.

    owed: units by asset that users are owed beyond what lies at their own addresses; of `behind` users,
    the first of them since `since_ms`.
    """

    started_ms: int
    after: str
    stage: int
    looked: int
    busy: int
    surplus: dict[str, int]
    shortfall: dict[str, int]
    owed: dict[str, int]
    behind: int
    since_ms: int
    over: int

    @property
    def clean(self) -> bool:
        return not any(self.surplus.values()) and not any(self.shortfall.values())

    def with_owed(self, owed: Owed) -> "Round":
        if not owed.units:
            return self
        names = {*self.owed, *owed.units}
        sums = {asset: self.owed.get(asset, 0) + owed.units.get(asset, 0) for asset in names}
        since_ms = min(self.since_ms or owed.since_ms, owed.since_ms)
        return self._replace(owed=sums, behind=self.behind + 1, since_ms=since_ms)


# Which lists of addresses a round goes through: those of users, those that wait, the house's own, and those
# that nobody gets any more.
STAGES = ("rolled", "free", "named", "retired")
_LISTS = {"rolled": table.rolled_address, "free": table.free_address, "retired": table.retired_address}


class Reconciler:
    """`assets` names the listed tokens of the network; what else lies there is not ours to judge.
    `limits`: units of each that the operator's key should be able to send at most."""

    def __init__(
        self,
        desk: Desk,
        leases: Leases,
        follower: Follower,
        assets: Mapping[Account, str],
        limits: Mapping[str, int],
    ) -> None:
        self._desk = desk
        self._follower = follower
        self._assets = assets
        self._limits = limits
        self._leases = leases
        self._arrears = Arrears(desk, set(assets.values()))
        self._foreign = Foreign(desk)

    def visit(self, deadline_ms: int) -> Round:
        """As far as the time allows; saved after every page. Raises StoreError, KeetaNodeError.

        One at a time: two looks at one moment are one look.
        """
        lease = self._leases.take(CURSOR)
        if lease is None:
            return self._round()
        try:
            return self._visited(lease, deadline_ms)
        finally:
            self._leases.release(lease)

    def _visited(self, lease: Lease, deadline_ms: int) -> Round:
        round_ = self._round()
        while not round_.over and self._now() < deadline_ms:
            round_ = self._page(round_, deadline_ms)
            self._desk.writer.commit((lease.guard(), Put(table.cursor(CURSOR), _item(round_))))
        if round_.over:
            self._report(round_)
        return round_

    def _round(self) -> Round:
        item = self._desk.reader.get(table.cursor(CURSOR))
        if item is None or item["over"]:
            return Round(self._now(), "", 0, 0, 0, {}, {}, {}, 0, 0, 0)
        return Round(*(item[name] for name in Round._fields))  # type: ignore[arg-type]

    def _page(self, round_: Round, deadline_ms: int) -> Round:
        items, after = self._listed(STAGES[round_.stage], round_.after)
        addresses = [str(item["sk"]) for item in items]
        if STAGES[round_.stage] == "rolled":
            for owed in self._arrears.of(items).values():
                round_ = round_.with_owed(owed)
        gaps, busy = self._compared(addresses, deadline_ms)
        self._forget(set(addresses) - busy, {gap.key for gap in gaps})
        for gap in gaps:
            sums = round_.surplus if gap.units > 0 else round_.shortfall
            sums[gap.asset] = sums.get(gap.asset, 0) + abs(gap.units)
            self._told(gap)
        looked = round_._replace(looked=round_.looked + len(addresses), busy=round_.busy + len(busy))
        if after is not None:
            return looked._replace(after=after)
        last = round_.stage + 1 == len(STAGES)
        return looked._replace(after="", stage=0 if last else round_.stage + 1, over=int(last))

    def _listed(self, stage: str, after: str) -> tuple[list[Item], str | None]:
        """Items whose `sk` are addresses, behind `after`; and where more of them begin."""
        if stage == "named":
            found = [self._desk.reader.get(table.cursor(name)) for name in NAMED]
            return [{"sk": item["address"]} for item in found if item], None
        page = self._desk.reader.page(_LISTS[stage]("0"), "~", PAGE, after=after or None)
        return page.items, page.next

    # --- comparing --------------------------------------------------------------------------

    def _compared(self, addresses: list[str], deadline_ms: int) -> tuple[list[Gap], set[str]]:
        """What is not explained, and the addresses that did not stand still."""
        gaps, busy = self._differences(addresses)
        if not gaps:
            return [], busy
        moving = self._in_flight() & set(addresses)
        asked = sorted({gap.address for gap in gaps} - moving)
        # Whoever is asked first may be away, or keep something to himself.
        for turn in range(self._follower.turns):
            for address in asked:
                with suppress(KeetaNodeError):
                    account = Account.from_address(address)
                    self._follower.account(account, turn, HISTORY_PAGES_MAX, deadline_ms)
            gaps, still_busy = self._differences(asked)
            asked = sorted({gap.address for gap in gaps})
            if not asked or self._now() > deadline_ms:
                break
        return gaps, busy | still_busy | moving

    def _differences(self, addresses: list[str]) -> tuple[list[Gap], set[str]]:
        if not addresses:
            return [], set()
        before = ours(self._desk.reader, addresses)
        known = [Account.from_address(address) for address in addresses if address in before]
        states = self._desk.chain.some_states(known)
        after = ours(self._desk.reader, addresses)
        self._require_signed(states)
        still = {state.account.address for state in states}
        still = {address for address in still if before.get(address) == after.get(address)}
        gaps: list[Gap] = []
        for state in states:
            if state.account.address in still & after.keys():
                gaps += self._gaps(after[state.account.address], state)
        return gaps, set(addresses) - still

    def _require_signed(self, states: list[ChainState]) -> None:
        """An account of ours ends with a block of ours. This finds a thief whose block nobody could read."""
        heads = {state.head.hex(): state.account.address for state in states if state.head is not None}
        known = self._desk.reader.get_many([table.own_block(head) for head in heads])
        for head in heads.keys() - {table.hash_of_own(str(item["pk"])) for item in known}:
            self._foreign.met(head, heads[head])

    def _gaps(self, books: Custody, state: ChainState) -> list[Gap]:
        chain = {self._assets[token]: n for token, n in state.balances.items() if token in self._assets}
        return [
            Gap(books.address, asset, chain.get(asset, 0), books.held(asset), 1)
            for asset in sorted(chain.keys() | books.units.keys())
            if chain.get(asset, 0) != books.held(asset)
        ]

    def _in_flight(self) -> set[str]:
        """Addresses that a run may be moving this moment, and who they pay."""
        moving: set[str] = set()
        for slot in SLOTS:
            lease = self._desk.reader.get(table.lease(slot)) or {}
            number = int(str(lease.get("run", 0)))
            item = self._desk.reader.get(table.run(slot, number)) if number else None
            run = read_run(slot, item) if item else None
            if run is not None and run.state in MAY_LAND:
                moving |= {block.body.account.address for block in run.known.all_blocks}
                moving |= {move.target for move in run.moves}
        return moving

    # --- telling ----------------------------------------------------------------------------

    def _told(self, gap: Gap) -> None:
        """Write it down; a shortfall that was there the last time too stops its asset."""
        key = table.note("gap", gap.key)
        known = self._desk.reader.get(key) or {}
        lasting = int(str(known.get("units", 0))) * gap.units > 0
        seen = int(str(known.get("seen", 0))) + 1 if lasting else 1
        item: dict[str, Value] = {"units": gap.units, "seen": seen, "at_ms": self._now()}
        self._desk.writer.commit((Put(key, item),))
        name = "custody_shortfall" if gap.units < 0 else "custody_surplus"
        self._desk.observer.alarm(name, address=gap.address, asset=gap.asset, units=str(gap.units), seen=seen)
        if gap.units < 0 and seen > 1:
            self._stop(gap.asset, f"{-gap.units} {gap.asset} are missing at {gap.address}")

    def _stop(self, asset: str, reason: str) -> None:
        if asset in stops_of(self._desk.reader.get(table.lease(SLOTS[-1]))):
            return
        # Its items are just those that a busy settlement writes.
        plan = stop(asset, reason, self._now())
        commit_patiently(self._desk.writer, self._desk.timer, plan, COMMIT_PAUSE_MS)

    def _report(self, round_: Round) -> None:
        """The totals at one cut, and what the round found; kept for good."""
        totals: dict[str, Value] = {}
        reach = {each.asset: each for each in reaches(self._desk.reader, self._limits)}
        for asset in sorted(self._assets.values()):
            found = total(self._desk.reader.get(table.total(asset)))
            near = {"reach": reach[asset].units, "limit": reach[asset].limit, "vault": reach[asset].vault}
            totals[asset] = {**found._asdict(), "difference": found.surplus, **near}
            if found.surplus:
                self._desk.observer.alarm("books_do_not_add_up", asset=asset, units=str(found.surplus))
        self._desk.writer.commit((Put(table.report(round_.started_ms), {**_item(round_), "totals": totals}),))
        self._desk.observer.note(
            "reconciled",
            addresses=round_.looked,
            busy=round_.busy,
            surplus=sum(1 for n in round_.surplus.values() if n),
            shortfall=sum(1 for n in round_.shortfall.values() if n),
            behind=round_.behind,
            behind_ms=self._now() - round_.since_ms if round_.behind else 0,
        )

    def _forget(self, compared: set[str], found: set[str]) -> None:
        """Gaps that are closed: their address was compared, and it agreed."""
        for item in self._desk.reader.page(table.note("gap", "0"), "~", GAPS_MAX).items:
            name = str(item["sk"])
            if name not in found and name.rpartition("-")[0] in compared:
                self._desk.writer.commit((Delete(table.note("gap", name)),))

    def _now(self) -> int:
        return self._desk.timer.now_ms()


def _item(round_: Round) -> dict[str, Value]:
    sums = {name: dict(getattr(round_, name)) for name in ("surplus", "shortfall", "owed")}
    return {**round_._asdict(), **sums}
