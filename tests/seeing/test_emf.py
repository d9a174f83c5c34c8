"""Does a measure become a line that CloudWatch understands, and can it ever become too many metrics?"""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.telemetry.catalogue import CATALOGUE, DIMENSIONS
from chalicelib.adapters.telemetry.emf import OTHER, VALUES_MAX, Measure, Meter
from infra.watch.lines import seen_metrics

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
UNITS = {"Count", "Milliseconds", "Percent", "None"}


def written(*measures: Measure) -> list[Any]:
    stream = io.StringIO()
    Meter("test", stream).measure(*measures)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_measures_that_share_their_dimensions_are_one_line() -> None:
    kta, usdx = ("KTA/USDT",), ("USDX/USDT",)
    lines = written(Measure("Fills", 3, kta), Measure("Steps", 2, kta), Measure("Fills", 1, usdx))
    assert len(lines) == 2
    (told,) = lines[0]["_aws"]["CloudWatchMetrics"]
    assert told == {
        "Namespace": "KeetaCEX/test",
        "Dimensions": [["market"]],
        "Metrics": [{"Name": "Fills", "Unit": "Count"}, {"Name": "Steps", "Unit": "Count"}],
    }
    assert (lines[0]["market"], lines[0]["Fills"], lines[0]["Steps"]) == ("KTA/USDT", [3], [2])


def test_a_metric_without_dimensions_has_none() -> None:
    (line,) = written(Measure("RequestMs", 12))
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]


def test_what_is_not_in_the_catalogue_can_not_be_emitted() -> None:
    with pytest.raises(KeyError):
        written(Measure("Invented", 1))


@pytest.mark.parametrize("dimensions", [(), ("KTA/USDT", "late")])
def test_nor_can_other_dimensions_than_its_own(dimensions: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="argument"):
        written(Measure("Fills", 1, dimensions))


@given(st.lists(st.text(max_size=100), max_size=3 * VALUES_MAX))
def test_whatever_comes_as_a_reason_there_are_never_too_many_metrics(reasons: list[str]) -> None:
    stream = io.StringIO()
    meter = Meter("test", stream)
    for reason in reasons:
        meter.measure(Measure("RequestsRefused", 1, (reason,)))
    seen = seen_metrics(stream.getvalue().splitlines()).get("RequestsRefused", set())
    assert len(seen) <= VALUES_MAX + 1


def test_a_value_beyond_the_last_one_counts_as_other() -> None:
    stream = io.StringIO()
    meter = Meter("test", stream)
    for number in range(VALUES_MAX + 5):
        meter.measure(Measure("RequestsRefused", 1, (f"reason_{number}",)))
    values = [
        dict(each)["reason"] for each in seen_metrics(stream.getvalue().splitlines())["RequestsRefused"]
    ]
    assert len(values) == VALUES_MAX + 1
    assert OTHER in values


def test_the_catalogue_keeps_to_few_dimensions_and_to_units_that_cloudwatch_knows() -> None:
    for metric in CATALOGUE.values():
        assert set(metric.dimensions) <= set(DIMENSIONS), metric
        assert metric.unit in UNITS, metric
        assert metric.meaning, metric
        # Only one that is bounded by few codes stands beside a market.
        assert len(metric.dimensions) <= 2, metric
