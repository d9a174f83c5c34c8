"""How do the tests come by a template? In a process of its own, since `app.py` loads for one stage only."""

import functools
import json
import os
import subprocess
import sys
from typing import Any

from infra.cloud.expand import expanded
from infra.cloud.stages import STAGES, Stage
from infra.local.state import ROOT

PROD = STAGES["prod"]
PARAMETERS = {"Domain": "exchange.example", "OrdersPerWindow": "1000"}

_PROGRAM = """if True:
    import dataclasses, json, sys
    from chalicelib import listing
    from chalicelib.ids import MarketId
    from chalicelib.market import Asset
    from infra.cloud.stages import stage_named
    from infra.cloud.template import template
    for number in range(int(sys.argv[2])):
        market = dataclasses.replace(listing.MARKETS[MarketId("KTA/USDT")], base=Asset(f"M{number}", 18))
        listing.MARKETS[market.id] = market
    print(json.dumps(template(stage_named(sys.argv[1]))))
"""


def run(program: str, *arguments: str, stage: Stage = PROD) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("CEX_", "AWS_"))}
    environment = {**inherited, "CEX_STAGE": stage.name, "CEX_PREFIX": stage.prefix, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", program, *arguments]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)


@functools.cache
def sam(extra_markets: int = 0, stage: Stage = PROD) -> Any:
    """The SAM template; `extra_markets` are listed beside the real ones."""
    done = run(_PROGRAM, stage.name, str(extra_markets), stage=stage)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@functools.cache
def cloudformation(extra_markets: int = 0, stage: Stage = PROD) -> Any:
    """The same, as AWS expands it."""
    return expanded(sam(extra_markets, stage), PARAMETERS)


def of_type(template: Any, kind: str) -> dict[str, Any]:
    """Properties by logical id."""
    return {id_: each["Properties"] for id_, each in template["Resources"].items() if each["Type"] == kind}
