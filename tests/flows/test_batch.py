"""Are many commands in one request promised together, told in one message, and answered one by one?"""

from collections.abc import Callable

import pytest

from chalicelib.engine.order import Side
from chalicelib.errors import CexError, NotFound
from chalicelib.flows import schema
from chalicelib.flows.intake.cancel_order import CancelWish
from chalicelib.flows.intake.desk import Maker, Outcome
from chalicelib.flows.intake.place_order import OrderRequest, PlaceWish
from chalicelib.flows.intake.reduce_order import ReduceWish
from chalicelib.flows.intake.replace_order import ReplaceWish
from chalicelib.flows.plan import Plan
from chalicelib.flows.reading.orders import OrderState, own_order
from chalicelib.ids import OrderId, UserId

from .faults import ALWAYS
from .world import KTA, World

PRICE, LOTS = 10_000, 200
NOTIONAL = PRICE * LOTS * KTA.step_units


def place(client_id: str = "", price: int = PRICE, side: Side = "buy", lots: int = LOTS) -> Maker:
    return lambda visit: PlaceWish(visit, OrderRequest(KTA, side, price, lots, "gtc", client_id))


def on(order_id: OrderId, wish: Callable[..., object], *more: object) -> Maker:
    """A wish about an order that is there."""
    return lambda visit: wish(visit, own_order(visit.tools.orders, visit.user, order_id), *more)  # type: ignore[return-value]


def told(outcomes: list[Outcome]) -> list[str]:
    """The state of each order, or the code of each refusal."""
    return [each.code if isinstance(each, CexError) else each.status for each in outcomes]


def orders(outcomes: list[Outcome]) -> list[OrderId]:
    return [each.record.id for each in outcomes if isinstance(each, OrderState)]


def is_batch(plan: Plan) -> bool:
    return len([write for write in plan if write.key.sk.startswith(schema.ORDER_PREFIX)]) > 1


def test_all_holds_are_taken_in_one_transaction_and_all_commands_sent_in_one_message(world: World) -> None:
    world.fund("ann", USDT=3 * NOTIONAL)
    before = len(world.store.plans)
    outcomes = world.batch("ann", place("a"), place("b"), place("c"))
    (plan,) = world.store.plans[before:]
    assert [write.key.sk[:2] for write in plan] == ["W", "O#", "O#", "O#"]
    assert world.held("ann") == {"USDT": 3 * NOTIONAL}
    assert world.queue.waiting(KTA.id) == 1
    world.settle()
    assert len(world.journal()) == 1
    assert {world.status(order_id) for order_id in orders(outcomes)} == {"resting"}


def test_commands_are_done_in_their_order(world: World) -> None:
    world.fund("ann", "ben")
    old = world.place("ann", "sell", LOTS, PRICE)
    world.settle()
    world.timer.meanwhile = world.deliver
    outcomes = world.batch(
        "ann", on(old, ReduceWish, 150), place(price=PRICE - 1), on(old, CancelWish), wait_ms=2_000
    )
    assert told(outcomes) == ["canceled", "resting", "canceled"]
    assert world.record(old).quantity == 150


def test_places_and_replaces_share_one_transaction(world: World) -> None:
    world.fund("ann")
    old = world.place("ann", "buy", LOTS, PRICE)
    world.settle()
    before = len(world.store.plans)
    world.batch("ann", place("a"), on(old, ReplaceWish, None, 2 * LOTS))
    (plan,) = world.store.plans[before:]
    assert [write.key.sk[:2] for write in plan] == ["W", "O#", "A#", "O#"]
    assert world.held("ann") == {"USDT": 3 * NOTIONAL}
    world.settle()
    assert world.record(old).quantity == 2 * LOTS


def test_where_the_money_is_not_enough_for_all_the_first_ones_get_it(world: World) -> None:
    world.fund("ann", USDT=3 * NOTIONAL)
    outcomes = world.batch("ann", place("a"), place("b", lots=3 * LOTS), place("c"), place("d"), place("e"))
    assert told(outcomes) == ["pending", "insufficient_funds", "pending", "pending", "insufficient_funds"]
    assert world.held("ann") == {"USDT": 3 * NOTIONAL}
    world.settle()
    assert len(list(world.book().book.resting())) == 3


def test_one_that_is_wrong_keeps_no_other_from_being_done(world: World) -> None:
    world.fund("ann", "ben")
    strangers = world.place("ben", "buy", LOTS, PRICE)
    filled = world.place("ann", "sell", LOTS, PRICE)
    world.settle()

    def nonsense(_: object) -> PlaceWish:
        raise NotFound("no such thing")

    world.timer.meanwhile = world.deliver
    outcomes = world.batch(
        "ann",
        nonsense,
        on(strangers, CancelWish),
        on(filled, CancelWish),
        on(filled, ReduceWish, 10),
        on(filled, ReplaceWish, None, 1_000),
        place("a"),
        place("a", price=PRICE + 1),
        wait_ms=2_000,
    )
    not_open = ["order_not_open"] * 3
    wanted = ["not_found", "order_not_found", *not_open, "resting", "duplicate_client_order_id"]
    assert told(outcomes) == wanted


