"""Do the books of custody add up, on both of their sides, and is every coin in them accounted for?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from chalicelib.flows.custody.posting import total
from chalicelib.flows.records.entries import AdjustmentEntry, DepositEntry, Entry, WithdrawalEntry
from chalicelib.flows.upkeep.custodied import Custodied
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.ledger.audit import Difference
from chalicelib.ledger.transfers import CAPITAL, EXPENSE, IN_FLIGHT, SUSPENSE, Account


def money_differences(
    stored: Custodied,
    withdrawals: Iterable[Withdrawal],
    entries: Iterable[tuple[UserId, Entry]],
    balances: Mapping[Account, Mapping[str, int]],
) -> Iterator[Difference]:
    yield from _totals_against_parts(stored, balances)
    known = list(entries)
    yield from _unequal(
        "payouts",
        Counter((w.user, w.id, w.asset, w.units) for w in withdrawals if w.state == "landed"),
        Counter((u, e.id, e.asset, e.units) for u, e in known if isinstance(e, WithdrawalEntry)),
    )
    yield from _unequal(
        "deposits",
        Counter((c.user, f"{c.block}-{c.operation}", c.asset, c.units) for c in stored.credits if c.user),
        Counter((str(u), e.id, e.asset, e.units) for u, e in known if isinstance(e, DepositEntry)),
    )
    yield from _unequal(
        "adjustments",
        Counter((a.user, *a.entry) for a in stored.adjustments if a.state == "posted"),
        Counter((u, *e) for u, e in known if isinstance(e, AdjustmentEntry)),
    )


def _totals_against_parts(
    stored: Custodied, balances: Mapping[Account, Mapping[str, int]]
) -> Iterator[Difference]:
    """Each total against the sum of what it sums up, and its two sides against each other."""
    assets = {asset for held in balances.values() for asset in held} | stored.totals.keys()
    house = {CAPITAL, SUSPENSE, IN_FLIGHT, EXPENSE}
    for asset in sorted(assets):
        found = stored.totals.get(asset, total(None))
        lying = sum(held.get(asset, 0) for held in stored.accounts.values())
        owed = sum(
            held.get(asset, 0)
            for account, held in balances.items()
            if account.bucket != "custody" and account not in house
        )
        for name, wanted, there in (
            ("custody", lying, found.custody),
            ("owed", owed, found.owed),
            ("surplus", 0, found.surplus),
        ):
            if wanted != there:
                yield Difference("custody", f"{name} {asset}", str(wanted), str(there))


def _unequal(
    check: str, wanted: Counter[tuple[object, ...]], found: Counter[tuple[object, ...]]
) -> Iterator[Difference]:
    for what, count in (wanted - found).items():
        yield Difference(check, " ".join(map(str, what)), f"{count} entries", "missing")
    for what, count in (found - wanted).items():
        yield Difference(check, " ".join(map(str, what)), "none", f"{count} entries")
