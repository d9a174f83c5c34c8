"""Can a test make the network fail the way real networks do?"""

from __future__ import annotations

import httpx
import pytest

from infra.local.keeta.controls import Controls
from infra.local.keeta.process import LocalNetwork
from tests.keeta_network.conftest import Script, Start


def test_a_temporary_promise_ends_after_five_minutes_and_a_permanent_one_never(
    start: Start, script: Script
) -> None:
    assert script("clock.mjs", start(controls=True)) == {
        "funded": True,
        "whileAlive": "LEDGER_SUCCESSOR_VOTE_EXISTS",
        "oldDate": "LEDGER_BLOCK_EXPIRED",
        "samePrevious": "vote",
        "expiredVotes": "VOTE_EXPIRED",
        "afterPermanent": "LEDGER_SUCCESSOR_VOTE_EXISTS",
        "landedLate": True,
    }


def test_lost_requests_and_responses_and_failing_representatives(one: LocalNetwork, script: Script) -> None:
    assert script("faults.mjs", one) == {
        "requestLostAndRetried": 10,
        "responseLostAndRetried": "Error: A block of this staple has landed already",
        "paidAllTheSame": 20,
        "promiseLost": "TypeError",
        "promiseFound": [True],
        "landed": 7,
        "skipOneHitTwo": ["answered", "TypeError", "TypeError", "answered"],
        "order": ["prompt", "delayed"],
        "reset": "TypeError",
        "silent": "TimeoutError",
        "up": "answered",
        "unknownControl": 404,
        "badFault": 500,
        "badVote": 500,
    }


def test_python_sets_and_resets_the_controls(four: LocalNetwork) -> None:
    controls = Controls(four)
    token = four.description["tokens"]["USDT"]["address"]
    initial = controls.state()

    assert controls.clock(90_000)["clock"]["offset_ms"] == 90_000
    controls.fee(12, representative=2, token=token)
    controls.condition("silent", representative=3)
    controls.fault("vote", "delay", representative=1, times=2, skip=1, delay_ms=5)
    seen = controls.gossip(False)
    assert seen["gossip"] is False
    assert [each["fee"] for each in seen["representatives"]] == [
        None,
        {"amount": "0xC", "token": token},
        None,
        None,
    ]
    assert [each["condition"] for each in seen["representatives"]] == ["up", "up", "silent", "up"]
    assert seen["faults"] == [
        {"route": "vote", "action": "delay", "representative": 1, "times": 2, "skip": 1, "delayMs": 5}
    ]
    again = controls.reset()
    assert {**again, "clock": None} == {**initial, "clock": None}
    assert again["clock"]["offset_ms"] == 0


def test_a_delay_and_a_failure_reach_python_as_such(one: LocalNetwork) -> None:
    api = one.description["representatives"][0]["api"]
    controls = Controls(one)
    controls.fault("version", "drop_request")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{api}/node/version")
    assert httpx.get(f"{api}/node/version").json() == {"node": "0.14.12"}
    controls.condition("silent")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{api}/node/version", timeout=0.2)
    controls.reset()


def test_without_the_flag_there_are_no_controls(start: Start) -> None:
    network = start()
    assert network.description["controls"] is None
    origin = network.description["representatives"][0]["api"].removesuffix("/rep1/api")
    assert httpx.get(f"{origin}/controls").status_code == 404
    assert httpx.post(f"{origin}/controls/clock", json={"offset_ms": 1}).status_code == 404


def test_a_request_under_a_foreign_name_is_turned_away(one: LocalNetwork) -> None:
    url = one.description["controls"]
    assert httpx.get(url, headers={"host": "rebound.example"}).status_code == 404
    assert httpx.get(url).status_code == 200


def test_the_fee_of_the_start_is_the_fee_after_a_reset(start: Start) -> None:
    controls = Controls(start(controls=True, fee=33))
    assert controls.fee(None)["representatives"][0]["fee"] is None
    assert controls.reset()["representatives"][0]["fee"] == {"amount": "0x21"}
