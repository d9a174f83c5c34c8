"""How does a benchmark show what it found, and where does it leave it for the plots?"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# Beside the code and ignored by git; deleting it is harmless.
HOME = Path(__file__).parents[1] / ".bench"
RESULTS = HOME / "results"

_DIGITS = set("0123456789-+")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """In Markdown, so that it can be copied into a document. Words to the left, numbers to the right."""
    body = [list(row) for row in rows]
    columns = list(zip(heads, *body, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = [all(cell[:1] in _DIGITS for cell in column[1:]) for column in columns]
    rule = [
        f"{'-' * (width - 1)}{':' if right else '-'}" for width, right in zip(widths, numeric, strict=True)
    ]
    for row in (heads, rule, *body):
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def keep(name: str, found: Any) -> None:
    """For the plots, which are drawn from the newest run of each benchmark."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1))


def kept(name: str) -> Any:
    """What the newest run found; None if there was none."""
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text()) if file.is_file() else None
