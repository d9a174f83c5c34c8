"""Do dashboards and alarms speak of metrics that there are, and of all of them?

Custom metrics are held against what the real handlers emitted in the recorded session, both ways.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.telemetry.alarms import ALARMS, RUNBOOK
from chalicelib.adapters.telemetry.catalogue import CATALOGUE
from chalicelib.adapters.telemetry.emf import OTHER, namespace
from infra.cloud import alarms
from infra.cloud.stages import STAGES
from infra.local.state import ROOT
from infra.watch.lines import seen_metrics
from tests.cloud.building import PROD, of_type, sam

OURS = namespace(PROD.name)
DASHBOARD, ALARM = "AWS::CloudWatch::Dashboard", "AWS::CloudWatch::Alarm"

_INSIGHTS = re.compile(r'SELECT MAX\((\w+)\) FROM SCHEMA\("([^"]+)", (\w+)\)')

# Name of a metric and names of its dimensions.
Used = tuple[str, frozenset[str]]


def widgets() -> Iterator[Any]:
    for each in of_type(sam(), DASHBOARD).values():
        for widget in json.loads(each["DashboardBody"]["Fn::Sub"])["widgets"]:
            yield widget["properties"]


def shown() -> Iterator[tuple[str, Used]]:
    """Namespace and metric of all that dashboards show."""
    for widget in widgets():
        for metric in widget["metrics"]:
            if isinstance(metric[0], dict):
                yield _searched(metric[0]["expression"])
            else:
                space, name, *dimensions = metric[:-1]
                yield space, (name, frozenset(dimensions[::2]))


def watched() -> Iterator[tuple[str, Used]]:
    """The same of all that alarms look at."""
    for alarm in of_type(sam(), ALARM).values():
        for each in [alarm, *(query.get("MetricStat", {}).get("Metric", {}) for query in _queries(alarm))]:
            if "MetricName" in each:
                names = frozenset(dimension["Name"] for dimension in each["Dimensions"])
                yield each["Namespace"], (each["MetricName"], names)
        for query in _queries(alarm):
            asked = re.match(
                r'SELECT MAX\((\w+)\) FROM SCHEMA\("([^"]+)", (\w+)\)', query.get("Expression", "")
            )
            if asked:
                yield asked[2], (asked[1], frozenset([asked[3]]))


def _queries(alarm: Any) -> list[Any]:
    return list(alarm.get("Metrics", []))


def _searched(expression: str) -> tuple[str, Used]:
    found = re.match(r"SEARCH\('\{\"([^\"]+)\",([\w,]+)\} MetricName=\"(\w+)\"", expression)
    assert found, expression
    return found[1], (found[3], frozenset(found[2].split(",")))


def custom() -> set[Used]:
    return {used for space, used in (*shown(), *watched()) if space == OURS}


def test_every_metric_on_a_dashboard_or_alarm_was_emitted_and_the_other_way_round(recorded: Any) -> None:
    _, recorder = recorded
    emitted = {
        (name, frozenset(key for key, _ in dimensions))
        for name, found in seen_metrics(recorder.lines).items()
        for dimensions in found
    }
    assert custom() - emitted == set(), "nobody emits them"
    assert emitted - custom() == set(), "nobody looks at them"


def test_and_it_is_in_the_catalogue() -> None:
    assert custom() == {(each.name, frozenset(each.dimensions)) for each in CATALOGUE.values()}


def test_every_kind_of_alarm_that_the_code_raises_wakes_somebody() -> None:
    text = json.dumps(list(of_type(sam(), ALARM).values()))
    for kind in (*ALARMS, OTHER):
        assert f'{{"Name": "reason", "Value": "{kind}"}}' in text, kind


def test_aws_own_metrics_are_asked_for_with_the_names_of_what_there_is() -> None:
    """Queues, functions and tables of this very template, in the words of their services."""
    here = {
        "QueueName": {each["QueueName"] for each in of_type(sam(), "AWS::SQS::Queue").values()},
        "FunctionName": {
            each["FunctionName"] for each in of_type(sam(), "AWS::Serverless::Function").values()
        },
        "TableName": {each["TableName"] for each in of_type(sam(), "AWS::DynamoDB::Table").values()},
        "ApiName": {PROD.prefix},
    }
    text = json.dumps([*widgets(), *of_type(sam(), ALARM).values()])
    for name, known in here.items():
        asked = set(re.findall(f'"{name}", (?:"Value": )?"([^"]+)"', text)) - {"Value"}
        assert asked == known, name


@pytest.mark.parametrize("stage", STAGES.values(), ids=lambda stage: stage.name)
def test_every_alarm_leads_to_a_page_of_the_runbook_that_is_there(stage: Any) -> None:
    pages = headings(ROOT / RUNBOOK)
    alarms = of_type(sam(0, stage), ALARM)
    assert len(alarms) > 30
    for id_, alarm in alarms.items():
        found = re.search(r"What to do: docs/runbook\.md(?:#([a-z-]+))?$", alarm["AlarmDescription"])
        assert found, id_
        assert found[1] is None or found[1] in pages, id_
    assert set(ALARMS.values()) <= pages


def headings(file: Path) -> set[str]:
    """As anchors, the way that GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in found}


