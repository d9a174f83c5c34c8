"""How is a plot drawn? As plain SVG that can be read on light and on dark pages, without a library.

Every bar and line is labeled where it stands, so that no color has to be told from another.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

WIDTH, LABELS, ROW, TOP = 760, 250, 19, 62
BAR = 12
LETTER = 6.6  # width of a letter, on average

STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .note, .quiet { fill: #57606a }
  .group { font-weight: 600 }
  .main { fill: #0969da } .other { fill: #afb8c1 } .extra { fill: #bc4c00 }
  .line { fill: none; stroke: #0969da; stroke-width: 2 }
  .grid { stroke: #d0d7de }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note, .quiet { fill: #9198a1 }
    .main { fill: #4493f8 } .other { fill: #656c76 } .extra { fill: #db6d28 }
    .line { stroke: #4493f8 }
    .grid { stroke: #3d444d }
  }
"""


class Bar(NamedTuple):
    """One row. `parts` are lengths, each with its class: main, other or extra. `text` stands at its end."""

    label: str
    parts: Sequence[tuple[float, str]]
    text: str


class Line(NamedTuple):
    label: str
    values: Sequence[float]


def bars(title: str, note: str, groups: Iterable[tuple[str, Sequence[Bar]]]) -> str:
    """Horizontal bars on one scale from zero, in groups with a heading ("" for none)."""
    groups = list(groups)
    every = [bar for _, some in groups for bar in some]
    longest = max(sum(length for length, _ in bar.parts) for bar in every)
    room = WIDTH - LABELS - 16 - LETTER * max(len(bar.text) for bar in every)
    body, y = [], TOP
    for heading, some in groups:
        if heading:
            body.append(_text(10, y, heading, "group"))
            y += ROW
        for bar in some:
            body += _bar(bar, y, room / longest)
            y += ROW
        y += ROW // 2
    return _page(title, note, y, body)


def lines(title: str, note: str, columns: Sequence[str], series: Sequence[Line]) -> str:
    """One line for each series over the same columns, on a scale from zero, labeled at its end."""
    height, left, right = 260, 46, 270
    top = 1.1 * max(max(line.values) for line in series)
    step = (WIDTH - left - right) / (len(columns) - 1)

    def place(column: int, value: float) -> tuple[float, float]:
        return left + column * step, TOP + height * (1 - value / top)

    body = []
    for tick in _ticks(top):
        _, y = place(0, tick)
        body.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(_text(left - 8, y + 4, f"{tick:g}", "quiet", "end"))
    for number, column in enumerate(columns):
        body.append(_text(place(number, 0)[0], TOP + height + 18, column, "quiet", "middle"))
    for line in series:
        points = [place(number, value) for number, value in enumerate(line.values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        body.append(f'<polyline class="line" points="{path}"/>')
        body += (f'<circle class="main" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
        body.append(_text(WIDTH - right + 8, points[-1][1] + 4, line.label))
    return _page(title, note, TOP + height + 30, body)


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    drawn = [_text(LABELS - 8, y, bar.label, "quiet", "end")]
    x = float(LABELS)
    for length, kind in bar.parts:
        width = max(1.0, length * scale)
        drawn.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{y - BAR + 2}" width="{width:.1f}" height="{BAR}"/>'
        )
        x += width
    return [*drawn, _text(x + 6, y, bar.text)]


def _ticks(top: float) -> list[float]:
    """Four or five round numbers."""
    step = next(size for size in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1_000, 10_000) if top / size <= 5)
    return [step * number for number in range(int(top / step) + 1)]


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _page(title: str, note: str, height: int, body: Iterable[str]) -> str:
    head = [_text(10, 22, title, "title"), _text(10, 41, note, "note")]
    content = "\n".join(f"  {each}" for each in [*head, *body])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 8}" role="img">\n'
        f"  <title>{escape(title)}</title>\n  <style>{STYLE}  </style>\n{content}\n</svg>\n"
    )
