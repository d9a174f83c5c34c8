"""Do the stories of the simulator end well under real threads?"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.clients import dynamodb_client, sqs_client
from tests.simulator.breakages import BREAKAGES
from tests.simulator.judging.judge import lasting_differences
from tests.simulator.machine.faults import Rates
from tests.simulator.run import Run, live_in
from tests.simulator.stories import days
from tests.simulator.stories.story import Step, Story
from tests.simulator.tally import Tally

from .cloud import RealCloud

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

STORIES = int(os.environ.get("CEX_THREADS", "3"))
LENGTH = 8
# The simulator's clock jumps over the minutes in which nothing happens; this one can not.
HURRY, LAST_STEP_MS, LONGEST_MS = 10, 10_000, 3_000
# There are fewer calls than in a simulated day, so more of them must go wrong.
STORMY = Rates(20, 25, 10, 20, 10, 10, 10, 50, 5, 10, 5)
# Only the simulator can keep a wallet locked.
NOT_HERE = ("hammer", "tamper")

MUST_OCCUR = {
    *("place: answered", "cancel: answered", "replace: answered", "batch: answered"),
    *("event: OrderFilled", "event: OrderRested", "event: OrderCanceled", "a fence was lost"),
}


@pytest.fixture(scope="module")
def clients(dynoxide_endpoint: str, ministack_endpoint: str) -> "tuple[DynamoDBClient, SQSClient]":
    return dynamodb_client(dynoxide_endpoint), sqs_client(ministack_endpoint)


def hurried(story: Story) -> Story:
    """The same steps in the same order, sooner."""
    programs = [
        program._replace(steps=tuple(_sooner(step) for step in program.steps if step.kind not in NOT_HERE))
        for program in story.programs
    ]
    return story._replace(programs=tuple(programs))


def _sooner(step: Step) -> Step:
    arguments: Mapping[str, Any] = step.arguments
    if "service" in arguments:
        arguments = {**arguments, "ms": min(arguments["ms"], LONGEST_MS)}
    return step._replace(at_ms=min(step.at_ms // HURRY, LAST_STEP_MS), arguments=arguments)


def lived(seed: int, clients: "tuple[DynamoDBClient, SQSClient]", prefix: str) -> Run:
    story = hurried(days.story(seed, LENGTH, rates=STORMY))
    return live_in(RealCloud(story, *clients, f"{prefix}{seed}"))


def test_after_many_stories_everything_is_as_one_matcher_would_have_left_it(
    clients: "tuple[DynamoDBClient, SQSClient]", prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    for seed in range(STORIES):
        tally.add(lived(seed, clients, prefix), lasting_differences)
    with capsys.disabled():
        print(f"\nunder real threads: {tally}")
    assert tally.wrong == {}
    assert {kind for kind in MUST_OCCUR if not tally.seen[kind]} == set()


def test_a_missing_safeguard_is_noticed_here_too(
    clients: "tuple[DynamoDBClient, SQSClient]", prefix: str
) -> None:
    with BREAKAGES["a_hold_is_released_twice"]():
        assert lasting_differences(lived(0, clients, prefix)) != []
