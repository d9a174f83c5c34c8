"""Is what happens in a recorded session seen, and is what must stay unseen not?"""

import json
from typing import Any

from chalicelib.adapters.telemetry.catalogue import CATALOGUE
from infra.watch.lines import seen_metrics

# Two scenes lose what they sent.
LOST = 2
Log = list[dict[str, Any]]


def log(lines: list[str]) -> Log:
    """What is no metric."""
    return [line for line in map(json.loads, lines) if "_aws" not in line]


def test_every_metric_of_the_catalogue_is_emitted(recorded: Any) -> None:
    _, recorder = recorded
    seen = seen_metrics(recorder.lines)
    assert set(CATALOGUE) - set(seen) == set(), "play its reason in session.py, or take it out"
    for name, each in seen.items():
        assert {tuple(sorted(CATALOGUE[name].dimensions))} == {tuple(n for n, _ in found) for found in each}


def test_no_line_holds_a_token_a_signature_or_a_key(recorded: Any) -> None:
    world, recorder = recorded
    assert len(world.unspeakable) > 20
    assert len(recorder.lines) > 200
    text = "\n".join(recorder.lines)
    assert [each for each in world.unspeakable if each in text] == []


def test_a_request_is_followed_from_the_api_through_the_queue_to_the_matcher(recorded: Any) -> None:
    _, recorder = recorded
    lines = log(recorder.lines)
    taken = [line for line in lines if line["message"] == "commands_taken" and line["orders"]]
    batches = [line for line in lines if line["message"] == "batch"]
    told = [text.split() for line in batches for text in line["requests"]]
    trails = {request: ids for request, *ids in told}
    assert len(taken) > 20
    assert {line["function"] for line in taken} == {"api"}
    assert len([line for line in taken if not trails.get(line["request_id"])]) == LOST
    answered = {line["request_id"] for line in lines if line["message"] == "answered"}
    assert {line["request_id"] for line in taken} <= answered
    assert all(line["function"].startswith("matcher_") for line in batches)


def test_a_withdrawal_is_followed_from_the_api_to_the_block_that_paid_it(recorded: Any) -> None:
    _, recorder = recorded
    lines = log(recorder.lines)
    paid = [line for line in lines if line["message"] == "withdrawal_paid"]
    asked = {
        line["request_id"]
        for line in lines
        if line["message"] == "answered" and line["route"] == "POST /withdrawals/request"
    }
    assert len(paid) >= 3
    assert {line["request_id"] for line in paid} <= asked
    assert all(len(line["block"]) == 64 and line["withdrawal"] for line in paid)


def test_every_line_says_when_how_urgent_and_in_which_function(recorded: Any) -> None:
    _, recorder = recorded
    for line in log(recorder.lines):
        assert {"timestamp", "level", "message", "service", "function"} <= set(line), line
