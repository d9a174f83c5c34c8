"""Does every alarm that the code can raise have a page?"""

import ast
import re
from collections.abc import Iterator

from chalicelib.adapters.telemetry.alarms import ALARMS, page
from tests.tidy import ROOT

# Functions of ours that raise an alarm of the name they are given.
_RAISE = {"alarm", "_attempt", "_in_every_market", "_tell_failure"}


def raised() -> Iterator[str]:
    """Kinds that stand in the code: as the argument itself, or as what a variable may be."""
    for file in (ROOT / "chalicelib").rglob("*.py"):
        tree = ast.parse(file.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in _RAISE and node.args:
                yield from _texts(node.args[0], tree)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _texts(argument: ast.expr, tree: ast.AST) -> Iterator[str]:
    if isinstance(argument, ast.Name):
        values = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and ast.dump(node.targets[0]) == ast.dump(_store(argument))
        ]
    else:
        values = [argument]
    for value in values:
        for node in ast.walk(value):
            if isinstance(node, ast.Constant) and re.fullmatch(r"[a-z]+(_[a-z]+)+", str(node.value)):
                yield str(node.value)


def _store(name: ast.Name) -> ast.Name:
    return ast.Name(name.id, ast.Store())


def test_every_kind_that_the_code_raises_has_a_page_and_the_other_way_round() -> None:
    assert set(raised()) == set(ALARMS)


def test_one_that_nobody_thought_of_leads_to_the_runbook_all_the_same() -> None:
    assert page("never_heard_of") == "docs/runbook.md"
