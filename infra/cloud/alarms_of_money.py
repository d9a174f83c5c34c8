"""What of the money wakes somebody: what waits, what stands still, what runs out, and who does not answer?"""

from collections.abc import Iterator

from chalicelib.flows.proof.ages import PAYERS, WORKS
from chalicelib.flows.withdrawals.standing import SET_ASIDE, STATES
from infra.cloud.alarm import Alarm, Late
from infra.watch.charts import ours
from infra.watch.dashboards import Parts


def of_money(watched: Parts) -> Iterator[Alarm]:
    yield from _of_withdrawals()
    yield from _of_ages()
    yield from _of_what_is_left()
    yield from _of_nodes(watched)


def _of_withdrawals() -> Iterator[Alarm]:
    ages = {state: ours("WithdrawalAgeMs", "Maximum", state=state) for state in STATES}
    aside = ages.pop(SET_ASIDE)
    yield Alarm(
        "withdrawals-set-aside",
        "A withdrawal that was signed and refused has been set aside for an hour",
        "withdrawal-set-aside",
        (aside,),
        # Netting comes every ten minutes, and whatever it sends from that address decides. What is left
        # after an hour has nothing to come there; it keeps no other withdrawal waiting, and no other alarm.
        threshold=60 * 60_000,
        seconds=300,
    )
    yield Alarm(
        "withdrawals-wait",
        "A withdrawal has waited for half an hour",
        "withdrawal-stuck",
        tuple(ages.values()),
        # Payouts run every minute and a staple lands in seconds. Half an hour is also when the settler
        # itself says that a run does not land (STUCK_MS).
        threshold=30 * 60_000,
        seconds=300,
        expression="MAX(METRICS())",
    )


def _of_nodes(watched: Parts) -> Iterator[Alarm]:
    for number, each in enumerate(watched.representatives, 1):
        yield Alarm(
            f"node-{number}-down",
            f"Representative {each} does not answer",
            "node-down",
            (ours("NodeUp", "Maximum", representative=each),),
            # It is asked every five minutes. Three of four are enough to go on, so a restart wakes nobody.
            threshold=1,
            seconds=300,
            periods=3,
            below=True,
        )


_OLD = {
    # What works comes through in minutes, and half an hour is also when the settler itself says that a run
    # does not land (STUCK_MS). A drill's run is driven by a person, who may have gone away.
    "settlement_run": Late(30, "withdrawal-stuck"),
    "pool_run": Late(30, "addresses-run-out"),
    "grants_run": Late(30, "operator-key-leaked"),
    # Settlement comes every ten minutes, and payouts net after twenty-five (nettings.DUE_MS).
    "netting": Late(60, "withdrawal-stuck"),
    # A round takes seconds, and is begun every minute.
    "deposits": Late(15, "deposits-stand-still"),
    # Fifty addresses at a time, for a minute out of five: an hour is some thousands of them.
    "reconciliation": Late(120, "reconciliation-difference"),
}


def _of_ages() -> Iterator[Alarm]:
    """Told by the pool of all of them: whoever stands still can not tell it himself."""
    for work in WORKS:
        minutes, page = _OLD[work]
        yield Alarm(
            f"{work}-old",
            f"{work}: nothing came through for {minutes} minutes",
            page,
            (ours("AgeMs", "Maximum", work=work),),
            threshold=minutes * 60_000,
            seconds=300,
        )


def _of_what_is_left() -> Iterator[Alarm]:
    yield Alarm(
        "no-address-free",
        "No deposit address has been free for ten minutes",
        "addresses-run-out",
        (ours("FreeAddresses", "Maximum"),),
        # A rush takes all that wait, and the next ones are there a minute later.
        threshold=1,
        periods=10,
        below=True,
    )
    for payer in PAYERS:
        yield Alarm(
            f"{payer}-low",
            f"The {payer} can pay the votes of few more staples",
            "coins-out-of-reach",
            (ours("StaplesLeft", "Minimum", payer=payer),),
            # One a minute, day and night, is 1,440 a day: three days at the most that a vote may cost. When a
            # thousand are left at what the last one did cost, the code raises `fees_low` as well.
            threshold=5_000,
            seconds=300,
            below=True,
        )
