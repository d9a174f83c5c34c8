"""Is an answer one that the published description of the API allows?"""

import functools
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from chalicelib.api.problems import CONTENT_TYPE
from chalicelib.api.watched import REQUEST_ID_HEADER

PUBLISHED = Path(__file__).parents[2] / "docs" / "openapi.json"
_BASE = "urn:openapi"


@functools.cache
def description() -> Any:
    return json.loads(PUBLISHED.read_text())


class Route(NamedTuple):
    name: str
    method: str
    path: str
    private: bool


def routes() -> list[Route]:
    return [
        Route(operation["operationId"], method.upper(), path, bool(operation["security"]))
        for path, operations in description()["paths"].items()
        for method, operation in operations.items()
    ]


def check(method: str, path: str, status: int, headers: dict[str, str], body: Any) -> None:
    """Fails when a route gives what is not described. The gateway's own refusals are not described.

    Takes the id of the request out of headers and problem: but for it, answers can be compared.
    """
    operation = _operation(method, path)
    if operation is None or method == "OPTIONS":
        assert status in (200, 403, 405), (method, path, status, body)
        return
    request_id = headers.pop(REQUEST_ID_HEADER)
    assert re.fullmatch(r"[0-9a-f-]{36}", request_id), headers
    assert str(status) in operation["responses"], (method, path, status, body)
    media_type = headers["Content-Type"]
    pointer = _pointer(operation, str(status), media_type)
    problem = next(_validator(pointer).iter_errors(body), None)
    assert problem is None, (method, path, status, body, problem)
    assert REQUEST_ID_HEADER in _response(operation, str(status))["headers"]
    if media_type == CONTENT_TYPE:
        assert body.pop("request_id") == request_id, (method, path, status, body)


def _operation(method: str, path: str) -> Any:
    path = path.rstrip("/")
    for template, operations in sorted(description()["paths"].items()):
        if re.fullmatch(re.sub(r"{\w+}", "[^/]*", template), path):
            name = method.lower() if method.isupper() else ""
            return operations.get(name) and {**operations[name], "at": ("paths", template, name)}
    return None


def _response(operation: Any, status: str) -> Any:
    response = operation["responses"][status]
    name = response.get("$ref", "").rpartition("/")[2]
    return description()["components"]["responses"][name] if name else response


def _pointer(operation: Any, status: str, media_type: str) -> str:
    """Where the schema of an answer stands."""
    place: tuple[str, ...] = (*operation["at"], "responses", status)
    response = operation["responses"][status]
    if "$ref" in response:
        place = tuple(response["$ref"].removeprefix("#/").split("/"))
    tail = (*place, "content", media_type, "schema")
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in tail)


@functools.cache
def _validator(pointer: str) -> Draft202012Validator:
    registry = Registry().with_resource(_BASE, Resource(description(), DRAFT202012))
    return Draft202012Validator({"$ref": _BASE + pointer}, registry=registry)
