"""Which metrics stand in a log? Read as CloudWatch reads the embedded metric format.

Any line may be something else: logs of a local stack mix with those of the servers.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Dimensions = tuple[tuple[str, str], ...]


class Point(NamedTuple):
    """values: as many as were measured in one line. dimensions: sorted by name."""

    time_ms: int
    name: str
    dimensions: Dimensions
    values: tuple[float, ...]


def points(lines: Iterable[str]) -> Iterator[Point]:
    for line in lines:
        if line.startswith("{") and '"_aws"' in line:
            yield from _points(line)


def seen_metrics(lines: Iterable[str]) -> dict[str, set[Dimensions]]:
    """Every metric that the lines hold, with the dimensions it came with."""
    found: dict[str, set[Dimensions]] = {}
    for point in points(lines):
        found.setdefault(point.name, set()).add(point.dimensions)
    return found


def _points(line: str) -> Iterator[Point]:
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError:
        return  # cut off, or of somebody else
    for each in told["_aws"]["CloudWatchMetrics"]:
        for names in each["Dimensions"]:
            dimensions = tuple(sorted((name, str(told[name])) for name in names))
            for metric in each["Metrics"]:
                value = told[metric["Name"]]
                values = tuple(value) if isinstance(value, list) else (value,)
                yield Point(told["_aws"]["Timestamp"], metric["Name"], dimensions, values)
