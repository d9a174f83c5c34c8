"""What does the API look like to a program? Its description as OpenAPI 3.1.

    python -m chalicelib.api.openapi > docs/openapi.json

All of it is read from the routes and their models; nothing is told twice.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from chalicelib.api.codes import CODES, EVERYWHERE, PRIVATE
from chalicelib.api.endpoint import ENDPOINTS, Endpoint, NoQuery, Nothing
from chalicelib.api.examples import EXAMPLES, PATH_EXAMPLES, REQUEST_ID
from chalicelib.api.problems import CONTENT_TYPE, OUR_FAULT, RETRY_STATUSES, STATUSES, Problem
from chalicelib.api.routes import GROUPS
from chalicelib.api.watched import REQUEST_ID_HEADER

VERSION = "1"

TAGS = {file.__name__: group.tag for group in GROUPS for file in group.files}

DESCRIPTION = """\
Amounts, prices and quantities are decimal numbers as text, in whole tokens. Times are UTC, ISO 8601.

Whatever goes wrong is answered by a problem (RFC 9457) with a `code` that never changes its meaning,
and `field` where one part of the request is to blame. Every problem names its request in
`request_id`, every answer but the gateway's own refusals in the header `X-Request-Id`. What is not
one's own answers as if it did not exist. A path that is none of these is answered by the gateway
itself, with 403."""


# On every answer of ours.
_NAMES_IT = {
    "description": "what we call this request; name it when you ask us about it",
    "schema": {"type": "string", "examples": [REQUEST_ID]},
}


class _Schemas(GenerateJsonSchema):
    """pydantic would give every field its own name as a title."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def document() -> dict[str, Any]:
    """The whole description, as JSON values."""
    schemas = _schemas(ENDPOINTS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Keeta CEX", "version": VERSION, "description": DESCRIPTION},
        "tags": [{"name": group.tag, "description": group.meaning} for group in GROUPS],
        "paths": _paths(ENDPOINTS),
        "components": {
            "schemas": schemas,
            "responses": {_name(status): _problem(status, codes) for status, codes in _shared().items()},
            "headers": {REQUEST_ID_HEADER: _NAMES_IT},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def text() -> str:
    return json.dumps(document(), indent=2) + "\n"


def _paths(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for endpoint in sorted(endpoints, key=lambda each: (each.path, each.method)):
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return paths


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [TAGS[endpoint.module]],
        "security": [{"token": []}] if endpoint.private else [],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": {"200": _answer(endpoint), **_problems(endpoint)},
    }
    if endpoint.body is not Nothing:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.body)}
    return operation


def _path_parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", endpoint.path):
        schema = {"type": "string", "examples": [PATH_EXAMPLES[name]]}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    if endpoint.query is NoQuery:
        return
    schema = endpoint.query.model_json_schema(schema_generator=_Schemas)
    required = schema.get("required", [])
    for name, value in schema["properties"].items():
        yield {"name": name, "in": "query", "required": name in required, "schema": value}


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "description": endpoint.summary,
        "headers": _headers(200),
        "content": _content(endpoint.answer),
    }


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": _reference("schemas", model.__name__), "example": EXAMPLES[model]}}


def _problems(endpoint: Endpoint) -> dict[str, Any]:
    """What can go wrong, by status."""
    codes = (*EVERYWHERE, *(PRIVATE if endpoint.private else ()), *endpoint.refuses)
    return {
        str(status): _reference("responses", _name(status))
        if _shared().get(status) == found
        else _problem(status, found)
        for status, found in _by_status(codes).items()
    }


def _shared() -> dict[int, list[str]]:
    """Problems that look the same on most routes, so they are told once."""
    return _by_status((*EVERYWHERE, *PRIVATE))


def _by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for code in codes:
        found.setdefault(CODES[code].status, []).append(code)
    return dict(sorted(found.items()))


def _name(status: int) -> str:
    return f"Problem{status}"


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    meanings = "\n".join(f"- `{code}`: {CODES[code].meaning}" for code in codes)
    schema = {"allOf": [_reference("schemas", "Problem"), {"properties": {"code": {"enum": codes}}}]}
    detail = CODES[codes[0]].meaning
    example = {"title": _title(status), "status": status, "code": codes[0], "detail": detail}
    example["request_id"] = REQUEST_ID
    return {
        "description": meanings,
        "headers": _headers(status),
        "content": {CONTENT_TYPE: {"schema": schema, "example": example}},
    }


def _title(status: int) -> str:
    titles = {known: title for _, known, title in reversed(STATUSES)}
    return titles.get(status, OUR_FAULT if status >= 500 else titles[400])


def _headers(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {REQUEST_ID_HEADER: _reference("headers", REQUEST_ID_HEADER)}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string", "const": "Bearer"}}
    if status in RETRY_STATUSES:
        headers["Retry-After"] = {"description": "seconds", "schema": {"type": "string"}}
    return headers


def _reference(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _schemas(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Every model by its name. Bodies as they are read, answers as they are written."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for endpoint in endpoints:
        if endpoint.body is not Nothing:
            wanted[endpoint.body, "validation"] = None
        wanted[endpoint.answer, "serialization"] = None
    template = _reference("schemas", "{model}")["$ref"]
    _, found = models_json_schema(list(wanted), ref_template=template, schema_generator=_Schemas)
    schemas: dict[str, Any] = found["$defs"]
    return dict(sorted(schemas.items()))


if __name__ == "__main__":
    sys.stdout.write(text())
