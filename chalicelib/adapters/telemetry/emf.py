"""How do measures become metrics? As lines in CloudWatch's embedded metric format (EMF).

Nothing is called and nobody waits: CloudWatch reads the lines out of the function's log. Measures
that share their dimensions are one line.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import re
import time
from collections import defaultdict
from typing import Any, NamedTuple, Protocol

from aws_lambda_powertools.metrics import EphemeralMetrics

from chalicelib.adapters.telemetry.catalogue import CATALOGUE
from chalicelib.adapters.telemetry.stdout import Stdout

# Of one dimension of one metric, in one process. Whatever comes beyond counts as OTHER.
VALUES_MAX = 64
OTHER = "other"
_VALUE = re.compile(r"[A-Za-z0-9_./-]{1,80}", re.ASCII)


class Measure(NamedTuple):
    """A metric of the catalogue, and the values of exactly its dimensions, in their order."""

    name: str
    value: int
    dimensions: tuple[str, ...] = ()


class Stream(Protocol):
    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class Meter:
    def __init__(self, stage: str, stream: Stream | None = None) -> None:
        self._namespace = namespace(stage)
        self._stream = stream or Stdout()
        self._known: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._shapes: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, Any]] = {}

    def measure(self, *measures: Measure) -> None:
        """Raises KeyError for what is not in the catalogue, ValueError for other dimensions than its own."""
        lines: dict[tuple[tuple[str, str], ...], list[Measure]] = defaultdict(list)
        for each in measures:
            lines[self._dimensions(each)].append(each)
        for dimensions, found in lines.items():
            self._stream.write(self._line(dimensions, found) + "\n")
        self._stream.flush()

    def _dimensions(self, measure: Measure) -> tuple[tuple[str, str], ...]:
        names = CATALOGUE[measure.name].dimensions
        values = (self._bounded(measure.name, i, value) for i, value in enumerate(measure.dimensions))
        return tuple(zip(names, values, strict=True))

    def _bounded(self, name: str, place: int, value: str) -> str:
        known = self._known[name, place]
        if value in known:
            return value
        if len(known) >= VALUES_MAX or not _VALUE.fullmatch(value):
            return OTHER
        known.add(value)
        return value

    def _line(self, dimensions: tuple[tuple[str, str], ...], measures: list[Measure]) -> str:
        values: dict[str, list[int]] = {}
        for each in measures:
            values.setdefault(each.name, []).append(each.value)
        about = self._about(tuple(name for name, _ in dimensions), tuple(values))
        told: dict[str, Any] = {
            "_aws": {"Timestamp": time.time_ns() // 1_000_000, **about},
            **dict(dimensions),
            **values,
        }
        return json.dumps(told, separators=(",", ":"))

    def _about(self, dimensions: tuple[str, ...], names: tuple[str, ...]) -> dict[str, Any]:
        """What CloudWatch must know of a line. Powertools spells and checks it, once for each shape."""
        shape = (dimensions, names)
        if shape not in self._shapes:
            metrics = EphemeralMetrics(namespace=self._namespace)
            for name in dimensions:
                metrics.add_dimension(name, "any")
            for name in names:
                metrics.add_metric(name, CATALOGUE[name].unit, 0)
            spelled = metrics.serialize_metric_set()["_aws"]
            self._shapes[shape] = {"CloudWatchMetrics": spelled["CloudWatchMetrics"]}
        return self._shapes[shape]


def namespace(stage: str) -> str:
    """Stages share an account, so each has a namespace of its own and needs no dimension for it."""
    return f"KeetaCEX/{stage}"
