"""Which functions does `app.py` register, and what starts each of them?

Read from the chalice app itself. A new matcher or schedule appears in the template by itself;
what it may do has to be said in access.py. A process can load `app.py` for one stage only:
set CEX_STAGE and CEX_PREFIX before.
"""

import importlib
import os
from enum import Enum
from typing import Any, NamedTuple

from chalice.app import Chalice, ScheduledEventConfig, SQSEventConfig

from chalicelib import listing
from chalicelib.flows import schema
from chalicelib.market import Market
from infra.cloud.intrinsics import camel
from infra.cloud.stages import Stage

API_NAME = "api"
API_HANDLER = "app.app"
MATCHER = "matcher"


class UnknownHandler(Exception):
    """`app.py` registers something that this file does not know how to deploy."""


class Kind(Enum):
    API = "api"
    QUEUE = "queue"
    SCHEDULE = "schedule"


class Function(NamedTuple):
    """handler: where Lambda finds it. market: whose queue it works off. every: of a schedule, in
    EventBridge's words."""

    name: str
    handler: str
    kind: Kind
    market: Market | None = None
    every: str = ""

    @property
    def id(self) -> str:
        return camel(self.name)

    @property
    def role_name(self) -> str:
        """Under which name access.py speaks of it: all matchers are one there."""
        return MATCHER if self.market else self.name

    def full_name(self, stage: Stage) -> str:
        """What it is called in the account; AWS allows 64 characters."""
        return f"{stage.prefix}-{self.name}".replace("_", "-")


def registered(stage: Stage) -> list[Function]:
    """Raises UnknownHandler."""
    app = _app(stage)
    others = [*app.pure_lambda_functions, *app.builtin_auth_handlers, *app.websocket_handlers]
    if others:
        raise UnknownHandler(f"say in infra/cloud/functions.py how to deploy {others}")
    markets = {
        schema.queue_name(stage.prefix, market): market for market in listing.markets(local=False).values()
    }
    api = Function(API_NAME, API_HANDLER, Kind.API)
    return [api, *(_function(source, markets) for source in app.event_sources)]


def routes(stage: Stage) -> list[tuple[str, str]]:
    """Method and path of all that the gateway lets through, in order."""
    return sorted((method, path) for path, methods in _app(stage).routes.items() for method in methods)


def _app(stage: Stage) -> Chalice:
    wanted = {"CEX_STAGE": stage.name, "CEX_PREFIX": stage.prefix}
    if {name: os.environ.get(name) for name in wanted} != wanted:
        raise UnknownHandler(f"app.py is read for another stage than {stage.name}")
    app: Chalice = importlib.import_module("app").app
    return app


def _function(source: Any, markets: dict[str, Market]) -> Function:
    if isinstance(source, SQSEventConfig):
        queue = str(source.queue_arn).rpartition(":")[2]
        return Function(source.name, source.handler_string, Kind.QUEUE, market=markets[queue])
    if isinstance(source, ScheduledEventConfig):
        every = source.schedule_expression
        text = every if isinstance(every, str) else every.to_string()
        return Function(source.name, source.handler_string, Kind.SCHEDULE, every=text)
    raise UnknownHandler(f"say in infra/cloud/functions.py how to deploy a {type(source).__name__}")
