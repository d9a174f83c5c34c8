"""Does `--stage` lead to the exchange that was deployed under that name?"""

import json
from pathlib import Path

import pytest

from chalicelib.errors import InvalidInput
from infra import ops
from infra.cloud import lambdas
from infra.cloud.stages import STAGES, Stage
from infra.ops import stage as stages
from infra.ops.identity import identity
from tests import backends
from tests.flows.world import World
from tests.ops.saying import everything


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_a_stage_is_found_where_its_functions_find_it(stage: Stage) -> None:
    deployed, here = lambdas.environment(stage), stages.environment(stage)
    described = Path(here.pop("CEX_KEETA_DESCRIPTION"))
    assert described.name == Path(str(deployed["CEX_KEETA_DESCRIPTION"])).name
    assert json.loads(described.read_text())["representatives"]
    assert {name: deployed[name] for name in here} == here


def test_what_is_set_for_another_stage_does_not_stay() -> None:
    """A developer's own operator and endpoint, for example."""
    settings = {
        "CEX_STAGE": "local",
        "CEX_PREFIX": "cex-drill",
        "CEX_OPERATOR": "keeta_of_the_developer",
        "CEX_DOMAIN": "localhost",
        "CEX_VOTE_FEE_MAX": "7",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:8000",
        "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:8001",
        "AWS_PROFILE": "kim",
    }
    stages.enter(STAGES["prod"], settings=settings)
    assert settings == {**stages.environment(STAGES["prod"]), "AWS_PROFILE": "kim"}


@pytest.mark.parametrize("settings", [{}, {"CEX_STAGE": "prod"}])
def test_tables_of_another_prefix_are_worked_on_only_when_somebody_says_so(settings: dict[str, str]) -> None:
    left_over = {**settings, "CEX_PREFIX": "restored"}
    with pytest.raises(InvalidInput, match="say --prefix restored"):
        stages.enter(STAGES["prod"], settings=left_over)
    for given in (left_over, settings):
        meant = dict(given)
        stages.enter(STAGES["prod"], "restored", meant)
        assert meant["CEX_PREFIX"] == "restored"


def test_a_prefix_without_a_stage_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        ops.main(["--prefix", "restored", "status"])
    assert ended.value.code == 2
    assert "--prefix goes with --stage" in capsys.readouterr().err


def test_before_an_action_it_is_said_where_it_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(ops, "exchange", lambda: world.house)
    monkeypatch.setattr(ops, "identity", lambda *_: "arn:aws:sts::123456789012:assumed-role/ops/kim")
    for more in ((), ("--yes",)):
        assert ops.main(["withdrawals", "resume", "ALL", "--reason", "a test", *more]) == 0
        said = capsys.readouterr().err.splitlines()[0]
        assert said == "stage test, prefix test, account 123456789012, region eu-west-1"


def test_what_is_set_for_the_same_stage_stays() -> None:
    settings = {"CEX_STAGE": "prod", "CEX_OWNER_KEY": "kms:alias/owner"}
    stages.enter(STAGES["prod"], settings=settings)
    assert (settings["CEX_OWNER_KEY"], settings["CEX_NETWORK"]) == ("kms:alias/owner", "main")


def test_the_command_works_on_the_stage_that_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[Stage] = []
    monkeypatch.setattr(ops, "enter", lambda stage, _: entered.append(stage))
    monkeypatch.setattr(ops, "exchange", lambda: (_ for _ in ()).throw(KeyError("CEX_STAGE")))
    assert ops.main(["--stage", "prod", "solvency"]) == 2
    assert entered == [STAGES["prod"]]


def test_at_a_deployed_stage_aws_tells_who_acts() -> None:
    assert identity("local", "kim") == "kim"
    with backends.locked_moto():
        assert identity("prod", "kim").startswith("arn:aws:sts::")


def test_nobody_acts_whom_aws_does_not_know(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    vars(world.house)["_environment"] = {"CEX_STAGE": "prod"}
    monkeypatch.setattr(ops, "exchange", lambda: world.house)
    before = everything(world)
    assert ops.main(["withdrawals", "pause", "ALL", "--by", "kim", "--reason", "a test"]) == 2
    assert "does not tell who acts" in capsys.readouterr().err
    assert everything(world) == before
