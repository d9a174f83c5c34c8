"""What does the next run pay and move? Payments from the queue, with the moves that they need.

Controls are asked here once more, right before anything is planned: what was asked for long ago may be
frozen by now. What the coins within reach do not suffice for waits, and is told: the rest lies in the
vault, and only the owner key brings it back. A netting run also moves what lies at the wrong
address, and takes what is too much within reach to the vault.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Custody, ours
from chalicelib.flows.custody.lease import Lease
from chalicelib.flows.custody.reach import Reach, address_of, reaches
from chalicelib.flows.plan import Item, Put
from chalicelib.flows.runs.legs import Legs
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.positions import Positions
from chalicelib.flows.runs.run import Payment, Run
from chalicelib.flows.schema import Key
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.settlement.netting import NO_EXCESS, Excess, Move, Position, net_moves, one_staple

PAYMENTS_MAX = 30
PAGE = 100
# So far down the queue is looked, past those that are stopped or frozen. So many of one asset are looked
# at: those that wait for coins of one keep nobody waiting who wants another.
QUEUE_MAX = 5_000
OF_ASSET_MAX = 100
# That coins do not suffice is told once in so long.
TELL_MS = 10 * 60_000


class Intent(NamedTuple):
    """What a run is to do; `withdrawals` are those that it pays, in the order of `payments`."""

    moves: list[Move]
    payments: list[Payment]
    withdrawals: list[Withdrawal]

    def without(self, gone: set[int]) -> "Intent":
        """Without these of the payments. What would have moved for them lies where it belongs."""
        left = [place for place in range(len(self.payments)) if place not in gone]
        return self._replace(
            payments=[self.payments[place] for place in left],
            withdrawals=[self.withdrawals[place] for place in left],
        )


class Planner:
    """`limits`: units of each asset that the operator's key should be able to send at most."""

    def __init__(self, desk: Desk, positions: Positions, legs: Legs, limits: Mapping[str, int]) -> None:
        self._desk = desk
        self._positions = positions
        self._legs = legs
        self._limits = limits

    def plan(self, lease: Lease, *, netting: bool) -> Intent | None:
        """None when nothing has to move."""
        wanted = list(self._wanted(lease))
        payments = [_payment(each, at) for each, at in wanted]
        sources = _of_users(ours(self._desk.reader, (payment.source for payment in payments)))
        payments = [payment for payment in payments if payment.source in sources]
        moves: list[Move] = []
        if netting or len(_covered(payments, sources, [])) < len(payments):
            positions = list(self._known(lease))
            excess = self._excess(payments) if netting else NO_EXCESS
            payments = self._affordable(payments, positions)[:PAYMENTS_MAX]
            moves = one_staple(net_moves(positions, _needs(payments), excess, wanted_only=not netting))
        payments = _covered(payments[:PAYMENTS_MAX], sources, moves)
        if not moves and not payments:
            return None
        paid = {payment.id for payment in payments}
        return Intent(moves, payments, [each for each, _ in wanted if each.id in paid])

    def reaches(self) -> list[Reach]:
        """How much the operator's key can send of each token, and how much it should."""
        return reaches(self._desk.reader, self._limits)

    def secures(self, run: Run) -> bool:
        """Whether it takes coins to the vault; there may be more than one run can take."""
        return address_of(self._desk.reader, "vault") in {move.target for move in run.moves}

    def is_held_back(self, lease: Lease, run: Run) -> bool:
        """Whether something of a planned run was stopped or frozen since."""
        return any(map(lease.stopped, run.assets)) or any(self._is_frozen(each.user) for each in run.payments)

    def _known(self, lease: Lease) -> Iterator[Position]:
        """What can be moved now."""
        barred = self._legs.barred(lease)
        for each in self._positions.all():
            if not lease.stopped(each.asset) and (each.address, each.asset) not in barred:
                yield each

    # --- payments ---------------------------------------------------------------------------

    def _wanted(self, lease: Lease) -> Iterator[tuple[Withdrawal, str]]:
        """Withdrawals whose turn it is, each with the address that pays it."""
        seen: Counter[str] = Counter()
        frozen: dict[str, bool] = {}
        for user, id_, asset in self._queue():
            if lease.stopped(asset) or seen[asset] >= OF_ASSET_MAX:
                continue
            if user not in frozen:
                frozen[user] = self._is_frozen(user)
            if frozen[user]:
                continue
            record = self._desk.reader.get(Key(schema.ACCOUNTS, user, schema.WITHDRAWAL_PREFIX + id_))
            found = Withdrawal.from_item(record) if record else None
            if found is None or found.state != "requested" or len(found.approved) < found.needs:
                continue
            seen[asset] += 1
            home = self._desk.reader.get(schema.deposit_address(found.user))
            if home is not None:
                yield found, str(home["address"])

    def _queue(self) -> Iterator[tuple[str, str, str]]:
        """Who asked, the withdrawal's id, and its asset; who asked first is first."""
        after: str | None = None
        for _ in range(QUEUE_MAX // PAGE):
            page = self._desk.reader.page(table.queued_withdrawal("0"), "~", PAGE, after=after)
            for item in page.items:
                yield str(item["owner"]), str(item["sk"]).partition("#")[2], str(item["asset"])
            if page.next is None:
                return
            after = page.next

    def _is_frozen(self, user: str) -> bool:
        item = self._desk.reader.get(schema.payout_controls(UserId(user))) or {}
        return int(str(item.get("frozen", 0))) > 0

    # --- within reach -----------------------------------------------------------------------

    def _affordable(self, payments: list[Payment], positions: Iterable[Position]) -> list[Payment]:
        """Those for which the coins suffice that can be moved, in their order; the others wait."""
        left: Counter[str] = Counter()
        missing: Counter[str] = Counter()
        for position in positions:
            left[position.asset] += position.held
        found = []
        for payment in payments:
            if left[payment.asset] >= payment.units:
                left[payment.asset] -= payment.units
                found.append(payment)
            else:
                missing[payment.asset] += payment.units
        for asset, units in missing.items():
            self._tell_low(asset, units, left[asset])
        return found

    def _tell_low(self, asset: str, waiting: int, there: int) -> None:
        """An alarm: somebody with the owner key has to bring coins from the vault."""
        key, now_ms = table.note("low", asset), self._desk.timer.now_ms()
        told = self._desk.reader.get(key) or {}
        if now_ms - int(str(told.get("at_ms", 0))) < TELL_MS:
            return
        self._desk.observer.alarm("hot_balance_low", asset=asset, waiting=str(waiting), there=str(there))
        item: Item = {"asset": asset, "waiting": str(waiting), "there": str(there), "at_ms": now_ms}
        self._desk.writer.commit((Put(key, item),))

    def _excess(self, payments: Iterable[Payment]) -> Excess:
        """What is above the limits. What waits to be paid may stay: it leaves anyway."""
        vault = address_of(self._desk.reader, "vault")
        if not vault:
            return NO_EXCESS
        waiting: Counter[str] = Counter()
        for payment in payments:
            waiting[payment.asset] += payment.units
        return Excess(vault, {each.asset: each.excess - waiting[each.asset] for each in self.reaches()})


def _payment(each: Withdrawal, source: str) -> Payment:
    return Payment(each.id, each.user, source, each.to, each.asset, each.units)


def _needs(payments: Sequence[Payment]) -> dict[tuple[str, str], int]:
    """What each address must hold of each asset to make its payments."""
    needs: dict[tuple[str, str], int] = {}
    for payment in payments:
        at = payment.source, payment.asset
        needs[at] = needs.get(at, 0) + payment.units
    return needs


def _of_users(found: Mapping[str, Custody]) -> dict[str, Custody]:
    """A payment comes from a user's address, whatever the function that faces the internet has written."""
    return {address: each for address, each in found.items() if each.role == "user"}


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
