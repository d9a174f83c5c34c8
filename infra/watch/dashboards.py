"""What does an operator look at? The exchange at a glance, each market, and the money; as data.

What AWS measures of its services stands beside our own metrics; locally there is none of it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.proof.ages import PAYERS, WORKS
from chalicelib.flows.withdrawals.standing import STATES
from chalicelib.market import Market
from infra.resources import API_STAGE
from infra.watch.charts import ANY, Dashboard, Line, Stat, Widget, ours


class Parts(NamedTuple):
    """What there is to look at. prefix: how names begin; functions: (name, name in the account)."""

    prefix: str
    markets: Sequence[Market]
    tokens: Sequence[str]
    representatives: Sequence[str]
    functions: Sequence[tuple[str, str]]


def dashboards(parts: Parts) -> list[Dashboard]:
    return [exchange(parts), money(parts), *(of_market(parts, market) for market in parts.markets)]


def exchange(parts: Parts) -> Dashboard:
    """At a glance: is it up, is it quick, is anybody needed?"""
    return Dashboard(
        "exchange",
        (
            Widget("Alarms that the code raised", (ours("Alarms", reason=ANY),)),
            Widget(
                "Orders and trades",
                tuple(
                    ours(name, market=market.id)
                    for market in parts.markets
                    for name in ("OrdersAccepted", "Fills")
                ),
            ),
            Widget("A request, in ms", (ours("RequestMs", "p99"), ours("RequestMs", "Average"))),
            Widget("Refused requests, by code", (ours("RequestsRefused", reason=ANY),)),
            Widget("How long orders wait, in ms", _of_markets(parts, "QueueAgeMs", "Maximum")),
            Widget(
                "Oldest message, in s",
                tuple(_queue(parts, market, "ApproximateAgeOfOldestMessage") for market in parts.markets),
            ),
            Widget(
                "Dead letters",
                (
                    *(_dead(parts, market) for market in parts.markets),
                    Line(
                        "ApproximateNumberOfMessagesVisible",
                        (("QueueName", schema.schedule_dead_letter_queue_name(parts.prefix)),),
                        "Maximum",
                        "AWS/SQS",
                    ),
                ),
            ),
            Widget("The gateway", tuple(_gateway(parts, name) for name in ("Count", "4XXError", "5XXError"))),
            Widget("Errors of functions", tuple(_functions(parts, "Errors"))),
            Widget("Functions that were held back", tuple(_functions(parts, "Throttles"))),
            Widget("Throttled tables", tuple(_tables(parts, ("ReadThrottleEvents", "WriteThrottleEvents")))),
            Widget("Write units of tables", tuple(_tables(parts, ("ConsumedWriteCapacityUnits",)))),
            Widget("Runs of scheduled functions, in ms", (ours("VisitMs", "Maximum", function=ANY),)),
            Widget(
                "Journal after the snapshot, in percent of what is due",
                _of_markets(parts, "SnapshotLagPercent", "Maximum"),
            ),
        ),
    )


def of_market(parts: Parts, market: Market) -> Dashboard:
    def line(name: str, stat: Stat = "Sum") -> Line:
        return ours(name, stat, market=market.id)

    def both(name: str) -> tuple[Line, Line]:
        return line(name, "Maximum"), line(name, "Average")

    function = next(
        (full for name, full in parts.functions if name == schema.matcher_name(market)), market.slug
    )
    return Dashboard(
        f"market-{market.slug}",
        (
            Widget("Orders and trades", (line("OrdersAccepted"), line("Fills"))),
            Widget("Canceled, by reason", (ours("OrdersCanceled", market=market.id, reason=ANY),)),
            Widget("Rejected by the book", (ours("OrdersRejected", market=market.id, reason=ANY),)),
            Widget("Refused by intake", (ours("OrdersRefused", market=market.id, reason=ANY),)),
            Widget("How long orders wait, in ms", both("QueueAgeMs")),
            Widget("A step, in ms", both("StepMs")),
            Widget("Steps and batches", (line("Steps"), line("Batches"), line("BatchesInterrupted"))),
            Widget("Items that a step writes", both("StepItems")),
            Widget("Setbacks", (line("StepRetries"), line("FencesLost"))),
            Widget("Journal after the snapshot, in entries", (line("SnapshotLagEntries", "Maximum"),)),
            Widget("Orders that the sweeper ended", (line("OrdersSwept"),)),
            Widget(
                "Queue",
                (
                    _queue(parts, market, "ApproximateAgeOfOldestMessage"),
                    _queue(parts, market, "ApproximateNumberOfMessagesVisible"),
                    _dead(parts, market),
                ),
            ),
            Widget(
                "Matcher",
                tuple(_function(function, name) for name in ("Errors", "Throttles", "Duration")),
            ),
        ),
    )


def money(parts: Parts) -> Dashboard:
    def of_tokens(*names: str) -> tuple[Line, ...]:
        return tuple(ours(name, "Maximum", token=token) for token in parts.tokens for name in names)

    return Dashboard(
        "money",
        (
            *(
                Widget(
                    f"{token}: custody and what is owed, in units",
                    tuple(ours(name, "Maximum", token=token) for name in ("Custody", "Owed")),
                )
                for token in parts.tokens
            ),
            Widget(
                "What does not agree, in units",
                of_tokens("CustodyShortfall", "CustodySurplus", "BooksDifference"),
            ),
            Widget("Addresses compared in a round", (ours("AddressesCompared", "Maximum"),)),
            Widget(
                "Withdrawals that wait, by state",
                tuple(ours("WithdrawalsWaiting", "Maximum", state=state) for state in STATES),
            ),
            Widget(
                "The oldest of them, in ms",
                tuple(ours("WithdrawalAgeMs", "Maximum", state=state) for state in STATES),
            ),
            Widget(
                "Runs in flight, and what came through last: how long ago, in ms",
                tuple(ours("AgeMs", "Maximum", work=work) for work in WORKS),
            ),
            Widget("Addresses that wait", (ours("FreeAddresses", "Minimum"),)),
            Widget(
                "Staples that can still be paid",
                tuple(ours("StaplesLeft", "Minimum", payer=payer) for payer in PAYERS),
            ),
            Widget("Paid out", (ours("WithdrawalsPaid", token=ANY),)),
            Widget("Credits posted", (ours("CreditsPosted", token=ANY),)),
            Widget("On chain", tuple(map(ours, ("Sends", "RunsClosed", "AddressesMade")))),
            Widget(
                "Representatives that answer",
                tuple(ours("NodeUp", "Minimum", representative=each) for each in parts.representatives),
            ),
            Widget(
                "Voting weight elsewhere than configured, in a thousand", (ours("WeightDrift", "Maximum"),)
            ),
        ),
    )


def _of_markets(parts: Parts, name: str, stat: Stat) -> tuple[Line, ...]:
    return tuple(ours(name, stat, market=market.id) for market in parts.markets)


# --- what AWS measures by itself ------------------------------------------------------------------


def _queue(parts: Parts, market: Market, name: str) -> Line:
    queue = schema.queue_name(parts.prefix, market)
    return Line(name, (("QueueName", queue),), "Maximum", "AWS/SQS")


def _dead(parts: Parts, market: Market) -> Line:
    queue = schema.dead_letter_queue_name(parts.prefix, market)
    return Line("ApproximateNumberOfMessagesVisible", (("QueueName", queue),), "Maximum", "AWS/SQS")


def _gateway(parts: Parts, name: str) -> Line:
    return Line(name, (("ApiName", parts.prefix), ("Stage", API_STAGE)), "Sum", "AWS/ApiGateway")


def _function(full_name: str, name: str) -> Line:
    stat: Stat = "Maximum" if name == "Duration" else "Sum"
    return Line(name, (("FunctionName", full_name),), stat, "AWS/Lambda")


def _functions(parts: Parts, name: str) -> Iterable[Line]:
    return (_function(full, name) for _, full in parts.functions)


def _tables(parts: Parts, names: Iterable[str]) -> Iterable[Line]:
    for table in schema.TABLES:
        whole = ("TableName", schema.table_name(parts.prefix, table.name))
        for name in names:
            yield Line(name, (whole,), "Sum", "AWS/DynamoDB")
            for index in table.indexes:
                yield Line(name, (whole, ("GlobalSecondaryIndexName", index.name)), "Sum", "AWS/DynamoDB")
