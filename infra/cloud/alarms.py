"""What wakes somebody, from which threshold on, and which page of the runbook says what to do?

Each threshold stands with its reason. Missing data is no alarm, but where silence itself is the
trouble. An alarm goes to the topic of the parameter AlarmTopic; without one it is only seen.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from chalicelib.adapters.telemetry.alarms import ALARMS, RUNBOOK
from chalicelib.adapters.telemetry.emf import OTHER, namespace
from chalicelib.flows import schema
from chalicelib.flows.withdrawals.standing import STATES
from chalicelib.market import Market
from infra.cloud.api import STAGE_NAME
from infra.cloud.functions import API_NAME, Function, Kind
from infra.cloud.intrinsics import Json, Resources, camel, ref
from infra.cloud.stages import Stage
from infra.watch.charts import OURS, Line, Stat, ours
from infra.watch.dashboards import Parts

TOPIC, HAS_TOPIC = "AlarmTopic", "HasAlarmTopic"
CONDITIONS = {HAS_TOPIC: {"Fn::Not": [{"Fn::Equals": [ref(TOPIC), ""]}]}}


class Alarm(NamedTuple):
    """It rings when the value is at least `threshold` (or, if `below`, less) in all of `periods`.

    lines are m0, m1, ... in `expression`; empty for the first of them. page: an anchor of the runbook.
    """

    name: str
    text: str
    page: str
    lines: tuple[Line, ...]
    threshold: int
    seconds: int = 60
    periods: int = 1
    expression: str = ""
    below: bool = False
    silence: bool = False
    percent: bool = False


def resources(stage: Stage, watched: Parts, functions: list[Function]) -> Resources:
    return {camel(each.name, "alarm"): _resource(stage, each) for each in alarms(stage, watched, functions)}


def alarms(stage: Stage, watched: Parts, functions: list[Function]) -> Iterator[Alarm]:
    for market in watched.markets:
        yield from _of_market(stage, market, functions)
    yield from _raised()
    yield from _of_schedules(stage, functions)
    yield from _of_tables(stage)
    yield from _of_money(watched)
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
        expression="FILL(m0,0)+FILL(m1,0)",
    )


def _raised() -> Iterator[Alarm]:
    """The code itself says that a person must look: once is enough, and it says so once."""
    for page in dict.fromkeys([*ALARMS.values(), OTHER]):
        kinds = [kind for kind, found in ALARMS.items() if found == page] or [OTHER]
        lines = tuple(ours("Alarms", reason=kind) for kind in kinds)
        sum_ = "+".join(f"FILL(m{number},0)" for number in range(len(lines)))
        text = "The code raised: " + ", ".join(kinds)
        yield Alarm(f"raised-{page}", text, "" if page == OTHER else page, lines, 1, expression=sum_)


# A schedule has failed when it did not get through once in so many minutes: each comes again
# by itself, so one run that fails is nothing. Those of every minute get ten.
_MINUTES = {"settlement": 30, "reconciliation": 20, "volumes": 180}
_PAGES = {
    "pool": "addresses-run-out",
    "deposits_follower": "deposits-stand-still",
    "payouts": "withdrawal-stuck",
    "settlement": "withdrawal-stuck",
    "reconciliation": "reconciliation-difference",
}


def _of_schedules(stage: Stage, functions: list[Function]) -> Iterator[Alarm]:
    for each in functions:
        if each.kind is Kind.SCHEDULE:
            name, minutes = each.full_name(stage), _MINUTES.get(each.name, 10)
            yield Alarm(
                f"{each.name}-does-not-run",
                f"{each.name} did not get through once in {minutes} minutes",
                _PAGES.get(each.name, "upkeep-failed"),
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
    dead = f"{stage.prefix}-schedules-dead"
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


def _of_tables(stage: Stage) -> Iterator[Alarm]:
    for table in schema.TABLES:
        name = schema.table_name(stage.prefix, table.name)
        yield Alarm(
            f"table-{table.name}-throttled",
            f"DynamoDB holds back requests on {table.name}",
            "table-throttled",
            tuple(_aws("DynamoDB", f"{kind}ThrottleEvents", TableName=name) for kind in ("Read", "Write")),
            # On demand a table doubles within half an hour of a new peak; what is throttled meanwhile is
            # tried again. Ten a minute for three minutes is a wall, and not a peak.
            threshold=10,
            periods=3,
            expression="FILL(m0,0)+FILL(m1,0)",
        )


def _of_money(watched: Parts) -> Iterator[Alarm]:
    ages = tuple(ours("WithdrawalAgeMs", "Maximum", state=state) for state in STATES)
    yield Alarm(
        "withdrawals-wait",
        "A withdrawal has waited for half an hour",
        "withdrawal-stuck",
        ages,
        # Payouts run every minute and a staple lands in seconds. Half an hour is also when the settler
        # itself says that a run does not land (STUCK_MS).
        threshold=30 * 60_000,
        seconds=300,
        expression="MAX(METRICS())",
    )
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


def _of_gateway(stage: Stage, functions: list[Function]) -> Iterator[Alarm]:
    (function,) = (each.full_name(stage) for each in functions if each.name == API_NAME)
    gateway = (("ApiName", stage.prefix), ("Stage", STAGE_NAME))
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
        expression="FILL(m0,0)+FILL(m1,0)",
    )


def _aws(service: str, name: str, stat: Stat = "Sum", **dimensions: str) -> Line:
    return Line(name, tuple(dimensions.items()), stat, f"AWS/{service}")


# --- in CloudFormation's words ----------------------------------------------------------------------


def _resource(stage: Stage, alarm: Alarm) -> Json:
    page = f"{RUNBOOK}#{alarm.page}" if alarm.page else RUNBOOK
    to_topic = {"Fn::If": [HAS_TOPIC, [ref(TOPIC)], ref("AWS::NoValue")]}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": f"{stage.prefix}-{alarm.name}".replace("_", "-"),
            "AlarmDescription": f"{alarm.text}. What to do: {page}",
            "AlarmActions": to_topic,
            # What was raised once is one point: that the next minute has none does not mean that it is over.
            **({} if alarm.name.startswith("raised-") else {"OKActions": to_topic}),
            "ComparisonOperator": "LessThanThreshold" if alarm.below else "GreaterThanOrEqualToThreshold",
            "Threshold": alarm.threshold,
            "EvaluationPeriods": alarm.periods,
            "DatapointsToAlarm": alarm.periods,
            "TreatMissingData": "breaching" if alarm.silence else "notBreaching",
            **_measured(stage, alarm),
        },
    }


def _measured(stage: Stage, alarm: Alarm) -> Json:
    if not alarm.expression:
        (line,) = alarm.lines
        statistic = {"ExtendedStatistic" if line.stat == "p99" else "Statistic": line.stat}
        return {**_metric(stage, line), "Period": alarm.seconds, **statistic}
    metrics: list[Any] = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {"Metric": _metric(stage, line), "Period": alarm.seconds, "Stat": line.stat},
        }
        for number, line in enumerate(alarm.lines)
    ]
    whole = {"Id": "whole", "Expression": alarm.expression, "Label": alarm.name, "ReturnData": True}
    return {"Metrics": [*metrics, {**whole, **({} if alarm.lines else {"Period": alarm.seconds})}]}


def _metric(stage: Stage, line: Line) -> Json:
    return {
        "Namespace": namespace(stage.name) if line.namespace == OURS else line.namespace,
        "MetricName": line.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in line.dimensions],
    }
