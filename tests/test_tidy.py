"""Does every file keep the rules of the house, and would each rule notice a breach?"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from textwrap import dedent

import pytest

import chalicelib
from chalicelib.errors import CexError
from tests import tidy
from tests.tidy import File

Rule = Callable[[File], Iterator[str]]

FILES = tidy.project_files()


@pytest.mark.parametrize("rule", tidy.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    assert [complaint for file in FILES for complaint in rule(file)] == []


def test_the_rules_look_at_every_room() -> None:
    rooms = {file.room for file in FILES if file.in_house} - {"__init__"}
    assert rooms == set(tidy.FLOORS)
    assert {file.name.partition("/")[0] for file in FILES} == {
        "app.py",
        "chalicelib",
        "infra",
        "bench",
        "tests",
    }


# --- each rule can fail -------------------------------------------------------------------------

MONEY, KEETA, AUTH, FLOW = (
    f"chalicelib/{each}.py" for each in ("money", "keeta/bad", "auth/bad", "flows/bad")
)
ADAPTER, ROUTE, APP = "chalicelib/adapters/bad.py", "chalicelib/api/bad.py", "app.py"

BREACHES = [
    (tidy.arrows_point_down, MONEY, "from chalicelib.keeta import der"),
    (tidy.arrows_point_down, MONEY, "import chalicelib.flows.schema"),
    (tidy.arrows_point_down, KEETA, "from chalicelib.auth.token import read"),
    (tidy.arrows_point_down, AUTH, "from chalicelib.engine.book import Book"),
    (tidy.arrows_point_down, AUTH, "from ..engine.book import Book"),
    (tidy.arrows_point_down, "chalicelib/ledger/bad.py", "from chalicelib import auth"),
    (tidy.arrows_point_down, FLOW, "def f():\n    from chalicelib.adapters import sqs"),
    (tidy.arrows_point_down, FLOW, "if TYPE_CHECKING:\n    from chalicelib.wiring import Exchange"),
    (tidy.arrows_point_down, ADAPTER, "from chalicelib.wiring import exchange"),
    (tidy.arrows_point_down, ROUTE, "from chalicelib import handlers"),
    (tidy.arrows_point_down, ROUTE, "from infra import resources"),
    (tidy.arrows_point_down, ROUTE, "import app"),
    (tidy.arrows_point_down, FLOW, "from chalicelib.nowhere import x"),
    (tidy.arrows_point_down, "chalicelib/cellar/x.py", ""),
    *((tidy.low_floors_are_pure, FLOW, f"import {module}") for module in ("os", "time", "random", "logging")),
    *(
        (tidy.low_floors_are_pure, KEETA, f"import {module}")
        for module in ("secrets", "ssl", "socket", "uuid")
    ),
    *(
        (tidy.low_floors_are_pure, AUTH, f"import {module}")
        for module in ("boto3", "httpx", "threading", "sys")
    ),
    (tidy.low_floors_are_pure, FLOW, "from botocore.config import Config"),
    (tidy.low_floors_are_pure, FLOW, "from datetime import datetime\nx = datetime.now()"),
    (tidy.low_floors_are_pure, FLOW, "from datetime import date\nx = date.today()"),
    (tidy.low_floors_are_pure, KEETA, "from nacl.signing import SigningKey\nx = SigningKey.generate()"),
    (tidy.low_floors_are_pure, KEETA, "from nacl.utils import random"),
    (tidy.low_floors_are_pure, MONEY, "print(1)"),
    (tidy.low_floors_are_pure, MONEY, "x = open('y')"),
    (tidy.low_floors_are_pure, "chalicelib/engine/side.py", "import sys\nsys.stdout.write('')"),
    (tidy.only_adapters_reach_out, ROUTE, "import boto3"),
    (tidy.only_adapters_reach_out, "chalicelib/handlers.py", "from httpx import Client"),
    (tidy.only_adapters_reach_out, APP, "import socket"),
    (tidy.keys_are_spelled_once, FLOW, "x = 'O#' + order"),
    (tidy.keys_are_spelled_once, ADAPTER, "x = f'J#{seq}'"),
    (tidy.keys_are_spelled_once, ROUTE, "x = r'L#[0-9]+'"),
    (tidy.keys_are_spelled_once, "infra/bad.py", "x = {'sk': 'W'}"),
    (tidy.keys_are_spelled_once, "bench/bad.py", "x = 'SNAPSHOT'"),
    (tidy.keys_are_spelled_once, FLOW, "x = 'house:fees'"),
    (tidy.numbers_are_whole, FLOW, "x = 0.5"),
    (tidy.numbers_are_whole, ROUTE, "x = 1e3"),
    (tidy.numbers_are_whole, FLOW, "x = float('1')"),
    (tidy.numbers_are_whole, ROUTE, "def f(x: float): ..."),
    (tidy.numbers_are_whole, ADAPTER, "from decimal import Decimal"),
    (tidy.numbers_are_whole, FLOW, "x = 1 / 2"),
    (tidy.numbers_are_whole, FLOW, "x = 1\nx /= 2"),
    (tidy.files_say_what_they_answer, "infra/bad.py", "x = 1"),
    (tidy.files_are_short, "tests/bad.py", "x = 1\n" * 301),
    (tidy.functions_are_short, "tests/bad.py", "def f():\n" + "    x = 1\n" * 50),
    (tidy.functions_are_short, FLOW, "class A:\n    async def f(self):\n" + "        x = 1\n" * 50),
    (tidy.errors_grow_on_one_tree, FLOW, "class Lost(Exception): ..."),
    (tidy.errors_grow_on_one_tree, ROUTE, "class Lost(Mixin, ValueError): ..."),
]


@pytest.mark.parametrize(("rule", "name", "text"), BREACHES)
def test_a_breach_is_noticed(rule: Rule, name: str, text: str) -> None:
    (complaint, *_) = rule(File(name, text))
    assert complaint.startswith(name)


LAWFUL = [
    (tidy.arrows_point_down, "chalicelib/market.py", "from chalicelib.money import scale"),
    (
        tidy.arrows_point_down,
        FLOW,
        "from chalicelib.flows import schema\nfrom chalicelib.engine.book import Book",
    ),
    (tidy.arrows_point_down, APP, "from chalicelib import handlers\nfrom chalicelib.wiring import LOCAL"),
    (tidy.arrows_point_down, "infra/fine.py", "from tests import backends"),
    (tidy.low_floors_are_pure, "chalicelib/flows/book/view.py", "from threading import Lock"),
    (tidy.low_floors_are_pure, FLOW, "from datetime import timedelta\nx = timer.now_ms()"),
    (tidy.low_floors_are_pure, ADAPTER, "import os, time, random"),
    (tidy.only_adapters_reach_out, "chalicelib/wiring.py", "import boto3"),
    (tidy.keys_are_spelled_once, "chalicelib/flows/schema.py", "x = 'O#'"),
    (tidy.keys_are_spelled_once, FLOW, "x = 'We say nothing of keys'"),
    (tidy.numbers_are_whole, FLOW, "x = 7 // 2"),
    (tidy.numbers_are_whole, "infra/fine.py", "x = 0.5"),
    (tidy.files_say_what_they_answer, "tests/__init__.py", ""),
    (tidy.files_are_short, FLOW, "x = 1\n" * 300),
    (tidy.functions_are_short, FLOW, "def f():\n" + "    x = 1\n" * 49),
]


@pytest.mark.parametrize(("rule", "name", "text"), LAWFUL)
def test_what_keeps_the_rule_is_let_be(rule: Rule, name: str, text: str) -> None:
    assert list(rule(File(name, text))) == []


# --- the tree of errors -------------------------------------------------------------------------


def every_error() -> dict[str, list[type[CexError]]]:
    """All kinds of CexError that `chalicelib` holds, by the file that they stand in."""
    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        importlib.import_module(module.name)
    found: dict[str, list[type[CexError]]] = {}
    waiting: list[type[CexError]] = [CexError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("chalicelib."):
            found.setdefault(kind.__module__.replace(".", "/") + ".py", []).append(kind)
    return found


def test_every_error_stands_in_a_file_for_errors() -> None:
    assert [name for name in every_error() if not name.endswith("/errors.py")] == []


@pytest.mark.parametrize(
    "name", sorted(file.name for file in FILES if file.in_house and file.name.endswith("/errors.py"))
)
def test_the_drawn_tree_is_the_tree(name: str) -> None:
    kinds = every_error()[name]
    drawing = inspect.getdoc(inspect.getmodule(kinds[0])) or ""
    actual = {kind.__name__: kind.__bases__[0].__name__ for kind in kinds if kind is not CexError}
    assert tidy.drawn_tree(drawing) == actual


def test_a_tree_is_read_as_it_is_drawn() -> None:
    drawing = """\
        Which errors exist?

            Root
            |-- One          with words
            |   `-- Two
            |
            |-- Three
            |   |-- Four     more words
            |   |   `-- Five
            |   `-- Six
            `-- Seven

        Other words."""
    assert tidy.drawn_tree(dedent(drawing)) == {
        "One": "Root",
        "Two": "One",
        "Three": "Root",
        "Four": "Three",
        "Five": "Four",
        "Six": "Three",
        "Seven": "Root",
    }


def test_every_error_of_the_root_has_a_code() -> None:
    assert [kind for kind in every_error()["chalicelib/errors.py"] if "code" not in vars(kind)] == []
