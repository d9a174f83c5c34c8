"""How does a dashboard look on a page of the docs? As plain SVG, two widgets a row, light and dark."""

from html import escape

from infra.watch.charts import Dashboard, Widget
from infra.watch.series import Series, Values

WIDTH, HEIGHT, GAP, HEAD = 460, 190, 16, 52
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 186, 40, 14
LINES_MAX = 7
# A color and a dash each, so that nobody has to tell colors apart.
_STROKES = (
    ("#0969da", ""),
    ("#bc4c00", "6 3"),
    ("#1a7f37", "2 3"),
    ("#8250df", "8 3 2 3"),
    ("#cf222e", "1 4"),
    ("#9a6700", "10 4"),
    ("#57606a", "4 4"),
)
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 } .widget { font-weight: 600 }
  .quiet { fill: #57606a; font-size: 11px }
  .box { fill: none; stroke: #d0d7de } .line { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .box { stroke: #3d444d }
    .line { filter: brightness(1.5) }
  }
"""


def svg(dashboard: Dashboard, series: Series, title: str) -> str:
    """All that the series hold, in widgets in which anything was measured."""
    span = series.span
    assert span is not None, "nothing was measured"
    drawn = [(widget, found) for widget in dashboard.widgets if (found := _found(widget, series, *span))]
    rows = -(-len(drawn) // 2)
    height = HEAD + rows * (HEIGHT + GAP)
    body = [_text(0, 18, title, "title")]
    stretches = span[1] - span[0] + 1
    body.append(_text(0, 36, f"{stretches} stretches of {series.stretch_ms // 1000} s", "quiet"))
    for number, (widget, found) in enumerate(drawn):
        x, y = number % 2 * (WIDTH + GAP), HEAD + number // 2 * (HEIGHT + GAP)
        body.append(f'<g transform="translate({x} {y})">{_widget(widget, found)}</g>')
    view = f"-8 0 {2 * WIDTH + GAP + 16} {height}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" role="img">\n'
        f"  <title>{escape(title)}</title>\n  <style>{_STYLE}  </style>\n"
        + "".join(f"  {each}\n" for each in body)
        + "</svg>\n"
    )


def _found(widget: Widget, series: Series, first: int, last: int) -> dict[str, Values]:
    """The busiest lines, by label."""
    found: dict[str, Values] = {}
    for line in widget.lines:
        for label, values in series.values(line, first, last).items():
            if any(each is not None for each in values):
                # Where nothing was counted, there was nothing.
                drawn: Values = [each or 0.0 for each in values] if line.stat == "Sum" else values
                found[label if label not in found else f"{label} ({line.stat})"] = drawn
    busiest = sorted(found, key=lambda label: -sum(abs(each or 0) for each in found[label]))[:LINES_MAX]
    return {label: found[label] for label in busiest}


def _widget(widget: Widget, found: dict[str, Values]) -> str:
    top = max((each for values in found.values() for each in values if each is not None), default=0) or 1
    drawn = [
        f'<rect class="box" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        _text(_LEFT, 20, widget.title, "widget"),
        _text(WIDTH - 12, 20, f"up to {top:,.4g}" if top < 1e4 else f"up to {top:.2e}", "quiet", "end"),
    ]
    for number, (label, values) in enumerate(found.items()):
        color, dash = _STROKES[number]
        stroke = f'stroke="{color}"' + (f' stroke-dasharray="{dash}"' if dash else "")
        points = _points(values, top)
        drawn.append(f'<polyline class="line" {stroke} points="{" ".join(points)}"/>')
        # So that what was measured once can be seen, too.
        x, _, y_last = points[-1].partition(",")
        drawn.append(f'<circle cx="{x}" cy="{y_last}" r="3" fill="{color}"/>')
        y = _TOP + 8 + 20 * number
        right = WIDTH - _RIGHT
        drawn.append(f'<path class="line" {stroke} d="M{right + 10} {y - 4}h18"/>')
        drawn.append(_text(right + 34, y, label if len(label) < 25 else label[:23] + "…", "quiet"))
    return "".join(drawn)


def _points(values: Values, top: float) -> list[str]:
    """A gap is bridged: who is asked every minute has nothing to say in between."""
    room, height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    step = room / max(1, len(values) - 1)
    return [
        f"{_LEFT + number * step:.1f},{_TOP + height * (1 - value / top):.1f}"
        for number, value in enumerate(values)
        if value is not None
    ]


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
