"""Can an operator ask for an adjustment, and another one approve it, and nobody do both?"""

import json

import pytest

from infra import ops
from tests.flows.world import World
from tests.ops.saying import everything, said, told

pytestmark = pytest.mark.usefixtures("desk")

ADA = "keeta_anqdilpazdekdu4acw65fj7smltcp26wbrildkqtszqvverljpwpezmd44ssg"
ASK = ("adjust", "request", ADA, "USDT", "12.5", "--reason", "credited to nobody")


def decide(word: str, id_: str, by: str, *more: str) -> list[str]:
    return ["adjust", word, id_, "--by", by, "--reason", "looked at", *more]


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    return str(told(capsys, *(words or ASK), "--by", "kim", "--yes")["id"])


def test_it_is_asked_for_approved_and_listed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = ask(capsys)
    assert "posted: give 12.5 USDT" in said(capsys, *decide("approve", id_, "lou", "--yes"))
    assert world.balance(ADA, "USDT").available == 12_500_000
    (listed,) = told(capsys, "adjust", "list")["adjustments"]
    assert (listed["state"], listed["amount"], listed["asked_by"]) == ("posted", "12.5", "kim")
    assert id_ in said(capsys, "adjust", "list")
    assert "posted before" in said(capsys, *decide("approve", id_, "max", "--yes"))
    assert world.balance(ADA, "USDT").available == 12_500_000
    assert world.audit().differences == []


def test_without_yes_it_is_only_said_what_would_be(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(world)
    assert "would ask to give 12.5 USDT" in said(capsys, *ASK, "--by", "kim")
    assert everything(world) == before
    id_ = ask(capsys)
    before = everything(world)
    for word in ("approve", "reject"):
        assert "nothing was done" in said(capsys, *decide(word, id_, "lou"))
    assert everything(world) == before


def test_the_same_person_does_not_approve(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = ask(capsys)
    assert ops.main([*decide("approve", id_, "kim", "--yes"), "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["error"] == "same_person"
    assert world.balance(ADA, "USDT").available == 0


def test_where_aws_knows_who_it_is_a_name_that_somebody_types_does_not_count(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops, "identity", lambda stage, said: "arn:aws:sts::1:assumed-role/ops/kim")
    id_ = ask(capsys)
    assert ops.main(decide("approve", id_, "lou", "--yes")) == 2
    monkeypatch.setattr(ops, "identity", lambda stage, said: "arn:aws:sts::1:assumed-role/ops/lou")
    assert ops.main(decide("approve", id_, "kim", "--yes")) == 0
    (listed,) = told(capsys, "adjust", "list")["adjustments"]
    assert listed["decided_by"] == "arn:aws:sts::1:assumed-role/ops/lou"


def test_what_a_user_has_not_is_not_taken(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = ask(capsys, "adjust", "request", ADA, "USDT", "-1.5", "--reason", "credited twice")
    assert ops.main(decide("approve", id_, "lou", "--yes")) == 2
    assert "insufficient_funds" in capsys.readouterr().err
    assert "rejected: take 1.5 USDT" in said(capsys, *decide("reject", id_, "kim", "--yes"))
    states = [each["state"] for each in told(capsys, "actions")["actions"]]
    assert states == ["done", "failed", "done"]


@pytest.mark.parametrize("amount", ["0", "x", "1.2345678", "-0"])
def test_an_amount_that_is_none_is_refused(
    world: World, capsys: pytest.CaptureFixture[str], amount: str
) -> None:
    words = ["adjust", "request", ADA, "USDT", "--reason", "why", "--by", "kim", "--yes", "--", amount]
    assert ops.main(words) == 2
    assert told(capsys, "adjust", "list")["adjustments"] == []
