"""What is a dashboard, apart from who draws it? CloudWatch, a terminal and the docs draw the same ones.

A line whose dimension is ANY stands for all values that there are.
"""

from typing import Literal, NamedTuple

ANY = "*"
OURS = ""  # the namespace of our own metrics

Stat = Literal["Sum", "Average", "Maximum", "Minimum", "p99"]


class Line(NamedTuple):
    """One metric. `namespace` is OURS, or that of an AWS service."""

    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    stat: Stat = "Sum"
    namespace: str = OURS

    @property
    def is_ours(self) -> bool:
        return self.namespace == OURS

    @property
    def label(self) -> str:
        values = [value for _, value in self.dimensions if value != ANY]
        return " ".join([self.name, *(values if self.is_ours else [])])


class Widget(NamedTuple):
    title: str
    lines: tuple[Line, ...]


class Dashboard(NamedTuple):
    """`name` stands behind the stage's prefix."""

    name: str
    widgets: tuple[Widget, ...]


def ours(name: str, stat: Stat = "Sum", **dimensions: str) -> Line:
    return Line(name, tuple(dimensions.items()), stat)
