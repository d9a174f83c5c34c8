"""May whoever runs `cex-ops` do what its commands do, and no more than that?"""

import json
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from chalicelib import wiring
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import open_account
from chalicelib.flows.plan import Put
from chalicelib.flows.upkeep.stranded import Stranded
from chalicelib.ids import MarketId, OrderId, UserId
from chalicelib.keeta.account import Account, KeyType
from infra import ops
from infra.cloud.access import Grant, service_of
from infra.cloud.people import DEAD_LETTERS, PEOPLE
from infra.local.clients import REGION
from tests import backends
from tests.api.world import Trader, World
from tests.cloud.building import of_type, sam
from tests.cloud.recording import Recorder, running

SAID = ("--by", "kim", "--reason", "a test")
MARKET = "KTA/USDT"
# Of tables that are torn, as after a restore, and of withdrawals that are decided.
OF_A_RESTORE = {
    Grant(f"dynamodb:{action}Item", f"table {table}")
    for action in ("Delete", "Put", "Update")
    for table in ("accounts", "custody", "lobby", "markets")
}
# What a reconciliation reads of the addresses on the network, which is not here.
OF_COINS = {Grant("dynamodb:BatchGetItem", "table custody"), Grant("dynamodb:BatchGetItem", "table lobby")}


class Listening(Recorder):
    """Dead letters are queues of their own to people."""

    def _queue(self, name: str) -> str:
        return DEAD_LETTERS if name.endswith(("-dead.fifo", "-dead")) else "queues"


def granted(*names: str) -> set[Grant]:
    return {
        Grant(f"{'sqs' if resource == DEAD_LETTERS else service_of(resource)}:{action}", resource)
        for name in names
        for resource, actions in PEOPLE[name].items()
        for action in actions.split()
    }


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with backends.locked_moto(), mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):
        stores = backends.moto_dynamodb(), backends.moto_sqs()
        yield World(*stores, f"p{uuid.uuid4().hex[:10]}", tmp_path / "secrets.json")
        wiring.exchange.cache_clear()


def asked(world: World, *lines: str) -> set[Grant]:
    """What these commands asked AWS for."""
    recorder = Listening()

    def pump() -> None:
        with running(""):
            world.pump()

    world.clock.while_waiting = pump
    with recorder.listening():
        for line in lines:
            world.queue._urls.clear()
            with running("people"):
                assert ops.main(line.split() if line else []) in (0, 1), line
    return recorder.calls.get("people", set())


def test_who_looks_may_do_all_that_looking_does_and_writes_nothing(world: World) -> None:
    alice = world.trader(USDT="100")
    order = alice.place("buy", "0.5", "10").body["id"]
    world.store.commit((Stranded(UserId(alice.address), OrderId(order), "", 0).put(MarketId(MARKET)),))
    bury(world)
    paid = withdrawal(world, alice)
    seen = asked(
        world,
        f"trace {paid}",
        "status",
        f"orders show {order} --user {alice.address}",
        f"orders show {order}",
        f"trace {order}",
        "withdrawals list",
        "stranded",
        "rebuild",
        "actions",
        "adjust list",
        "notes gap",
        "solvency",
        "arrears",
        "audit",
        "dead-letter list",
        f"dead-letter explain {MARKET}",
        f"markets delist {MARKET} --reason x --by kim",
    )
    assert seen - granted("looking") == set()
    assert granted("looking") - seen - OF_COINS == set()


def test_who_operates_may_do_all_that_acting_does(world: World) -> None:
    alice = world.trader(USDT="100")
    alice.place("buy", "0.5", "10")
    bury(world)
    who = " --by kim --reason test"
    seen = asked(
        world,
        f"withdrawals pause ALL{who}",
        f"withdrawals resume ALL --yes{who}",
        f"withdrawals pause {alice.address}{who}",
        f"snapshot {MARKET}{who}",
        f"markets halt {MARKET}{who}",
        f"markets resume {MARKET}{who}",
        f"adjust request {alice.address} USDT 5 --yes{who}",
        f"dead-letter redrive {MARKET} --yes{who}",
    )
    assert seen - granted("looking", "operating") == set()
    assert granted("operating") - seen - OF_A_RESTORE == set()


def test_the_owner_key_is_read_by_those_alone_who_own() -> None:
    text = {name: json.dumps(each) for name, each in of_type(sam(), "AWS::IAM::ManagedPolicy").items()}
    assert set(text) == {"LookingPolicy", "OperatingPolicy", "OwningPolicy"}
    assert {name for name, each in text.items() if "Secret" in each} == {"OwningPolicy"}
    assert "OwnerSecret" in text["OwningPolicy"]
    assert not [name for name, each in text.items() if '"*"' in each or ":*" in each]
    assert not re.search("(Put|Update|Delete|Send)[A-Z]", text["LookingPolicy"])


def withdrawal(world: World, trader: Trader) -> str:
    """One that waits to be paid."""
    world.restart(CEX_NETWORK="dev")
    free, to = (Account(kind, bytes([9] * 32)).address for kind in (KeyType.STORAGE, KeyType.ED25519))
    world.store.commit((Put(table.free_address(free), {"run": 1}), open_account(free, "user")))
    assert trader.get("/deposits/address").status == 200
    answer = trader.post("/withdrawals/request", {"token": "USDT", "amount": "1", "to": to})
    assert answer.status == 200, answer
    return str(answer.body["id"])


def bury(world: World) -> None:
    """A message among the dead."""
    name = f"{world.prefix}-kta-usdt-dead.fifo"
    url = world.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    world.sqs.send_message(
        QueueUrl=url,
        MessageBody="no command",
        MessageGroupId="market",
        MessageDeduplicationId=uuid.uuid4().hex,
    )
