"""Does `--stage` lead to the exchange that was deployed under that name?"""

import json
from pathlib import Path

import pytest

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
    settings = {"CEX_STAGE": "staging", "CEX_PREFIX": "cex-staging", "CEX_VOTE_FEE_MAX": "7"}
    stages.enter(STAGES["prod"], settings)
    assert (settings["CEX_PREFIX"], settings["CEX_VOTE_FEE_MAX"]) == ("cex-prod", "7")


def test_what_is_set_for_the_same_stage_stays() -> None:
    settings = {"CEX_STAGE": "prod", "CEX_OWNER_KEY": "kms:alias/owner"}
    stages.enter(STAGES["prod"], settings)
    assert (settings["CEX_OWNER_KEY"], settings["CEX_NETWORK"]) == ("kms:alias/owner", "main")


def test_the_command_works_on_the_stage_that_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[Stage] = []
    monkeypatch.setattr(ops, "enter", entered.append)
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
