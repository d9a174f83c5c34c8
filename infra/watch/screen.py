"""How does a dashboard look on a terminal? A line for each metric: what it is now, and how it came there."""

from collections.abc import Iterator

from infra.watch.charts import Dashboard, Widget
from infra.watch.series import Series, Values

COLUMNS = 40
# Of one widget; a reason that is rarely seen is left out.
LINES_MAX = 8
_LABEL, _NUMBER = 44, 14
_HEIGHTS = "▁▂▃▄▅▆▇█"


def page(dashboard: Dashboard, series: Series, now_ms: int) -> str:
    """The last COLUMNS stretches, the newest to the right."""
    last = now_ms // series.stretch_ms
    seconds = series.stretch_ms // 1000
    head = f"{dashboard.name}: the last {COLUMNS * seconds} s, {seconds} s a column"
    return "\n".join(
        [head, "", *(line for each in dashboard.widgets for line in _widget(each, series, last))]
    )


def _widget(widget: Widget, series: Series, last: int) -> Iterator[str]:
    found: dict[str, Values] = {}
    for line in widget.lines:
        for label, values in series.values(line, last - COLUMNS + 1, last).items():
            found[label if label not in found else f"{label} ({line.stat})"] = values
    seen = {label: values for label, values in found.items() if any(each is not None for each in values)}
    if not seen:
        return
    yield widget.title
    busiest = sorted(seen, key=lambda label: -sum(abs(each or 0) for each in seen[label]))[:LINES_MAX]
    for label in sorted(busiest):
        yield f"  {label[:_LABEL]:<{_LABEL}}{_newest(seen[label]):>{_NUMBER}}  {sparkline(seen[label])}"
    yield ""


def _newest(values: Values) -> str:
    measured = [each for each in values if each is not None]
    return f"{measured[-1]:,.0f}"


def sparkline(values: Values) -> str:
    """From zero to the highest; a gap where nothing was measured."""
    top = max((each for each in values if each is not None), default=0)
    return "".join(" " if each is None else _bar(each, top) for each in values)


def _bar(value: float, top: float) -> str:
    if top <= 0 or value <= 0:
        return _HEIGHTS[0]
    return _HEIGHTS[min(len(_HEIGHTS) - 1, round(value / top * (len(_HEIGHTS) - 1)))]
