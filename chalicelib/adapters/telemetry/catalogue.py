"""Which metrics are there? All of them; whatever is not here can not be emitted.

Each stands for itself once for every value of its dimensions, and CloudWatch charges for each, so
dimensions are few and bounded:

    market          those of the listing
    token           those of the listing
    state           of a withdrawal
    reason          codes of the API, of the engine, and of alarms.py
    representative  addresses of the network's description
    function        those of `app.py`
    work            WORKS of flows/proof/ages
    payer           treasury and owner

Units are CloudWatch's. What counts units of a token (base units) has none.
"""

from typing import NamedTuple

DIMENSIONS = ("market", "token", "state", "reason", "representative", "function", "work", "payer")


class Metric(NamedTuple):
    """dimensions: exactly those that it always has."""

    name: str
    unit: str
    dimensions: tuple[str, ...]
    meaning: str


_METRICS = (
    # --- what the API does ----------------------------------------------------------------------
    Metric(
        "RequestMs",
        "Milliseconds",
        (),
        "one request of the API, from the function's first look to its answer",
    ),
    Metric(
        "RequestsRefused", "Count", ("reason",), "requests that were answered with a problem, by its code"
    ),
    Metric(
        "OrdersAccepted", "Count", ("market",), "orders that were promised: held, recorded and on their way"
    ),
    Metric("OrdersRefused", "Count", ("market", "reason"), "commands that intake refused; nothing was held"),
    # --- what a matcher does --------------------------------------------------------------------
    Metric("QueueAgeMs", "Milliseconds", ("market",), "how long the oldest message of a batch had waited"),
    Metric("Batches", "Count", ("market",), "batches that a matcher was given"),
    Metric("BatchesInterrupted", "Count", ("market",), "batches of which a part went back to the queue"),
    Metric("Steps", "Count", ("market",), "steps that were committed, each a journal entry"),
    Metric("StepMs", "Milliseconds", ("market",), "a step, deciding and committing; the mean over one batch"),
    Metric("StepItems", "Count", ("market",), "items that a step wrote; the mean over one batch, rounded up"),
    Metric("StepRetries", "Count", ("market",), "steps that were decided again after a setback"),
    Metric("FencesLost", "Count", ("market",), "steps that met an entry of somebody else in the journal"),
    Metric("Fills", "Count", ("market",), "trades"),
    Metric("OrdersCanceled", "Count", ("market", "reason"), "orders that ended before they were filled"),
    Metric("OrdersRejected", "Count", ("market", "reason"), "accepted orders of which the book took nothing"),
    # --- what keeps the books of the markets in shape ---------------------------------------------
    Metric(
        "SnapshotLagEntries",
        "Count",
        ("market",),
        "journal entries that a cold start reads after the snapshot",
    ),
    Metric(
        "SnapshotLagPercent",
        "Percent",
        ("market",),
        "the same, in percent of those with which a new snapshot is due",
    ),
    Metric(
        "OrdersSwept", "Count", ("market",), "orders and replaces that the sweeper had to send to their end"
    ),
    Metric("VisitMs", "Milliseconds", ("function",), "one run of a scheduled function"),
    # --- money --------------------------------------------------------------------------------------
    Metric("AddressesMade", "Count", (), "deposit addresses that were made ahead of need"),
    Metric("FreeAddresses", "Count", (), "deposit addresses that wait for users"),
    Metric(
        "AgeMs",
        "Milliseconds",
        ("work",),
        "how old a slot's run in flight is; how long ago all was netted, or a round was over or began",
    ),
    Metric(
        "StaplesLeft",
        "Count",
        ("payer",),
        "staples whose votes it can still pay, at the most that a vote may cost",
    ),
    Metric(
        "CreditsPosted",
        "Count",
        ("token",),
        "credits found on chain and posted: deposits, and what is set aside; unlisted tokens are one",
    ),
    Metric("RunsClosed", "Count", (), "settlement runs that landed and were posted"),
    Metric("Sends", "Count", (), "SENDs on chain that landed: payments, and moves between our own accounts"),
    Metric("WithdrawalsPaid", "Count", ("token",), "withdrawals that landed"),
    Metric("WithdrawalsWaiting", "Count", ("state",), "withdrawals that are open, by the state of their run"),
    Metric(
        "WithdrawalAgeMs",
        "Milliseconds",
        ("state",),
        "how long the oldest of them has been open or in that state",
    ),
    Metric("Custody", "None", ("token",), "units in our accounts on chain, according to the books"),
    Metric("Owed", "None", ("token",), "units that users have, with the fees that trading has earned"),
    Metric(
        "BooksDifference", "None", ("token",), "units by which both sides of the books differ; always zero"
    ),
    Metric(
        "CustodySurplus",
        "None",
        ("token",),
        "units on chain that the books do not know, in the last full round",
    ),
    Metric("CustodyShortfall", "None", ("token",), "units that are missing on chain, in the last full round"),
    Metric("AddressesCompared", "Count", (), "addresses that a full round of reconciliation has looked at"),
    Metric(
        "WeightDrift",
        "None",
        (),
        "voting weight that stands elsewhere than we have configured, in a thousand",
    ),
    Metric("NodeUp", "Count", ("representative",), "1 when it answers, 0 when it does not"),
    # --- what a person must look at --------------------------------------------------------------------
    Metric("Alarms", "Count", ("reason",), "alarms that the code raised, by kind (alarms.py)"),
)

CATALOGUE = {metric.name: metric for metric in _METRICS}
