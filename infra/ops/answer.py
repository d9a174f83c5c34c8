"""How does a command answer? Lines for people, or JSON for programs, and an exit code for both."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any, NamedTuple

DONE, NOT_WELL, FAILED = 0, 1, 2

# So that no command floods a terminal.
ROWS_MAX = 200


class Answer(NamedTuple):
    """`value` is for --json, `lines` for people: both say the same."""

    value: Mapping[str, Any]
    lines: Sequence[str]
    code: int = DONE


def show(options: argparse.Namespace, answer: Answer) -> int:
    """The exit code."""
    text = json.dumps(answer.value, indent=2) if options.json else "\n".join(answer.lines)
    if text:
        print(text)
    return answer.code


def failed(options: argparse.Namespace, code: str, detail: str) -> None:
    """On standard error, so that nobody takes it for an answer."""
    if options.json:
        print(json.dumps({"error": code, "detail": detail}), file=sys.stderr)
    else:
        print(f"{code}: {detail}", file=sys.stderr)


def apart() -> redirect_stdout[Any]:
    """While this lasts, what the exchange notes goes to standard error: it is no part of the answer."""
    return redirect_stdout(sys.stderr)


def table(rows: Iterable[Mapping[str, object]]) -> list[str]:
    """Columns in the order of the first row, with their names above."""
    found = list(rows)
    if not found:
        return []
    names = list(found[0])
    cells = [names, *([_cell(row.get(name, "")) for name in names] for row in found)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def facts(values: Mapping[str, object]) -> list[str]:
    """One line each."""
    width = max((len(name) for name in values), default=0)
    return [f"{name.ljust(width)}  {_cell(value)}" for name, value in values.items()]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None or value == "" else str(value)