def test_the_same_client_id_twice_in_one_batch_is_one_order(world: World) -> None:
    world.fund("ann")
    outcomes = world.batch("ann", place("a"), place("a"))
    assert len(orders(outcomes)) == 2
    assert len(set(orders(outcomes))) == len(world.records()) == 1
    assert world.held("ann") == {"USDT": NOTIONAL}
    assert len(world.queue.sent) == 1
    world.settle()


def test_the_same_batch_again_is_the_same_orders(world: World) -> None:
    world.fund("ann", USDT=2 * NOTIONAL)
    first = world.batch("ann", place("a"), place("b"))
    again = world.batch("ann", place("a"), place("b"))
    world.settle()
    third = world.batch("ann", place("a"), place("b"))
    assert orders(first) == orders(again) == orders(third)
    assert (told(first), told(third)) == (["pending"] * 2, ["resting"] * 2)
    assert world.held("ann") == {"USDT": 2 * NOTIONAL}


def test_an_order_of_a_batch_is_the_order_of_a_single_request(world: World) -> None:
    world.fund("ann")
    alone = world.place("ann", "buy", LOTS, PRICE, client_id="a")
    (outcome,) = world.batch("ann", place("a"))
    assert orders([outcome]) == [alone]
    assert told(world.batch("ann", place("a", lots=LOTS + 1))) == ["duplicate_client_order_id"]
    world.settle()


def test_of_two_replaces_of_one_order_in_a_batch_the_second_is_refused(world: World) -> None:
    world.fund("ann")
    old = world.place("ann", "buy", LOTS, PRICE)
    world.settle()
    outcomes = world.batch("ann", on(old, ReplaceWish, None, 300), on(old, ReplaceWish, None, 400))
    assert told(outcomes) == ["resting", "replace_outstanding"]
    world.settle()
    assert world.record(old).quantity == 300


def test_when_the_answer_to_the_promise_is_lost_each_is_looked_for(world: World) -> None:
    world.fund("ann")
    world.store.faults.fail(when=is_batch, landed=True)
    assert told(world.batch("ann", place("a"), place("b"))) == ["pending"] * 2
    world.settle()
    world.store.faults.fail(when=is_batch)
    outcomes = world.batch("ann", place("c"), place("d"), place("a"))
    assert told(outcomes) == ["outcome_unknown", "outcome_unknown", "resting"]
    assert told(world.batch("ann", place("c"), place("d"))) == ["pending"] * 2
    world.settle()


def test_when_the_message_is_lost_promises_stand_and_what_promised_nothing_says_so(world: World) -> None:
    world.fund("ann")
    old = world.place("ann", "buy", LOTS, PRICE)
    world.settle()
    world.queue.lose()
    outcomes = world.batch("ann", place("a"), on(old, CancelWish), on(old, ReduceWish, 150))
    assert told(outcomes) == ["pending", "outcome_unknown", "outcome_unknown"]
    world.batch("ann", place("a"))
    world.settle()
    assert told(world.batch("ann", place("a"))) == ["resting"]


def test_a_wallet_that_stays_contended_takes_nothing_of_the_batch(world: World) -> None:
    world.fund("ann")
    old = world.place("ann", "buy", LOTS, PRICE)
    world.settle()
    world.store.faults.contend(schema.wallet("ann"), times=4)
    outcomes = world.batch("ann", place("a"), on(old, CancelWish), place("b"))
    assert told(outcomes) == ["wallet_busy", "resting", "wallet_busy"]
    world.settle()
    assert world.status(old) == "canceled"
    assert world.held("ann") == {}


def test_a_store_that_can_not_be_read_refuses_all_and_changes_nothing(world: World) -> None:
    world.fund("ann")
    world.store.read_faults.fail(times=ALWAYS)
    outcomes = world.batch("ann", place("a"), place("b"))
    world.store.read_faults.clear()
    assert told(outcomes) == ["store_unavailable"] * 2
    assert world.records() == []


def test_a_wait_is_over_when_the_last_of_them_was_seen(world: World) -> None:
    world.fund("ann")
    world.timer.meanwhile = world.deliver
    outcomes = world.batch("ann", *(place(str(number)) for number in range(20)), wait_ms=2_000)
    assert told(outcomes) == ["resting"] * 20
    assert sum(world.timer.paused) < 50


@pytest.mark.parametrize("many", [1, 20])
def test_the_gate_and_the_fee_tier_are_looked_up_once_for_all(world: World, many: int) -> None:
    world.fund("ann")
    read: list[str] = []
    world.store.read_faults.add(lambda key: read.append(key.sk[:4]), times=ALWAYS)
    world.batch("ann", *(place(str(number)) for number in range(many)))
    world.store.read_faults.clear()
    assert (read.count("GATE"), read.count("V#KT")) == (1, 1)
    assert UserId("ann") in {record.user for record in world.records()}
    world.settle()
