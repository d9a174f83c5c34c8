"""Does `--stage` lead to the exchange that was deployed under that name?"""

import json
from pathlib import Path

import pytest

from infra import ops
from infra.cloud import lambdas
from infra.cloud.stages import STAGES, Stage
from infra.ops import stage as stages


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
