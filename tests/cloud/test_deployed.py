"""Does what is deployed trade? The packaged zip, from the template's own settings, on a stand-in for AWS.

Real functions behind real event source mappings, started by messages and by the gateway, each with the
rights of its own role and no others. (What each of them imports is proven in test_bundle.py: here the
functions see this machine's packages too.)
"""

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.journal import DynamoJournal
from chalicelib.flows.custody.adjust import credit
from chalicelib.handlers import RESERVE_MS
from chalicelib.ids import MarketId, UserId
from chalicelib.money import Amount
from infra.local.lambda_events import scheduled_event
from infra.traders.api import Api
from infra.traders.client import Trader
from infra.traders.wallet import Ed25519Key, Wallet
from infra.watch.lines import seen_metrics
from tests.cloud import account
from tests.cloud.account import Account, eventually
from tests.cloud.building import PARAMETERS, PROD, cloudformation, of_type

MARKET, ROLE = MarketId("KTA/USDT"), "MatcherKtaUsdtRole"
WHOLE = 10**24
# More than a function keeps in reserve, and less than anybody wants to wait.
SHORT_SECONDS = RESERVE_MS // 1000 + 2


@pytest.fixture(scope="module")
def deployed(zip_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with account.running(PROD, tmp_path_factory.mktemp("account")) as found:
        found.deploy(cloudformation(), zip_file)
        yield found


@pytest.fixture(scope="module")
def api(deployed: Account) -> Iterator[Api]:
    with Api(deployed.api) as found:
        yield found


def trader(deployed: Account, api: Api, name: str) -> Trader:
    """Signed in, with money: no stage but a developer's has a faucet, so it is written down for him."""
    somebody = Trader(api, name, Wallet(Ed25519Key(), PARAMETERS["Domain"], PROD.network))
    somebody.sign_in()
    store = DynamoStore(deployed.client("dynamodb"), PROD.prefix)
    for asset in ("KTA", "USDT"):
        amount, now_ms = Amount(asset, WHOLE), time.time_ns() // 10**6
        store.commit(credit(UserId(somebody.wallet.address), amount, f"{name}-{asset}", now_ms))
    return somebody


def test_an_order_is_placed_matched_and_visible(deployed: Account, api: Api) -> None:
    ada, ben = trader(deployed, api, "Ada"), trader(deployed, api, "Ben")
    offer = ben.place(MARKET, "sell", Decimal("0.5"), Decimal(100))
    assert offer["status"] == "resting"
    assert api.book(MARKET)["asks"] == [{"price": "0.5", "quantity": "100", "orders": 1}]
    bought = ada.place(MARKET, "buy", Decimal("0.51"), Decimal(40), tif="ioc")
    assert (bought["status"], bought["filled_notional"]) == ("filled", "20")
    assert ben.order(offer["id"])["filled_quantity"] == "40"
    assert [fill["quantity"] for fill in ada.fills()] == ["40"]
    assert next(iter(api.trades(MARKET)))["quantity"] == "40"
    assert ben.cancel(offer["id"])["status"] == "canceled"
    assert api.book(MARKET)["asks"] == []


def test_what_the_functions_write_is_seen(deployed: Account, api: Api) -> None:
    """Metrics that CloudWatch would read, and one request from the gateway to the matcher."""
    dee = trader(deployed, api, "Dee")
    order = bid(api, dee, "0.31")
    dee.cancel(order)
    matcher, front = deployed.ids["MatcherKtaUsdt"], deployed.ids["Api"]
    eventually(lambda: "batch" in deployed.logged(matcher))
    wrote = {name: deployed.logged(name).splitlines() for name in (matcher, front)}
    assert {"Steps", "StepMs", "QueueAgeMs", "Fills"} <= set(seen_metrics(wrote[matcher]))
    assert {"OrdersAccepted", "RequestMs"} <= set(seen_metrics(wrote[front]))
    taken = next(line for line in log(wrote[front]) if order in line.get("orders", []))
    assert [line for line in log(wrote[matcher]) if taken["request_id"] in str(line.get("requests"))]


def log(lines: list[str]) -> list[dict[str, Any]]:
    """What is no metric, of lines in which the runtime writes too."""
    return [json.loads(line) for line in lines if line.startswith('{"level"')]


def test_a_batch_that_fails_comes_back_in_order_and_is_done_once(deployed: Account, api: Api) -> None:
    """The matcher is refused its writes for a while, as in an outage; nobody touches the queue."""
    cy = trader(deployed, api, "Cy")
    matcher = deployed.ids["MatcherKtaUsdt"]
    last = journal(deployed).last_seq(MARKET)
    with deployed.role_without(ROLE, "dynamodb:PutItem"):
        placed = [bid(api, cy, price) for price in ("0.31", "0.33", "0.32", "0.34")]
        eventually(lambda: "batch_interrupted" in deployed.logged(matcher))
        assert [cy.order(id_)["status"] for id_ in placed] == ["pending"] * len(placed)
    eventually(lambda: all(cy.order(id_)["status"] == "resting" for id_ in placed))
    written = list(journal(deployed).tail(MARKET, last))
    assert [event.order_id for entry in written for event in entry.events] == placed
    for id_ in placed:
        assert cy.cancel(id_)["status"] == "canceled"


def bid(api: Api, somebody: Trader, price: str) -> str:
    """The id of an order whose matching nobody waits for."""
    order = {"market": MARKET, "side": "buy", "price": price, "quantity": "10", "wait": 0}
    return str(api.post("/orders/place", somebody.jwt, **order)["id"])


def journal(deployed: Account) -> DynamoJournal:
    return DynamoJournal(DynamoStore(deployed.client("dynamodb"), PROD.prefix))


def test_the_scheduled_functions_run_with_the_rights_of_their_roles(deployed: Account) -> None:
    functions = deployed.client("lambda")
    for rule in of_type(cloudformation(), "AWS::Events::Rule").values():
        name = deployed.ids[rule["Targets"][0]["Arn"]["Fn::GetAtt"][0]]
        # One that would go on for its whole minute ends soon too: it looks how much time it has.
        functions.update_function_configuration(FunctionName=name, Timeout=SHORT_SECONDS)
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(scheduled_event("rule")).encode())
        assert "FunctionError" not in answer, answer["Payload"].read()
        assert "Alarms" not in seen_metrics(deployed.logged(name).splitlines())


def test_a_function_can_do_no_more_than_its_role_says(deployed: Account) -> None:
    """The stand-in does ask the roles: with one action less, what needs it fails."""
    with deployed.role_without("ApiRole", "dynamodb:GetItem"):
        assert httpx.get(f"{deployed.api}/health", trust_env=False).status_code == 503
    assert httpx.get(f"{deployed.api}/health", trust_env=False).json()["stage"] == PROD.name


def test_a_page_of_another_origin_may_ask(deployed: Account) -> None:
    origin = {"Origin": "https://exchange.example"}
    answer = httpx.get(f"{deployed.api}/markets", headers=origin, trust_env=False)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
