"""Would Lambda run the right function? Looked up as Lambda does it: by the packaged handler string.

Chalice itself looks functions up by another name, so a mix-up passes every local test.
"""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.session import Session
from chalice.awsclient import TypedAWSClient
from chalice.cli.factory import CLIFactory
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder
from chalice.deploy.deployer import PolicyGenerator, create_build_stage
from chalice.deploy.packager import LambdaDeploymentPackager
from chalice.deploy.swagger import CFNSwaggerGenerator
from chalice.package import PackageOptions, ResourceBuilder, SAMTemplateGenerator
from chalice.utils import UI, OSUtils

from chalicelib.engine.order import LimitOrder
from chalicelib.flows import schema
from chalicelib.flows.records.commands import PlaceOrder, encode
from chalicelib.ids import CommandId, MarketId, OrderId, UserId
from chalicelib.keeta.moment import iso
from chalicelib.listing import MARKETS
from chalicelib.market import Market
from infra.local.lambda_events import Context, scheduled_event
from infra.resources import MATCHER_SECONDS
from tests.api.world import World, local_app

ROOT = Path(__file__).parents[2]
SQS, SCHEDULE = "SQS", "Schedule"
# How often each scheduled function runs.
RATES = {
    "sweeper": "rate(1 minute)",
    "snapshots": "rate(1 minute)",
    "clock": "rate(1 minute)",
    "volumes": "rate(1 hour)",
    "pool": "rate(1 minute)",
    "deposits_follower": "rate(1 minute)",
    "payouts": "rate(1 minute)",
    "settlement": "rate(10 minutes)",
    "reconciliation": "rate(5 minutes)",
}


def template() -> dict[str, Any]:
    """The template that `chalice package` writes, without gathering the libraries and policies."""
    with (
        mock.patch.object(LambdaDeploymentPackager, "create_deployment_package", return_value="none.zip"),
        mock.patch.object(PolicyGenerator, "handle_filebasediampolicy"),
        mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "us-east-1"}),
    ):
        config = CLIFactory(str(ROOT)).create_config_obj("dev")
        stage = create_build_stage(OSUtils(), UI(), CFNSwaggerGenerator(), config)
        builder = ResourceBuilder(ApplicationGraphBuilder(), DependencyBuilder(), stage)
        resources = builder.construct_resources(config, "dev")
        options = PackageOptions(TypedAWSClient(Session()))
        made: dict[str, Any] = SAMTemplateGenerator(config, options).generate(resources)
    return made


