"""Is every command said well: by the name that is installed, with help that shows how it is typed?"""

import argparse
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from infra import ops

ROOT = Path(__file__).parents[2]


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Those that do something, of all groups."""
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for child in action.choices.values():
            yield from commands(child)


COMMANDS = {parser.prog.removeprefix("cex-ops "): parser for parser in commands(ops.parser())}


def test_the_installed_name_runs_what_the_module_runs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, name = project["scripts"]["cex-ops"].partition(":")
    assert getattr(import_module(module), name) is ops.main


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_has_examples_that_parse(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "kim")
    told = COMMANDS[name].epilog or ""
    examples = [line.strip() for line in told.splitlines() if line.startswith("  ")]
    assert examples, "an operator at night reads the example first"
    for example in examples:
        words = shlex.split(example.replace("keeta_aab...", ADDRESS))
        assert words[0] == "cex-ops"
        assert ops.parser().parse_args(words[1:]).command == name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_answers_programs_too(name: str) -> None:
    assert any("--json" in action.option_strings for action in COMMANDS[name]._actions)


def mentioned(text: str) -> list[str]:
    """The commands that a text names, as far as their words go."""
    return [found.strip() for found in re.findall(r"cex-ops(?: --stage \w+)?((?: [a-z][a-z-]*)+)", text)]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_is_told_in_the_documentation(name: str) -> None:
    told = mentioned((ROOT / "docs" / "ops.md").read_text())
    assert any(each == name or each.startswith(name + " ") for each in told)


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_the_documentation_tells_of_no_other_commands(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    begun = [f"{name} ".startswith for name in COMMANDS]
    for each in mentioned(text) + re.findall(r'make ops ARGS="([a-z][a-z -]*)', text):
        words = each.split()
        first = [" ".join(words[:count]) + " " for count in (1, 2) if count <= len(words)]
        exact = any(f"{name} " in first for name in COMMANDS)
        assert exact or any(is_begun(first[-1]) for is_begun in begun), f"{page} tells of cex-ops {each}"


def test_wrong_use_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        ops.main(["withdrawals", "pause", "nobody", "--reason", "drill"])
    assert ended.value.code == 2
    assert "no Keeta address" in capsys.readouterr().err


def test_no_exchange_in_the_environment_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere() -> None:
        raise KeyError("CEX_STAGE")

    monkeypatch.setattr(ops, "exchange", nowhere)
    assert ops.main(["audit"]) == 2
    assert "CEX_STAGE" in capsys.readouterr().err


def test_a_mistake_of_ours_is_neither_a_missing_environment_nor_a_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise KeyError("available")

    monkeypatch.setattr(ops, "exchange", broken)
    assert ops.main(["audit"]) == 2
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "names no exchange" not in told


ADDRESS = "keeta_aabnhjonjxhzzhi3pzw3nn7c4ga2c3yfw7jj2kryuyftyjxlx7awegt3cizzd4y"
