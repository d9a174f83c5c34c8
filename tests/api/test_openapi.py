"""Is the published description valid, current, and true of the routes that are there?"""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import BaseModel

from chalicelib import errors
from chalicelib.api import openapi
from chalicelib.api.codes import CODES, EVERYWHERE, OWN, PRIVATE
from chalicelib.api.endpoint import ENDPOINTS
from chalicelib.api.examples import EXAMPLES
from chalicelib.api.problems import from_error
from chalicelib.engine.events import AmendRefusal, RejectReason
from chalicelib.flows.intake.refusals import refused
from tests.api.contract import PUBLISHED, description, routes
from tests.api.world import local_app

ROOT = Path(__file__).parents[2]


def test_the_published_description_is_the_current_one() -> None:
    assert PUBLISHED.read_text() == openapi.text(), "python -m chalicelib.api.openapi > docs/openapi.json"


def test_the_module_prints_it() -> None:
    command = [sys.executable, "-m", "chalicelib.api.openapi"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    assert json.loads(printed) == description()


def test_it_is_valid_openapi() -> None:
    validate(description())


def test_it_describes_exactly_the_routes_that_the_app_serves() -> None:
    served = {(method, path) for path, methods in local_app().app.routes.items() for method in methods}
    assert {(route.method, route.path) for route in routes()} == served


def test_what_is_only_on_a_developers_machine_is_marked() -> None:
    tags = {
        path: operation["tags"]
        for path, operations in description()["paths"].items()
        for operation in operations.values()
    }
    assert {path for path, names in tags.items() if names == ["local"]} == set()
    assert all(len(names) == 1 for names in tags.values())


def test_private_routes_ask_for_a_bearer_token_and_tell_how_that_fails() -> None:
    assert description()["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for endpoint in ENDPOINTS:
        operation = description()["paths"][endpoint.path][endpoint.method.lower()]
        assert operation["security"] == ([{"token": []}] if endpoint.private else [])
        assert ("401" in operation["responses"]) or not endpoint.private


def test_every_route_has_a_name_of_its_own() -> None:
    names = [route.name for route in routes()]
    assert len(names) == len(set(names)) == len(ENDPOINTS)


MODELS = {endpoint.body for endpoint in ENDPOINTS} | {endpoint.answer for endpoint in ENDPOINTS}


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
def test_every_example_is_one(model: type[BaseModel]) -> None:
    read = model.model_validate_json(json.dumps(EXAMPLES[model]))
    assert json.loads(read.model_dump_json(exclude_unset=True, warnings=False)) == EXAMPLES[model]
    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": description()["components"]}
    Draft202012Validator(schema).validate(EXAMPLES[model])


def test_every_model_has_an_example_and_no_example_is_left_over() -> None:
    assert set(EXAMPLES) == {model for model in MODELS if model.__name__ != "Nothing"}


def test_every_code_is_named_by_a_route_and_every_route_names_known_codes() -> None:
    named = {code for endpoint in ENDPOINTS for code in endpoint.refuses}
    assert named == set(OWN)
    assert len(CODES) == len(EVERYWHERE) + len(PRIVATE) + len(OWN)


def test_every_reason_for_which_a_book_refuses_a_change_is_a_code() -> None:
    """So is what an order would be rejected for when intake can tell it before."""
    (modes, amends), (_, rejects) = get_args(AmendRefusal), get_args(RejectReason)
    early = {"outside_price_band", "too_many_open_orders"}
    assert early < set(get_args(rejects))
    for reason in (*get_args(modes), *get_args(amends), *early, "replace_outstanding", "no_market_price"):
        refusal = refused(reason, "id")
        body = json.loads(from_error(refusal).body)
        assert (body["status"], body["code"], CODES[reason].status) == (409, reason, 409)
        assert "_" not in body["detail"], "words for people"


# Those never reach a client under their own name, or not at all.
INSIDE = {
    errors.CexError,
    errors.MisconfiguredMarket,
    errors.InvalidInput,
    errors.NotAuthenticated,
    errors.NotFound,
    errors.Conflict,
    errors.CommandRefused,
    errors.MarketClosed,
}


def every_error(kind: type[errors.CexError] = errors.CexError) -> list[type[errors.CexError]]:
    below = [each for each in kind.__subclasses__() if each.__module__ == errors.__name__]
    return [kind, *(deeper for each in below for deeper in every_error(each))]


@pytest.mark.parametrize(
    "kind", [kind for kind in every_error() if kind not in INSIDE], ids=lambda kind: kind.__name__
)
def test_an_error_that_reaches_a_client_has_the_status_that_is_published(kind: type[errors.CexError]) -> None:
    also = {errors.ConditionFailed: ((),), errors.WriteContention: ((),), errors.OutcomeUnknown: ("an id",)}
    answer = from_error(kind("secret detail", *also.get(kind, ())))
    body = json.loads(answer.body)
    assert CODES[body["code"]].status == body["status"] == answer.status_code
    told = answer.status_code < 500 or issubclass(kind, errors.Unavailable)
    assert ("secret" in answer.body) == told
