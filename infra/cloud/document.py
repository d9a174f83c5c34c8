"""What does the gateway know of the API? Every route of `app.py`, and as much of its body as it can check.

API Gateway takes OpenAPI 3.0 with schemas of JSON Schema draft 4, less than docs/openapi.json says.
So its check is a sieve before the functions: what it refuses they would refuse, and what it lets
through they look at again.
"""

import json
import re
from typing import Any

from chalicelib.api.codes import CODES
from chalicelib.api.endpoint import ENDPOINTS, Endpoint, Nothing
from infra.cloud.functions import API_NAME
from infra.cloud.intrinsics import Json, camel, sub
from infra.cloud.stages import Stage
from infra.resources import API_SECONDS

_VALIDATOR = "whole"
_URI = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${%s.Arn}/invocations"
)

# The gateway's own refusals, by its name for them: which of our codes they are, and what exactly.
_REFUSALS = {
    "BAD_REQUEST_BODY": ("invalid_value", "the body is not what this route takes"),
    "BAD_REQUEST_PARAMETERS": ("invalid_value", "the path or query is not what this route takes"),
    "REQUEST_TOO_LARGE": ("body_too_large", "the gateway takes no request of this size"),
    "UNSUPPORTED_MEDIA_TYPE": ("unsupported_media_type", "bodies are sent as application/json"),
    "THROTTLED": ("rate_limited", "more requests at once than the exchange takes"),
    "DEFAULT_4XX": ("invalid_value", "the gateway refused the request"),
    "DEFAULT_5XX": ("unavailable", "perhaps it was done: ask, or send the same again"),
}
# Of a path that there is not it says this, and keeps its own words.
_NO_SUCH_PATH = "MISSING_AUTHENTICATION_TOKEN"
# A browser may read these too: a page that can not see why it was refused can not say so.
CORS = {"Access-Control-Allow-Origin": "'*'", "Access-Control-Allow-Headers": "'Authorization,Content-Type'"}

# The words of draft 4 that API Gateway checks and that mean the same in both.
_KEPT = {
    "string": ("minLength", "maxLength", "enum"),
    "integer": ("minimum", "maximum", "enum"),
    "boolean": (),
}


def document(stage: Stage, routes: list[tuple[str, str]]) -> Json:
    known = {(each.method, each.path): each for each in ENDPOINTS}
    paths: dict[str, Json] = {}
    schemas: dict[str, Json] = {}
    for method, path in routes:
        endpoint = known.get((method, path))
        paths.setdefault(path, {})[method.lower()] = _operation(path, endpoint)
        if endpoint and endpoint.body is not Nothing:
            schemas[endpoint.body.__name__] = body_schema(endpoint)
    return {
        "openapi": "3.0.1",
        "info": {"title": f"{stage.prefix}", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
        "x-amazon-apigateway-request-validators": {
            _VALIDATOR: {"validateRequestBody": True, "validateRequestParameters": True}
        },
        "x-amazon-apigateway-gateway-responses": _refusals(),
    }


def body_schema(endpoint: Endpoint) -> Json:
    """Draft 4, and never stricter than the model."""
    whole = endpoint.body.model_json_schema()
    return _sieve(whole, whole.get("$defs", {}))


def _operation(path: str, endpoint: Endpoint | None) -> Json:
    operation: Json = {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", path)
        ],
        "responses": {"200": {"description": endpoint.summary if endpoint else path}},
        "x-amazon-apigateway-request-validator": _VALIDATOR,
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "passthroughBehavior": "when_no_match",
            "timeoutInMillis": API_SECONDS * 1000,
            "uri": sub(_URI % camel(API_NAME)),
        },
    }
    if endpoint and endpoint.body is not Nothing:
        schema = {"$ref": f"#/components/schemas/{endpoint.body.__name__}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _sieve(schema: Json, definitions: Json) -> Json:
    if "$ref" in schema:
        return _sieve(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return _object(schema, definitions)
    if kind == "array":
        return {"type": kind, "items": _sieve(schema.get("items", {}), definitions)}
    if kind in _KEPT:
        return {"type": kind} | {word: schema[word] for word in _KEPT[kind] if word in schema}
    return {}  # a choice: the function knows


def _object(schema: Json, definitions: Json) -> Json:
    properties = {name: _sieve(value, definitions) for name, value in schema["properties"].items()}
    found: dict[str, Any] = {"type": "object", "properties": properties}
    if schema.get("required"):
        found["required"] = schema["required"]
    if schema.get("additionalProperties") is False:
        found["additionalProperties"] = False
    return found


def _refusals() -> Json:
    headers = {
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in CORS.items()}
    }
    named = {kind: {**_refusal(*refusal), **headers} for kind, refusal in _REFUSALS.items()}
    return {**named, _NO_SUCH_PATH: {"statusCode": "403", **headers}}


def _refusal(code: str, detail: str) -> Json:
    status = CODES[code].status
    body = {"title": "Refused by the gateway", "status": status, "code": code, "detail": detail}
    body["request_id"] = "$context.requestId"  # the gateway's own name for it, which our functions use too
    return {"statusCode": str(status), "responseTemplates": {"application/json": json.dumps(body)}}
