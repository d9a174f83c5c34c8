"""Can everything that the runbook tells to do be done?"""

import re
import shlex

import pytest

from chalicelib.adapters.telemetry.alarms import ALARMS, RUNBOOK
from chalicelib.flows import schema
from chalicelib.keeta.account import KeyType
from chalicelib.keeta.signature import PrivateKey
from infra.ops import parser
from tests.tidy import ROOT

TEXT = (ROOT / RUNBOOK).read_text()
COMMANDS = sorted(set(re.findall(r"(?:^ +|`)cex-ops ([a-z][^`\n]*)", TEXT, re.MULTILINE)))
# What stands for something that only the moment knows.
STANDS_FOR = ("<order id>", "<withdrawal id>", "<adjustment id>")
SOMEBODY = PrivateKey(KeyType.ED25519, bytes(31) + b"\x01").account.address


def page(anchor: str) -> str:
    """The text under a heading."""
    found = re.search(rf"^## {anchor.replace('-', ' ')}$(.*?)(?=^## |\Z)", TEXT, re.M | re.S | re.I)
    assert found, anchor
    return found[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_it_names_is_one_of_cex_ops(command: str) -> None:
    for word in STANDS_FOR:
        command = command.replace(word, "a" * 26)
    command = re.sub(r"keeta_\w+\.\.\.", SOMEBODY, command)
    options = parser().parse_args(shlex.split(command))
    assert callable(options.run)


def test_it_names_many() -> None:
    assert len(COMMANDS) > 25


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["markets", "explode"])


@pytest.mark.parametrize("kind", ALARMS)
def test_the_page_of_an_alarm_speaks_of_it(kind: str) -> None:
    assert f"`{kind}`" in page(ALARMS[kind])


@pytest.mark.parametrize(
    "incident",
    [
        *("matcher stuck", "poison message", "reconciliation difference", "node down"),
        *("operator key leaked", "withdrawal stuck", "table throttled", "bad deploy"),
        "restore from point in time",
    ],
)
def test_every_incident_has_a_page(incident: str) -> None:
    assert len(page(incident)) > 300


def test_whoever_restores_is_told_every_table() -> None:
    told = page("restore from point in time")
    assert [each.name for each in schema.TABLES if not re.search(rf"(`|-){each.name}[` ]", told)] == []


def test_links_within_it_lead_somewhere() -> None:
    for anchor in re.findall(r"\]\(#([a-z-]+)\)", TEXT):
        assert page(anchor)
