"""May every function do what it does, and nothing else? Held against the calls of a recorded session."""

import json
from typing import Any

import pytest

from chalicelib.api.endpoint import ENDPOINTS
from infra.cloud import access, functions
from infra.cloud.access import ACCESS
from infra.cloud.functions import Function, Kind
from tests.cloud.building import of_type, sam
from tests.cloud.recording import LOCAL, granted

# Who may read which secret; whoever adds one says here who.
READERS = {"tokens": {"api"}, "owner": {"pool"}, "operator": {"payouts", "settlement"}}


def test_the_session_asks_for_every_route_and_every_function(recorded: Any) -> None:
    """Whoever adds a route or a schedule gives it a scene in session.py."""
    world, recorder = recorded
    routes = {(each.method, each.path) for each in ENDPOINTS if not each.path.startswith(LOCAL)}
    assert routes - world.answered == set()
    assert set(recorder.by_role) == set(ACCESS)


@pytest.mark.parametrize("name", ACCESS)
def test_nothing_that_a_function_does_is_denied(recorded: Any, name: str) -> None:
    _, recorder = recorded
    assert recorder.by_role.get(name, set()) - granted(name) == set(), (
        f"add it to infra/cloud/access.py, {name}"
    )


@pytest.mark.parametrize("name", ACCESS)
def test_nothing_that_a_function_may_do_is_spare(recorded: Any, name: str) -> None:
    _, recorder = recorded
    spare = granted(name) - recorder.by_role.get(name, set())
    assert spare == set(), f"take it out of infra/cloud/access.py, {name}, or play its reason in session.py"


def test_what_faces_the_internet_only_reads_custody() -> None:
    """docs/decisions/21-the-lobby.md"""
    allowed = {each.action for each in granted("api") if each.resource == "table custody"}
    assert allowed == {"dynamodb:BatchGetItem", "dynamodb:GetItem"}


def test_every_function_of_the_template_is_in_the_table_and_the_other_way_round() -> None:
    handlers = [each["Handler"] for each in of_type(sam(), "AWS::Serverless::Function").values()]
    names = {"api" if each == functions.API_HANDLER else each.removeprefix("app.") for each in handlers}
    assert {functions.MATCHER if each.startswith("matcher_") else each for each in names} == set(ACCESS)


def test_a_function_that_is_not_in_the_table_is_not_deployed() -> None:
    with pytest.raises(access.AccessNotSaid, match="what 'cleaner' may do"):
        access.grants(Function("cleaner", "app.cleaner", Kind.SCHEDULE))


def test_a_secret_is_read_by_those_alone_who_need_it() -> None:
    readers: dict[str, set[str]] = {}
    for name in ACCESS:
        for grant in granted(name):
            if grant.resource.startswith("secret "):
                readers.setdefault(grant.resource.removeprefix("secret "), set()).add(name)
    assert readers == READERS
    assert set(of_type(sam(), "AWS::SecretsManager::Secret")) == {
        "TokensSecret",
        "OwnerSecret",
        "OperatorSecret",
    }


def test_a_matcher_can_take_from_its_own_queue_alone() -> None:
    roles = of_type(sam(), "AWS::IAM::Role")
    for id_, function in of_type(sam(), "AWS::Serverless::Function").items():
        if "Events" in function:
            own = function["Events"]["Queue"]["Properties"]["Queue"]["Fn::GetAtt"][0]
            text = json.dumps(roles[f"{id_}Role"]["Policies"])
            queues = [queue for queue in of_type(sam(), "AWS::SQS::Queue") if f'"{queue}"' in text]
            assert queues == [own]