def lines_of(alarm: Any) -> list[tuple[str, dict[str, str]]]:
    """Name and dimensions of each metric that an expression adds up."""
    metrics = (query["MetricStat"]["Metric"] for query in _queries(alarm) if "MetricStat" in query)
    return [(each["MetricName"], {d["Name"]: d["Value"] for d in each["Dimensions"]}) for each in metrics]


def test_no_expression_has_more_metrics_than_an_alarm_may_have() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""
    counts = [len(lines_of(alarm)) for alarm in of_type(sam(), ALARM).values()]
    assert max(counts) > 5
    assert max(counts) <= 10


def test_kinds_beyond_that_get_an_alarm_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {f"kind_{number}": "api-fails" for number in range(23)}
    monkeypatch.setattr(alarms, "ALARMS", kinds)
    made = [each for each in alarms._raised() if each.page == "api-fails"]
    assert [each.name for each in made] == ["raised-api-fails", "raised-api-fails-2", "raised-api-fails-3"]
    assert [dict(line.dimensions)["reason"] for each in made for line in each.lines] == list(kinds)


def test_an_alarm_over_what_was_never_raised_needs_none_of_it_to_be_there() -> None:
    for alarm in of_type(sam(), ALARM).values():
        if "-raised-" in alarm["AlarmName"]:
            assert alarm["Metrics"][-1]["Expression"] == "SUM(METRICS())"
            assert alarm["TreatMissingData"] == "notBreaching"


def test_a_table_that_is_throttled_no_more_rings_off_and_so_does_an_index() -> None:
    """In each is a metric that is there every minute, added and taken off again."""
    seen = set()
    for alarm in of_type(sam(), ALARM).values():
        if not alarm["AlarmName"].endswith("-throttled"):
            continue
        *throttled, (name, of) = lines_of(alarm)
        assert (name, of["FunctionName"]) == ("Invocations", "cex-prod-clock")
        assert alarm["Metrics"][-1]["Expression"] == f"SUM(METRICS())-m{len(throttled)}"
        assert {name for name, _ in throttled} == {"ReadThrottleEvents", "WriteThrottleEvents"}
        seen |= {(of["TableName"], of.get("GlobalSecondaryIndexName")) for _, of in throttled}
    made = of_type(sam(), "AWS::DynamoDB::Table").values()
    tables = {(each["TableName"], None) for each in made}
    indexes = {
        (each["TableName"], index["IndexName"])
        for each in made
        for index in each.get("GlobalSecondaryIndexes", [])
    }
    assert indexes
    assert seen == tables | indexes


def test_what_was_set_aside_keeps_the_alarm_of_those_that_wait_from_ringing() -> None:
    found = {alarm["AlarmName"]: alarm for alarm in of_type(sam(), ALARM).values()}
    aside = [{"Name": "state", "Value": "set_aside"}]
    assert found["cex-prod-withdrawals-set-aside"]["Dimensions"] == aside
    wait = [of["state"] for _, of in lines_of(found["cex-prod-withdrawals-wait"])]
    assert "set_aside" not in wait
    assert "requested" in wait


def test_alarms_go_to_the_topic_if_there_is_one() -> None:
    template = sam()
    assert template["Parameters"]["AlarmTopic"]["Default"] == ""
    for alarm in of_type(template, ALARM).values():
        assert alarm["AlarmActions"] == {
            "Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]
        }


def test_the_dashboards_are_the_exchange_the_money_and_each_market() -> None:
    names = {each["DashboardName"] for each in of_type(sam(), DASHBOARD).values()}
    assert names == {
        f"cex-prod-{each}" for each in ("exchange", "money", "market-kta-usdt", "market-usdx-usdt")
    }
    for each in of_type(sam(), DASHBOARD).values():
        body = json.loads(each["DashboardBody"]["Fn::Sub"])
        places = {(widget["x"], widget["y"]) for widget in body["widgets"]}
        assert len(places) == len(body["widgets"]), "one over the other"
        # CloudWatch takes 500 metrics a widget and 2,500 a dashboard.
        assert sum(len(widget["properties"]["metrics"]) for widget in body["widgets"]) < 500
