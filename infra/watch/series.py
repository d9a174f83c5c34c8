"""What do the points of a metric add up to, in each stretch of time? As CloudWatch's statistics do."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from infra.watch.charts import ANY, Line, Stat
from infra.watch.lines import Dimensions, Point

# None where nothing was measured.
Values = list[float | None]

# So many stretches are kept of each metric.
KEPT_MAX = 2_000

_STATISTICS: dict[Stat, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "p99": lambda values: sorted(values)[(99 * len(values) - 1) // 100],
}


class Series:
    """Points by metric, dimensions and stretch. A stretch is known by its number since 1970."""

    def __init__(self, stretch_ms: int) -> None:
        self.stretch_ms = stretch_ms
        self._found: dict[str, dict[Dimensions, dict[int, list[float]]]] = defaultdict(dict)

    def add(self, points: Iterable[Point]) -> None:
        for point in points:
            stretches = self._found[point.name].setdefault(point.dimensions, {})
            stretches.setdefault(point.time_ms // self.stretch_ms, []).extend(point.values)
            if len(stretches) > KEPT_MAX:
                del stretches[min(stretches)]

    @property
    def span(self) -> tuple[int, int] | None:
        """The first stretch with anything in it, and the last."""
        numbers = [n for found in self._found.values() for stretches in found.values() for n in stretches]
        return (min(numbers), max(numbers)) if numbers else None

    def values(self, line: Line, first: int, last: int) -> dict[str, Values]:
        """By label; a line that stands for ANY value becomes as many as there are."""
        statistic = _STATISTICS[line.stat]
        found = {}
        for dimensions, stretches in sorted(self._found.get(line.name, {}).items()):
            if _fits(line, dimensions):
                measured = (stretches.get(number) for number in range(first, last + 1))
                found[_label(line, dimensions)] = [statistic(each) if each else None for each in measured]
        return found


def _fits(line: Line, dimensions: Dimensions) -> bool:
    wanted = dict(line.dimensions)
    return wanted.keys() == dict(dimensions).keys() and all(
        wanted[name] in (ANY, value) for name, value in dimensions
    )


def _label(line: Line, dimensions: Dimensions) -> str:
    """What tells the lines of one widget from each other."""
    free = [value for name, value in dimensions if dict(line.dimensions)[name] == ANY]
    return " ".join(free) or line.label
