"""Does the gateway let through all that the functions take, and refuse in a way that clients understand?"""

import json
from typing import Any

import pytest
from jsonschema import Draft4Validator
from pydantic import ValidationError

from chalicelib.api import openapi  # noqa: F401 - fills ENDPOINTS
from chalicelib.api.codes import CODES
from chalicelib.api.endpoint import ENDPOINTS, Endpoint, Nothing
from chalicelib.api.examples import EXAMPLES
from infra.cloud.document import body_schema
from tests.api import contract
from tests.cloud.building import cloudformation, of_type, sam

BODIES = [each for each in ENDPOINTS if each.body is not Nothing]
# Of any JSON type, and what breaks one rule each.
RUBBISH: list[Any] = [None, True, 0, -1, 10**30, "", "x" * 200, [], {}, ["a"], {"a": 1}]
# What API Gateway's models (JSON Schema draft 4) know and this exchange uses.
WORDS = {
    *("$ref", "type", "properties", "required", "additionalProperties", "items", "enum"),
    *("minLength", "maxLength", "minimum", "maximum"),
}


@pytest.fixture(scope="module")
def document() -> Any:
    return sam()["Resources"]["RestApi"]["Properties"]["DefinitionBody"]


def test_every_published_route_leads_to_the_api_function_and_no_other_does(document: Any) -> None:
    published = {
        (each.method, each.path) for each in contract.routes() if not each.path.startswith("/local/")
    }
    found = {(method.upper(), path) for path, each in document["paths"].items() for method in each}
    assert found == published
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["x-amazon-apigateway-integration"]["type"] == "aws_proxy"
            assert "${Api.Arn}" in operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            assert operation["x-amazon-apigateway-request-validator"]


@pytest.mark.parametrize("endpoint", BODIES, ids=lambda each: each.name)
def test_the_sieve_is_draft_4_and_uses_no_word_that_the_gateway_does_not_know(endpoint: Endpoint) -> None:
    Draft4Validator.check_schema(body_schema(endpoint))
    assert words(body_schema(endpoint)) <= WORDS


@pytest.mark.parametrize("endpoint", BODIES, ids=lambda each: each.name)
def test_what_a_function_takes_passes_the_sieve(endpoint: Endpoint) -> None:
    """The example, and each of its fields left out or replaced by anything."""
    passes, taken = Draft4Validator(body_schema(endpoint)).is_valid, 0
    for body in variations(EXAMPLES[endpoint.body], endpoint.body.model_fields):
        try:
            endpoint.body.model_validate_json(json.dumps(body))
        except ValidationError:
            continue
        taken += 1
        assert passes(body), body
    assert taken


@pytest.mark.parametrize("endpoint", BODIES, ids=lambda each: each.name)
def test_the_sieve_holds_back_what_is_plainly_wrong(endpoint: Endpoint) -> None:
    passes = Draft4Validator(body_schema(endpoint)).is_valid
    good = EXAMPLES[endpoint.body]
    assert not passes({**good, "no_such_field": 1})
    assert not passes([good])
    for name, field in endpoint.body.model_fields.items():
        if field.is_required():
            assert not passes({key: value for key, value in good.items() if key != name}), name


def test_a_refusal_of_the_gateway_has_a_code_of_ours_and_can_be_read_by_any_page(document: Any) -> None:
    refusals = document["x-amazon-apigateway-gateway-responses"]
    assert {"THROTTLED", "BAD_REQUEST_BODY", "DEFAULT_4XX", "DEFAULT_5XX"} <= set(refusals)
    for kind, refusal in refusals.items():
        assert refusal["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
        if kind != "MISSING_AUTHENTICATION_TOKEN":
            body = json.loads(refusal["responseTemplates"]["application/json"])
            assert set(body) == {"title", "status", "code", "detail", "request_id"}
            assert body["request_id"] == "$context.requestId"
            assert str(CODES[body["code"]].status) == str(body["status"]) == refusal["statusCode"]


def test_a_browser_is_told_beforehand_what_it_may_send() -> None:
    (api,) = of_type(cloudformation(), "AWS::ApiGateway::RestApi").values()
    for path, operations in api["Body"]["paths"].items():
        answer = operations["options"]["x-amazon-apigateway-integration"]["responses"]["default"]
        headers = answer["responseParameters"]
        assert "Authorization" in headers["method.response.header.Access-Control-Allow-Headers"], path
        assert headers["method.response.header.Access-Control-Allow-Origin"] == "'*'"


def variations(example: Any, fields: Any) -> list[Any]:
    without = [{key: value for key, value in example.items() if key != name} for name in example]
    return [example, *without, *({**example, name: value} for name in fields for value in RUBBISH)]


def words(schema: Any) -> set[str]:
    found = set(schema)
    for part in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]:
        found |= words(part)
    return found
