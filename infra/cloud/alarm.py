"""What is an alarm, and how does it stand in the template?"""

from typing import Any, NamedTuple

from chalicelib.adapters.telemetry.alarms import RUNBOOK
from chalicelib.adapters.telemetry.emf import namespace
from infra.cloud.intrinsics import Json, ref
from infra.cloud.stages import Stage
from infra.watch.charts import OURS, Line

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


class Late(NamedTuple):
    """After so many minutes it is late, and the page that says what to do."""

    minutes: int
    page: str


def resource(stage: Stage, alarm: Alarm) -> Json:
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
