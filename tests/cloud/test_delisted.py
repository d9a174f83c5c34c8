"""What is deployed of a market that is delisted?"""

import json

from tests.cloud.building import run, sam

_PROGRAM = """if True:
    import dataclasses, json
    from chalicelib import listing
    from chalicelib.ids import MarketId
    from infra.cloud.stages import stage_named
    from infra.cloud.template import template
    kta = MarketId("KTA/USDT")
    listing.MARKETS[kta] = dataclasses.replace(listing.MARKETS[kta], delisted=True)
    print(json.dumps(template(stage_named("prod"))))
"""


def test_nothing_of_it_is_left_and_nothing_else_is_gone() -> None:
    done = run(_PROGRAM)
    assert done.returncode == 0, done.stderr
    before, after = sam()["Resources"], json.loads(done.stdout)["Resources"]
    gone = before.keys() - after.keys()
    assert gone
    assert {name for name in gone if "kta" not in name.lower()} == set()
    assert {name for name in after if "kta" in name.lower()} == set()
