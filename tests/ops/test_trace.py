"""Does every id of a unit of money lead to the whole chain of its records?"""

import json
from typing import Any

import pytest

from chalicelib.flows import schema
from chalicelib.flows.records.entries import FillEntry, newest
from chalicelib.ids import UserId
from infra import ops
from tests.flows.world import KTA, World
from tests.keeta_node.world import new_key
from tests.ops.conftest import Say
from tests.ops.saying import everything, told
from tests.treasury.test_faults import Asked
from tests.treasury.world import House

Chains = list[dict[str, Any]]


@pytest.fixture
def ann(desk: World) -> str:
    address = new_key().account.address
    desk.fund(address)
    return address


@pytest.fixture
def orders(desk: World, ann: str) -> tuple[str, str]:
    """Ann's buy order, replaced and then filled in two trades; and the order of the second."""
    desk.fund("ben")
    bought = desk.place(ann, "buy", 1_000, 9_000, client_id="mine")
    desk.settle()
    desk.replace(ann, bought, price=9_100)
    desk.settle()
    desk.place("ben", "sell", 400, 9_100)
    desk.settle()
    desk.timer.advance(5_000)
    sold = desk.place("ben", "sell", 600, 9_100)
    desk.settle()
    return bought, sold


def kinds(chain: dict[str, Any]) -> list[str]:
    return [record["kind"] for record in chain["records"]]


WHOLE = ["order", "amendment", *["ledger entry", "journal entry"] * 2, "state now"]


def test_an_order_leads_to_its_promise_its_fills_and_its_end(
    desk: World, ann: str, orders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(desk)
    (chain,) = told(capsys, "trace", orders[0])["chains"]
    assert (chain["subject"], chain["id"], chain["user"]) == ("order", orders[0], ann)
    assert kinds(chain) == WHOLE
    says = [record["says"] for record in chain["records"]]
    assert says[0] == "accepted: buy 10 at 0.91 in KTA/USDT, 9 USDT held"
    assert says[-1] == "filled, 10 filled, 0 USDT held"
    assert orders[1] in says[-2]
    assert everything(desk) == before, "it only reads"


def test_every_id_of_an_order_leads_to_the_same_chain(
    desk: World, ann: str, orders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (wanted,) = told(capsys, "trace", orders[0])["chains"]
    entries = newest(desk.store, UserId(ann), None, 10, FillEntry).entries
    replace = desk.record(orders[0]).last_replace  # type: ignore[arg-type]
    names = ["mine", f"p-{orders[0]}", replace, *(entry_id for entry_id, _ in entries)]
    for name in names:
        assert told(capsys, "trace", name)["chains"] == [wanted], name
    for name in (orders[0], "mine", entries[0][0]):
        assert told(capsys, "trace", name, "--user", ann)["chains"] == [wanted], name


@pytest.mark.parametrize("name", ["KTA/USDT#2", "KTA-USDT#2"])
def test_a_trade_leads_to_both_of_its_orders(
    name: str, orders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    trade, *both = told(capsys, "trace", name)["chains"]
    assert (trade["subject"], trade["id"]) == ("trade", "KTA/USDT#2")
    assert "6 at 0.91" in trade["records"][0]["says"]
    assert [chain["id"] for chain in both] == list(orders)


def test_each_trade_of_a_long_journal_is_found(desk: World, capsys: pytest.CaptureFixture[str]) -> None:
    desk.fund("ann", "ben")
    for number in range(12):
        desk.place("ann", "sell", 300, 9_000)
        desk.settle()
        for _ in range(number % 3):
            desk.place("ben", "buy", 100, 9_000)
        desk.settle()
    last = desk.fills()[-1].trade_id
    assert last == 12
    for number in range(1, last + 1):
        (trade, *_) = told(capsys, "trace", f"KTA/USDT#{number}")["chains"]
        assert f"KTA/USDT#{number}:" in trade["records"][0]["says"]
    assert ops.main(["trace", f"KTA/USDT#{last + 1}"]) == 2
    assert ops.main(["trace", "KTA/USDT#0"]) == 2


def test_a_credit_of_the_house_is_told_by_its_entry(
    desk: World, ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    item = next(each for each in desk.store.scan(schema.ACCOUNTS) if each.get("kind") == "credit")
    (chain,) = told(capsys, "trace", str(item["sk"]))["chains"]
    assert (chain["subject"], kinds(chain)) == ("credit", ["ledger entry"])


def test_what_nobody_knows_is_told(desk: World, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("nothing", "0" * 64, "L#1#x", new_key().account.address, "AAA/BBB#1"):
        assert ops.main(["trace", name]) == 2
        assert "nothing is known" in capsys.readouterr().err


def test_a_chain_is_told_to_people_too(orders: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ops.main(["trace", orders[0]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"order {orders[0]} of keeta_")
    assert len(lines) == 2 + len(WHOLE)
    assert KTA.id in lines[2]


# --- coins ------------------------------------------------------------------------------------


def chains(run: Say, *words: str) -> Chains:
    code, out = run("trace", *words, "--json")
    assert code == 0
    found: Chains = json.loads(out)["chains"]
    return found


def test_a_deposit_is_traced_from_its_block_to_the_wallet(house: House, run: Say) -> None:
    user = house.rich(USDT=2_500_000)
    item = next(each for each in house.store.scan(schema.CUSTODY) if each.get("kind") == "deposit")
    block = str(item["pk"]).partition("#")[2]
    (chain,) = chains(run, block.upper())
    assert (chain["subject"], chain["user"]) == ("deposit", user)
    assert kinds(chain) == ["chain", "credit", "deposit", "ledger entry"]
    assert "2.5 USDT" in chain["records"][-1]["says"]
    entry = str(chain["records"][-1]["key"]).rpartition(" ")[2]
    for name in (entry, chain["id"]):
        assert chains(run, name) == [chain]


def test_a_withdrawal_is_traced_from_the_request_to_its_block_and_back(house: House, run: Say) -> None:
    asked = Asked(house)
    (waits,) = chains(run, asked.found.id)
    assert kinds(waits) == ["withdrawal", "queue", "state now"]
    asked.settled()
    (chain,) = chains(run, asked.found.id, "--user", asked.user)
    assert chain["records"][-1]["says"].startswith(("landed", "run"))
    assert {"withdrawal", "run", "signed block", "ledger entry", "state now"} == set(kinds(chain))
    block = house.withdrawal(asked.found).block
    own, paid = chains(run, block)
    assert (own["subject"], paid) == ("block", chain)
    entry = next(each for each in chain["records"] if each["kind"] == "ledger entry")["key"].rpartition(" ")[
        2
    ]
    assert chains(run, entry) == [chain]


def test_an_address_is_told_with_what_lies_there(house: House, run: Say) -> None:
    user = house.rich(USDT=2_500_000)
    (home,) = chains(run, house.address(user))
    assert home["records"][0]["says"] == f"user of {user}: 2.5 USDT"
    (who,) = chains(run, user)
    assert kinds(who) == ["wallet", "deposit address"]
