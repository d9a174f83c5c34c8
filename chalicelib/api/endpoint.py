"""What is common to all routes? Reading and checking the request, writing the answer.

A route names the model of its body and of its query, and whether it needs a token. It
gets a Call and returns its answer's model; everything that goes wrong becomes a problem.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chalice.app import Blueprint, CORSConfig, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.api.problems import from_error, invalid
from chalicelib.api.source import source_of
from chalicelib.api.watched import REQUEST_ID_HEADER, tell, watched
from chalicelib.auth.token import Session
from chalicelib.errors import InvalidInput, NotAuthenticated
from chalicelib.wiring import exchange

BODY_BYTES_MAX = 64 * 1024
# Pages of any origin may ask: who one is says a token, and no browser sends that by itself.
CORS = CORSConfig(allow_origin="*", expose_headers=["Retry-After", REQUEST_ID_HEADER])


class Request(BaseModel):
    """Unknown fields and fields of another type are errors, not noise."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """Query parameters come as text, so here numbers are read from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Request):
    """No body, or no query."""


class NoQuery(Query):
    """No query parameters."""


BodyT = TypeVar("BodyT", bound=Request)
QueryT = TypeVar("QueryT", bound=Query)


@dataclass(frozen=True)
class Call(Generic[BodyT, QueryT]):
    """One request, read and checked. `session` is there on private routes only.

    source: the network that it came from.
    """

    body: BodyT
    query: QueryT
    path: dict[str, str]
    source: str
    _session: Session | None

    @property
    def session(self) -> Session:
        if self._session is None:
            raise NotAuthenticated("this needs a token")
        return self._session


@dataclass(frozen=True)
class Endpoint:
    """What the OpenAPI file says about a route."""

    name: str
    module: str
    method: str
    path: str
    summary: str
    body: type[Request]
    query: type[Query]
    answer: type[BaseModel]
    private: bool
    refuses: tuple[str, ...]


# Filled as the route files are imported; `openapi` reads it.
ENDPOINTS: list[Endpoint] = []

Answer = BaseModel
View = Callable[[Call[Any, Any]], Answer]


def endpoint(
    routes: Blueprint,
    method: str,
    path: str,
    *,
    answer: type[BaseModel],
    body: type[Request] = Nothing,
    query: type[Query] = NoQuery,
    private: bool = True,
    refuses: tuple[str, ...] = (),
) -> Callable[[View], View]:
    """Register a view under `method` and `path`; its docstring is its summary.

    `refuses` names the codes of its own problems, beside those that every route has.
    """

    def register(view: View) -> View:
        summary = (view.__doc__ or "").strip().splitlines()[0]
        names = view.__name__, view.__module__
        ENDPOINTS.append(Endpoint(*names, method, path, summary, body, query, answer, private, refuses))

        @functools.wraps(view)
        def serve(**parameters: str) -> Response:
            request = routes.current_request

            def answered() -> Response:
                try:
                    # Who is asking comes first: a stranger learns nothing of what is asked.
                    session = _session(request) if private else None
                    read = _body(request, body), _query(request, query), parameters
                    call = Call(*read, source_of(request), session)
                    return _ok(view(call))
                except Exception as error:
                    tell(error)
                    return from_error(error)

            return watched(request, f"{method} {path}", answered)

        # The media type is checked here, so that a wrong one gets a problem body too.
        routes.route(path, methods=[method], content_types=["*/*"], cors=CORS, name=view.__name__)(serve)
        return view

    return register


def _session(request: Any) -> Session:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated("send the token as 'Authorization: Bearer <jwt>'", code="missing_token")
    return exchange().sign_in.session(token)


def _body(request: Any, model: type[BodyT]) -> BodyT:
    raw: bytes = request.raw_body or b""
    if len(raw) > BODY_BYTES_MAX:
        raise InvalidInput("the body is too large", code="body_too_large")
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if raw and media_type != "application/json":
        raise InvalidInput("send the body as application/json", code="unsupported_media_type")
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise invalid(error) from None


def _query(request: Any, model: type[QueryT]) -> QueryT:
    try:
        return model.model_validate(dict(request.query_params or {}))
    except ValidationError as error:
        raise invalid(error) from None


def _ok(answer: BaseModel) -> Response:
    return Response(body=answer.model_dump_json(), headers={"Content-Type": "application/json"})
