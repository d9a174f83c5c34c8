"""Does an order shrink in its place, and is what it no longer needs free again?"""

import pytest

from chalicelib.errors import CexError, NotFound, OutcomeUnknown
from chalicelib.ids import OrderId

from .world import KTA, World

PRICE, LOTS = 10_000, 200


@pytest.fixture
def order_id(world: World) -> OrderId:
    """Ben sells 200 lots, and waits before Ann."""
    world.fund("ann", "ben", "cleo")
    found = world.place("ben", "sell", LOTS, PRICE)
    world.place("ann", "sell", LOTS, PRICE)
    world.settle()
    return found


def test_a_reduced_order_keeps_its_place_and_gives_back_what_it_does_not_need(
    world: World, order_id: OrderId
) -> None:
    world.timer.meanwhile = world.deliver
    state = world.reduce("ben", order_id, 120, wait_ms=2_000)
    assert (state.status, state.record.quantity) == ("resting", 120)
    assert world.held("ben") == {"KTA": 120 * KTA.lot_units}
    world.place("cleo", "buy", 150, PRICE)
    world.settle()
    assert [world.status(order_id), world.record(order_id).filled] == ["filled", 120]


def test_what_is_filled_counts(world: World, order_id: OrderId) -> None:
    world.place("cleo", "buy", 50, PRICE)
    world.settle()
    world.reduce("ben", order_id, 51)
    world.settle()
    assert world.held("ben") == {"KTA": KTA.lot_units}


@pytest.mark.parametrize(
    ("quantity", "code"),
    [(201, "not_a_reduction"), (50, "quantity_already_filled"), (49, "quantity_already_filled")],
)
def test_what_can_not_be_is_refused_at_once(
    world: World, order_id: OrderId, quantity: int, code: str
) -> None:
    world.place("cleo", "buy", 50, PRICE)
    world.settle()
    sent = len(world.queue.sent)
    with pytest.raises(CexError) as refusal:
        world.reduce("ben", order_id, quantity)
    assert (refusal.value.code, refusal.value.field) == (code, "quantity")
    assert len(world.queue.sent) == sent


def test_the_same_reduce_again_changes_nothing(world: World, order_id: OrderId) -> None:
    world.reduce("ben", order_id, 120)
    world.settle()
    sent = len(world.queue.sent)
    assert world.reduce("ben", order_id, 120).record.quantity == 120
    assert len(world.queue.sent) == sent


def test_what_the_book_refuses_reaches_the_one_who_waits(world: World, order_id: OrderId) -> None:
    world.place("cleo", "buy", 100, PRICE)
    world.timer.meanwhile = world.deliver
    with pytest.raises(CexError) as refusal:
        world.reduce("ben", order_id, 90, wait_ms=2_000)
    assert refusal.value.code == "quantity_already_filled"


def test_an_order_that_was_canceled_on_the_way_is_told_as_not_open(world: World, order_id: OrderId) -> None:
    world.cancel("ben", order_id)
    world.timer.meanwhile = world.deliver
    with pytest.raises(CexError) as refusal:
        world.reduce("ben", order_id, 90, wait_ms=2_000)
    assert refusal.value.code == "order_not_open"
    with pytest.raises(CexError) as refusal:
        world.reduce("ben", order_id, 90)
    assert (refusal.value.code, refusal.value.field) == ("order_not_open", "id")


def test_a_stop_that_sleeps_can_be_reduced(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", LOTS, PRICE, stop="loss", stop_price=PRICE)
    world.settle()
    world.reduce("ann", order_id, 120)
    world.settle()
    assert (world.status(order_id), world.record(order_id).quantity) == ("armed", 120)
    assert world.held("ann") == {"KTA": 120 * KTA.lot_units}


def test_a_reduce_whose_message_may_be_lost_says_so_and_can_be_sent_again(
    world: World, order_id: OrderId
) -> None:
    world.queue.lose(landed=True)
    with pytest.raises(OutcomeUnknown) as unknown:
        world.reduce("ben", order_id, 120)
    assert unknown.value.id == order_id
    world.reduce("ben", order_id, 120)
    world.settle()
    assert world.record(order_id).quantity == 120


def test_only_its_owner_reduces_an_order(world: World, order_id: OrderId) -> None:
    with pytest.raises(NotFound):
        world.reduce("ann", order_id, 120)


def test_a_second_reduce_to_the_same_quantity_while_the_first_is_on_its_way_is_answered_alike(
    world: World, order_id: OrderId
) -> None:
    world.reduce("ben", order_id, 120)
    world.timer.meanwhile = world.deliver
    state = world.reduce("ben", order_id, 120, wait_ms=2_000)
    assert (state.status, state.record.quantity) == ("resting", 120)


def test_a_reduce_to_more_than_another_one_left_is_refused(world: World, order_id: OrderId) -> None:
    world.reduce("ben", order_id, 100)
    world.timer.meanwhile = world.deliver
    with pytest.raises(CexError) as refusal:
        world.reduce("ben", order_id, 120, wait_ms=2_000)
    assert refusal.value.code == "not_a_reduction"
