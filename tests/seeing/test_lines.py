"""Are the metrics found in a log in which others write too?"""

from infra.watch.lines import Point, points, seen_metrics

EMF = (
    '{"_aws":{"Timestamp":7,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["b","a"]],'
    '"Metrics":[{"Name":"Fills","Unit":"Count"}]}]},"a":"1","b":"2","Fills":[1.0,2.0]}'
)


def test_what_is_no_metric_is_passed_over() -> None:
    lines = ["2026-11-22 INFO hello", '{"message": "a note"}', EMF[:-9], "", EMF]
    assert list(points(lines)) == [Point(7, "Fills", (("a", "1"), ("b", "2")), (1.0, 2.0))]
    assert seen_metrics(lines) == {"Fills": {(("a", "1"), ("b", "2"))}}
