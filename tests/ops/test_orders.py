"""Does an operator see all of an order, and does cancel-all end all of a user and nothing of others?"""

import pytest

from infra import ops
from tests.flows.world import KTA, USDX, World
from tests.keeta_node.world import new_key
from tests.ops.saying import everything, said, told

pytestmark = pytest.mark.usefixtures("desk")
WHO = ("--by", "kim", "--reason", "a test")


@pytest.fixture
def ann(world: World) -> str:
    """A user with funds; users are Keeta addresses here."""
    address = new_key().account.address
    world.fund(address)
    return address


def test_an_order_is_shown_with_what_the_book_knows(
    world: World, ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.fund("ben")
    order = world.place(ann, "buy", 1_000, 9_000, client_id="mine")
    world.place("ben", "sell", 400, 9_000)
    world.settle()
    found = told(capsys, "orders", "show", order)
    assert (found["status"], found["filled"], found["user"]) == ("partially_filled", 400, ann)
    text = said(capsys, "orders", "show", order, "--user", ann)
    for each in ("mine", "buy 10 at 0.9", "4 for 3.6 USDT", "held             5.4 USDT"):
        assert each in text


def test_an_order_that_nobody_has_is_told(ann: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ops.main(["orders", "show", "nothing"]) == 2
    assert "no such order" in capsys.readouterr().err


def test_cancel_all_says_first_what_it_would_end(
    world: World, ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.place(ann, "buy", 1_000, 9_000)
    world.settle()
    before = everything(world)
    would = told(capsys, "cancel-all", ann, *WHO)["would"]
    assert "0 in USDX/USDT, 1 in KTA/USDT" in would
    assert everything(world) == before


def test_cancel_all_ends_everything_of_one_user_in_every_market(
    world: World, ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.fund("ben")
    orders = [world.place(ann, "buy", 1_000, 9_000), world.place(ann, "buy", 1_000, 9_900, market=USDX)]
    bens = world.place("ben", "buy", 1_000, 8_000)
    world.settle(KTA, USDX)
    on_its_way = world.place(ann, "buy", 1_000, 8_500)
    world.timer.meanwhile = lambda: [world.deliver(KTA), world.deliver(USDX)]
    answer = told(capsys, "cancel-all", ann, *WHO, "--yes")
    assert answer["left"] == {"USDX/USDT": 0, "KTA/USDT": 0}
    assert {world.status(order) for order in (*orders, on_its_way)} == {"canceled"}
    assert world.status(bens) == "resting"
    assert world.held(ann) == {}


def test_orders_that_cancel_all_did_not_reach_are_told(
    world: World, ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.place(ann, "buy", 1_000, 9_000)
    world.settle()
    answer = told(capsys, "cancel-all", ann, "KTA/USDT", *WHO, "--yes", code=1)
    assert answer["left"] == {"KTA/USDT": 1}
    (record,) = told(capsys, "actions")["actions"]
    assert record["outcome"] == "KTA/USDT: 1 orders left; do it again"
    (record,) = told(capsys, "actions")["actions"]
    assert (record["command"], record["subject"], record["state"]) == ("cancel-all", ann, "refused")
    world.settle()


def test_a_halted_market_cancels_nothing_and_that_is_told(
    world: World, ann: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.place(ann, "buy", 1_000, 9_000)
    world.settle()
    world.timer.meanwhile = world.deliver
    told(capsys, "markets", "halt", "KTA/USDT", *WHO)
    assert "it is halted" in said(capsys, "cancel-all", ann, "KTA/USDT", *WHO, "--yes", code=1)
