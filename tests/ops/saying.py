"""How does a test type a command and read the answer?"""

import json
from typing import Any

import pytest

from chalicelib.flows import schema
from infra import ops


def everything(world: Any) -> list[Any]:
    """The whole store, and what was sent."""
    return [*([*world.store.scan(table.name)] for table in schema.TABLES), list(world.queue.sent)]


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    """What a program reads."""
    capsys.readouterr()
    assert ops.main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a person reads."""
    capsys.readouterr()
    assert ops.main(list(words)) == code
    return capsys.readouterr().out
