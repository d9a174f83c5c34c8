"""What wakes somebody, from which threshold on, and which page of the runbook says what to do?

Each threshold stands with its reason. Missing data is no alarm, but where silence itself is the
trouble. An alarm goes to the topic of the parameter AlarmTopic; without one it is only seen.
"""

from collections.abc import Iterator

from chalicelib.adapters.telemetry.alarms import ALARMS
from chalicelib.adapters.telemetry.emf import OTHER, namespace
from chalicelib.flows import schema
from chalicelib.market import Market
from infra.cloud.alarm import Alarm, Late, resource
from infra.cloud.alarms_of_money import of_money
from infra.cloud.functions import API_NAME, Function, Kind
from infra.cloud.intrinsics import Resources, camel
from infra.cloud.stages import Stage
from infra.resources import API_STAGE
from infra.watch.charts import Line, Stat, ours
from infra.watch.dashboards import Parts

# Over metrics of which some may not be there, a minute or ever: it passes over those.
SUM = "SUM(METRICS())"
# Metrics that the expression of an alarm may have (CloudWatch's quota).
LINES_MAX = 10
# A function that runs every minute.
EVERY_MINUTE = "clock"
INDEX = "GlobalSecondaryIndexName"


def resources(stage: Stage, watched: Parts, functions: list[Function]) -> Resources:
    return {camel(each.name, "alarm"): resource(stage, each) for each in alarms(stage, watched, functions)}


def alarms(stage: Stage, watched: Parts, functions: list[Function]) -> Iterator[Alarm]:
    for market in watched.markets:
        yield from _of_market(stage, market, functions)
    yield from _raised()
    yield from _of_schedules(stage, functions)
    yield from _of_tables(stage, functions)
    yield from of_money(watched)
    yield from _of_gateway(stage, functions)


