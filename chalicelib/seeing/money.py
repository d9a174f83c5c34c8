"""Where does the money stand, in figures? Units of tokens are base units."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from chalicelib.adapters.telemetry.emf import Measure

if TYPE_CHECKING:  # a matcher sees none of it, and does not load what it needs
    from chalicelib.flows.custody.posting import Total
    from chalicelib.flows.proof.reconcile import Round
    from chalicelib.flows.runs.settle import Report
    from chalicelib.flows.withdrawals.standing import Standing


def credits(posted: Counter[str]) -> Iterator[Measure]:
    """By token; nothing where nothing came in."""
    for token, count in sorted(posted.items()):
        yield Measure("CreditsPosted", count, (token,))


def settled(report: "Report") -> Iterator[Measure]:
    yield Measure("RunsClosed", report.runs)
    yield Measure("Sends", report.payments + report.moves)
    paid = Counter(payment.asset for run in report.closed for payment in run.payments)
    for token, count in sorted(paid.items()):
        yield Measure("WithdrawalsPaid", count, (token,))


def standing(found: Mapping[str, "Standing"], now_ms: int) -> Iterator[Measure]:
    for state, each in found.items():
        yield Measure("WithdrawalsWaiting", each.number, (state,))
        yield Measure("WithdrawalAgeMs", max(0, now_ms - each.since_ms) if each.since_ms else 0, (state,))


def ages(found: Mapping[str, int]) -> Iterator[Measure]:
    for work, age_ms in found.items():
        yield Measure("AgeMs", age_ms, (work,))


def left(found: Mapping[str, int]) -> Iterator[Measure]:
    for payer, staples in found.items():
        yield Measure("StaplesLeft", staples, (payer,))


def totals(found: Mapping[str, "Total"]) -> Iterator[Measure]:
    for token, total in found.items():
        yield Measure("Custody", total.custody, (token,))
        yield Measure("Owed", total.owed, (token,))
        yield Measure("BooksDifference", abs(total.surplus), (token,))


def compared(round_: "Round", tokens: Iterable[str]) -> Iterator[Measure]:
    """Of a round that is over."""
    yield Measure("AddressesCompared", round_.looked)
    for token in tokens:
        yield Measure("CustodySurplus", round_.surplus.get(token, 0), (token,))
        yield Measure("CustodyShortfall", round_.shortfall.get(token, 0), (token,))


def nodes(found: Mapping[str, bool]) -> Iterator[Measure]:
    for address, answers in found.items():
        yield Measure("NodeUp", int(answers), (address,))
