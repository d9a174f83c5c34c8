"""How do the dashboards stand in the template? As CloudWatch's own JSON, two widgets a row.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
from typing import Any

from chalicelib import listing
from chalicelib.adapters.telemetry.emf import namespace
from chalicelib.market import Market
from infra.cloud import bundle
from infra.cloud.functions import Function
from infra.cloud.intrinsics import Json, Resources, camel, sub
from infra.cloud.stages import Stage
from infra.watch.charts import ANY, Dashboard, Line, Widget
from infra.watch.dashboards import Parts, dashboards

_WIDTH, _HEIGHT = 12, 6
PERIOD_S = 60


def parts(stage: Stage, functions: list[Function], markets: list[Market]) -> Parts:
    named = [(each.name, each.full_name(stage)) for each in functions]
    tokens = sorted(listing.tokens(stage.network))
    return Parts(stage.prefix, markets, tokens, representatives(stage), named)


def representatives(stage: Stage) -> list[str]:
    told = json.loads((bundle.NETWORKS / f"{stage.network}.json").read_text())
    return [each["address"] for each in told["representatives"]]


def resources(stage: Stage, watched: Parts) -> Resources:
    return {camel(each.name, "dashboard"): _resource(stage, each) for each in dashboards(watched)}


def _resource(stage: Stage, dashboard: Dashboard) -> Json:
    widgets = [_widget(stage, number, widget) for number, widget in enumerate(dashboard.widgets)]
    body = json.dumps({"widgets": widgets}, separators=(",", ":"))
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardName": f"{stage.prefix}-{dashboard.name}", "DashboardBody": sub(body)},
    }


def _widget(stage: Stage, number: int, widget: Widget) -> Any:
    return {
        "type": "metric",
        "x": number % 2 * _WIDTH,
        "y": number // 2 * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": widget.title,
            "region": "${AWS::Region}",
            "view": "timeSeries",
            "period": PERIOD_S,
            "metrics": [_metric(stage, line) for line in widget.lines],
        },
    }


def _metric(stage: Stage, line: Line) -> list[Any]:
    space = namespace(stage.name) if line.is_ours else line.namespace
    if ANY in dict(line.dimensions).values():
        return [{"expression": _search(space, line)}]
    named = [text for dimension in line.dimensions for text in dimension]
    return [space, line.name, *named, {"stat": line.stat}]


def _search(space: str, line: Line) -> str:
    """All metrics of that name: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
    using-search-expressions.html"""
    schema = ",".join([f'"{space}"', *(name for name, _ in line.dimensions)])
    fixed = [f'{name}="{value}"' for name, value in line.dimensions if value != ANY]
    terms = " ".join([f'MetricName="{line.name}"', *fixed])
    return f"SEARCH('{{{schema}}} {terms}', '{line.stat}', {PERIOD_S})"