@pytest.fixture(scope="module")
def functions() -> dict[str, dict[str, Any]]:
    local_app()
    resources = template()["Resources"]
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def events(function: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = function.get("Events", {}).values()
    return [event["Properties"] for event in found if event["Type"] == kind]


def resolve(handler: str) -> Any:
    """As the Lambda runtime does it: import the module, take the attribute."""
    module, _, attribute = handler.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def matchers(functions: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Handler string by the name of the queue that the function is given."""
    mapped: dict[str, str] = {}
    for function in functions.values():
        for queue in events(function, SQS):
            name = queue["Queue"].rpartition(":")[2]
            assert name not in mapped, "two functions on one queue"
            mapped[name] = function["Handler"]
    return mapped


def test_every_market_has_one_function_on_its_own_queue_and_nobody_elses(functions) -> None:
    mapped = matchers(functions)
    assert len(mapped) == len(MARKETS) == len(set(mapped.values()))
    for market in MARKETS.values():
        assert len([name for name in mapped if name.endswith(schema.queue_name("", market))]) == 1


def test_a_matcher_is_given_ten_messages_at_a_time(functions) -> None:
    sizes = [queue["BatchSize"] for function in functions.values() for queue in events(function, SQS)]
    assert sizes == [10] * len(MARKETS)


def test_every_handler_string_names_another_attribute_that_chalice_registered(functions) -> None:
    app = local_app()
    handlers = [function["Handler"] for function in functions.values()]
    assert len(handlers) == len(set(handlers)) == len(MARKETS) + len(RATES) + 1
    for handler in handlers:
        found, attribute = resolve(handler), handler.rpartition(".")[2]
        assert found is (app.app if attribute == "app" else app.app.handler_map[attribute])


@pytest.mark.parametrize("market", MARKETS.values(), ids=lambda market: market.slug)
def test_the_function_that_a_queue_runs_writes_the_book_of_that_market_alone(
    world: World, functions, market: Market
) -> None:
    (handler,) = (
        handler
        for queue, handler in matchers(functions).items()
        if queue.endswith(schema.queue_name("", market))
    )
    resolve(handler)(an_order(world, market), Context("any", MATCHER_SECONDS))
    assert journals(world) == {market.id}


def test_what_the_functions_are_called_by_chalice_leads_to_the_same_books(world: World) -> None:
    for market in MARKETS.values():
        world.app.app.handler_map[schema.matcher_name(market)](
            an_order(world, market), Context("any", MATCHER_SECONDS)
        )
        assert market.id in journals(world)


def an_order(world: World, market: Market) -> dict[str, Any]:
    """The event of one order, which will rest in the book of whoever is given it."""
    order = LimitOrder(OrderId("a" * 26), UserId("nobody"), "buy", 1, 1, 1, "gtc")
    body = encode([PlaceOrder(CommandId(f"p-{market.slug}"), order, world.clock.ms + 1_000)])
    record = {"messageId": "1", "receiptHandle": "1", "body": body, "attributes": {"SentTimestamp": "0"}}
    return {"Records": [record]}


def journals(world: World) -> set[MarketId]:
    return {MarketId(pk) for pk, sk in world.everything() if sk.startswith(schema.JOURNAL_PREFIX)}


def test_the_scheduled_functions_run_in_time_and_do_their_work(world: World, functions) -> None:
    scheduled = {function["Handler"]: events(function, SCHEDULE) for function in functions.values()}
    rates = {handler: [each["Schedule"] for each in found] for handler, found in scheduled.items() if found}
    assert rates == {f"app.{name}": [rate] for name, rate in RATES.items()}
    trader = world.trader(USDT="10")
    order = trader.place("buy", "0.5", "10", wait=0).body
    world.lose_messages()
    world.clock.ms += 5 * 60_000
    resolve("app.sweeper")(scheduled_event("sweeper"), Context("sweeper", 60))
    world.pump()
    assert trader.get(f"/orders/{order['id']}").body["status"] == "expired"
    assert trader.balances() == {"USDT": ("10", "0")}
    resolve("app.snapshots")(scheduled_event("snapshots"), Context("snapshots", 60))


def test_the_clock_ends_what_expires_while_nobody_trades(world: World) -> None:
    trader = world.trader(USDT="10")
    expires_at = iso(world.clock.ms + 30_000)
    order = trader.place("buy", "0.5", "10", tif="gtt", expires_at=expires_at).body
    assert (order["status"], order["expires_at"]) == ("resting", expires_at)
    resolve("app.clock")(scheduled_event("clock"), Context("clock", 60))
    ended = trader.get(f"/orders/{order['id']}").body
    assert (ended["status"], ended["reason"]) == ("expired", "expired")
    assert trader.balances() == {"USDT": ("10", "0")}


def test_who_traded_enough_is_promised_lower_rates_once_it_was_counted(world: World) -> None:
    alice, bob = world.trader(USDT="150000"), world.trader(KTA="200100")
    alice.place("buy", "0.5", "200000")
    bob.place("sell", "0.5", "200000")

    def rates() -> list[str]:
        (fees,) = (each for each in alice.get("/fees").body["fees"] if each["market"] == "KTA/USDT")
        order = alice.place("buy", "0.5", "10").body
        assert [order["maker_fee"], order["taker_fee"]] == [fees["maker_fee"], fees["taker_fee"]]
        return [fees[name] for name in ("volume", "maker_fee", "taker_fee")]

    assert rates() == ["0", "0.001", "0.002"]
    resolve("app.volumes")(scheduled_event("volumes"), Context("volumes", 60))
    world.clock.ms += 60_000
    assert rates() == ["100000", "0.0008", "0.0016"]
    bob.place("sell", "0.5", "20")
    fees = [fill["fee"] for fill in alice.get("/fills").body["fills"][:2]]
    assert sorted(fees) == ["0.008", "0.01"]


def loaded_by(handler: str, *more: str) -> tuple[set[str], int]:
    """Modules that Lambda loads for this function before its first event, and how many routes it has.

    more: modules that an event makes it load.
    """
    names = ", ".join(("app", "json", "sys", *more))
    program = f"import {names}; print(json.dumps([list(sys.modules), len(app.app.routes)]))"
    environment = {**os.environ, "_HANDLER": handler, "CEX_STAGE": "prod", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True, cwd=ROOT
    )
    modules, routes = json.loads(done.stdout)
    return set(modules), routes


def test_a_matcher_that_starts_cold_loads_neither_the_api_nor_what_moves_coins() -> None:
    modules, routes = loaded_by("app.matcher_kta_usdt")
    assert "chalicelib.engine.matching" in modules
    for heavy in ("pydantic", "jwt", "httpx", "coincurve", "nacl", "cryptography"):
        assert heavy not in modules, heavy
    assert [name for name in modules if name.startswith(("chalicelib.api", "chalicelib.keeta"))] == []
    assert routes == 0


def test_the_function_of_the_api_has_its_routes() -> None:
    modules, routes = loaded_by("app.app")
    assert "chalicelib.api.place" in modules
    assert routes > 20


def test_who_asks_for_an_address_waits_for_no_client_of_the_network() -> None:
    modules, _ = loaded_by("app.app", "chalicelib.wiring.treasury")
    assert "chalicelib.flows.custody.assign" in modules
    assert "httpx" not in modules


def test_a_deployed_stage_has_no_faucet_and_no_market_for_developers() -> None:
    program = """if True:
        import app, json
        sources = [source.name for source in app.app.event_sources]
        print(json.dumps([sorted(app.app.routes), sorted(sources), app.LOCAL_STAGE]))
    """
    environment = {**os.environ, "CEX_STAGE": "prod", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True, cwd=ROOT
    )
    routes, handlers, is_local = json.loads(done.stdout)
    assert not is_local
    assert "/balances" in routes
    assert not [route for route in routes if route.startswith("/local")]
    wanted = [schema.matcher_name(market) for market in MARKETS.values() if not market.local]
    assert handlers == sorted([*wanted, *RATES])