def _of_market(stage: Stage, market: Market, functions: list[Function]) -> Iterator[Alarm]:
    queue, dead = schema.queue_name(stage.prefix, market), schema.dead_letter_queue_name(stage.prefix, market)
    (function,) = (each.full_name(stage) for each in functions if each.market == market)
    yield Alarm(
        f"{market.slug}-queue-old",
        f"Orders of {market.id} wait half a minute and longer",
        "matcher-stuck",
        (_aws("SQS", "ApproximateAgeOfOldestMessage", "Maximum", QueueName=queue),),
        # An order is dead some seconds after it was accepted, so nobody trades any more. One failed
        # batch comes back within seconds, and a cold start with a long book takes one or two.
        threshold=30,
        periods=3,
    )
    yield Alarm(
        f"{market.slug}-dead-letters",
        f"A command of {market.id} was given up by its queue",
        "poison-message",
        (_aws("SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=dead),),
        # A thousand receives do not happen by chance, and each dead letter is an order skipped.
        threshold=1,
    )
    yield Alarm(
        f"{market.slug}-matcher-errors",
        f"The matcher of {market.id} breaks off, or is not let run",
        "matcher-stuck",
        (_aws("Lambda", "Errors", FunctionName=function), _aws("Lambda", "Throttles", FunctionName=function)),
        # The handler reports what it can not do and never raises: an error is a time-out, a kill or a bad
        # deploy. One may happen (Lambda moves a function); three in five minutes are a pattern.
        threshold=3,
        seconds=300,
        expression=SUM,
    )


def _raised() -> Iterator[Alarm]:
    """The code itself says that a person must look: once is enough, and it says so once."""
    for page in dict.fromkeys([*ALARMS.values(), OTHER]):
        whole = [kind for kind, found in ALARMS.items() if found == page] or [OTHER]
        for number, kinds in enumerate(_parts(whole), 1):
            lines = tuple(ours("Alarms", reason=kind) for kind in kinds)
            text = "The code raised: " + ", ".join(kinds)
            name = f"raised-{page}" + (f"-{number}" if number > 1 else "")
            # Most kinds were never raised: there are no such metrics yet, and a sum passes over them.
            yield Alarm(name, text, "" if page == OTHER else page, lines, 1, expression=SUM)


def _parts(kinds: list[str]) -> Iterator[list[str]]:
    """As many as the expression of an alarm takes."""
    for start in range(0, len(kinds), LINES_MAX):
        yield kinds[start : start + LINES_MAX]


# A schedule has failed when it did not get through once in so many minutes: each comes again by itself,
# so one run that fails is nothing. Those of every minute get ten.
_LATE = {
    "pool": Late(10, "addresses-run-out"),
    "deposits_follower": Late(10, "deposits-stand-still"),
    "payouts": Late(10, "withdrawal-stuck"),
    "settlement": Late(30, "withdrawal-stuck"),
    "reconciliation": Late(20, "reconciliation-difference"),
    "sweeper": Late(10, "upkeep-failed"),
    "snapshots": Late(10, "upkeep-failed"),
    "clock": Late(10, "upkeep-failed"),
    "volumes": Late(180, "upkeep-failed"),
}


def _of_schedules(stage: Stage, functions: list[Function]) -> Iterator[Alarm]:
    for each in functions:
        if each.kind is Kind.SCHEDULE:
            name, (minutes, page) = each.full_name(stage), _LATE[each.name]
            yield Alarm(
                f"{each.name}-does-not-run",
                f"{each.name} did not get through once in {minutes} minutes",
                page,
                (
                    _aws("Lambda", "Invocations", FunctionName=name),
                    _aws("Lambda", "Errors", FunctionName=name),
                ),
                threshold=1,
                seconds=60 * minutes,
                expression="FILL(m0,0)-FILL(m1,0)",
                below=True,
                silence=True,
            )
    dead = schema.schedule_dead_letter_queue_name(stage.prefix)
    yield Alarm(
        "schedule-dead-letters",
        "A run of a schedule failed twice",
        "upkeep-failed",
        (_aws("SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=dead),),
        # Handlers tell their troubles and end well; this one could not even do that.
        threshold=1,
    )
    yield Alarm(
        "snapshots-behind",
        "A market's journal has grown long since its snapshot",
        "upkeep-failed",
        (),
        # It is measured after each fold, so one that gets through leaves little. Ten times what is due is
        # 2,000 entries of a short book, read in under a second (docs/performance.md), and for any other ten
        # times what it costs to read the book itself: then a cold start needs most of the matcher's time.
        threshold=1_000,
        seconds=300,
        periods=2,
        expression=f'SELECT MAX(SnapshotLagPercent) FROM SCHEMA("{namespace(stage.name)}", market)',
    )


def _of_tables(stage: Stage, functions: list[Function]) -> Iterator[Alarm]:
    """Of each table and of each index by itself: an index that is throttled counts for no table.

    These metrics are there only while something is throttled, and an alarm over them ignores a minute
    without any, whatever it is told, so it would ring on for good ("Configuring how CloudWatch alarms treat
    missing data"). So what is there every minute, the clock's own runs, is added and taken off again.
    """
    (beat,) = (each.full_name(stage) for each in functions if each.name == EVERY_MINUTE)
    for table in schema.TABLES:
        whole = {"TableName": schema.table_name(stage.prefix, table.name)}
        indexes = {f"{table.name}-{each.name}": {**whole, INDEX: each.name} for each in table.indexes}
        for name, dimensions in {table.name: whole, **indexes}.items():
            throttled = (
                _aws("DynamoDB", f"{kind}ThrottleEvents", "Sum", **dimensions) for kind in ("Read", "Write")
            )
            yield Alarm(
                f"table-{name}-throttled",
                f"DynamoDB holds back requests on {name}",
                "table-throttled",
                (*throttled, _aws("Lambda", "Invocations", FunctionName=beat)),
                # On demand a table doubles within half an hour of a new peak; what is throttled meanwhile
                # is tried again. Ten a minute for three minutes is a wall, and not a peak.
                threshold=10,
                periods=3,
                expression=f"{SUM}-m2",
            )


def _of_gateway(stage: Stage, functions: list[Function]) -> Iterator[Alarm]:
    (function,) = (each.full_name(stage) for each in functions if each.name == API_NAME)
    gateway = (("ApiName", stage.prefix), ("Stage", API_STAGE))
    requests, faults = (Line(name, gateway, "Sum", "AWS/ApiGateway") for name in ("Count", "5XXError"))
    yield Alarm(
        "api-faults",
        "One request in fifty is answered with our fault",
        "api-fails",
        (requests, faults),
        # One in fifty for five minutes, of at least some: a single one at night is no outage.
        threshold=2,
        seconds=300,
        expression="IF(FILL(m0,0)>=50, 100*FILL(m1,0)/m0, 0)",
    )
    yield Alarm(
        "api-slow",
        "One request in a hundred takes longer than five seconds",
        "api-fails",
        (Line("Latency", gateway, "p99", "AWS/ApiGateway"),),
        # A request waits at most two seconds for its order to be matched, and a cold start takes one.
        threshold=5_000,
        seconds=300,
        periods=3,
    )
    yield Alarm(
        "api-errors",
        "The API's function breaks off, or is not let run",
        "api-fails",
        (_aws("Lambda", "Errors", FunctionName=function), _aws("Lambda", "Throttles", FunctionName=function)),
        # Every failure becomes an answer: an error is a time-out, a kill or a bad deploy.
        threshold=3,
        seconds=300,
        expression=SUM,
    )


def _aws(service: str, name: str, stat: Stat = "Sum", **dimensions: str) -> Line:
    return Line(name, tuple(dimensions.items()), stat, f"AWS/{service}")
