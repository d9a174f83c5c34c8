"""Does a cancel end what it should, whenever it comes?"""

import pytest

from chalicelib.errors import NotFound, OrderNotOpen, Unavailable
from chalicelib.flows.records.commands import CancelOrder
from chalicelib.ids import OrderId, UserId, cancel_command

from .world import KTA, World, kinds


def test_a_resting_order_is_canceled_and_its_hold_goes_back(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    world.timer.meanwhile = world.deliver
    assert world.cancel("ann", order_id, wait_ms=2_000).status == "canceled"
    assert world.record(order_id).reason == "requested"
    assert world.held("ann") == {}


def test_a_partially_filled_order_gives_back_what_is_left_of_its_hold(world: World) -> None:
    world.fund("ann", "ben")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.place("ben", "sell", 200, 10_000)
    world.settle()
    world.cancel("ann", order_id)
    assert world.held("ann") == {"USDT": 300 * 10_000}
    world.settle()
    record = world.record(order_id)
    assert (record.status, record.filled) == ("canceled", 200)
    assert world.held("ann") == {}


def test_a_cancel_before_the_place_was_matched_follows_it_through_the_queue(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 10_000)
    assert world.cancel("ann", order_id).status == "pending"
    world.settle()
    assert world.status(order_id) == "canceled"
    assert kinds(world.journal()) == ["OrderRested", "OrderCanceled"]


def test_a_cancel_of_an_order_that_no_book_has_seen_ends_it(world: World) -> None:
    world.fund("ann")
    world.queue.lose()
    order_id = world.place("ann", "buy", 500, 10_000)
    world.cancel("ann", order_id)
    world.settle()
    assert world.status(order_id) == "canceled"
    assert world.held("ann") == {}


def test_a_place_that_arrives_after_the_cancel_of_its_unseen_order_does_nothing(world: World) -> None:
    world.fund("ann", "ben")
    maker = world.place("ben", "sell", 500, 10_000)
    world.settle()
    world.queue.lose()
    order_id = world.place("ann", "buy", 500, 10_000)
    world.cancel("ann", order_id)
    world.settle()
    world.run(world.place_command(order_id))
    world.restart()
    world.run(world.place_command(order_id))
    assert world.status(order_id) == "canceled"
    assert world.status(maker) == "resting"


def test_cancel_and_late_place_in_one_batch_end_the_order_once(world: World) -> None:
    world.fund("ann")
    world.queue.lose()
    order_id = world.place("ann", "buy", 500, 10_000)
    place = world.place_command(order_id)
    cancel = CancelOrder(cancel_command(order_id, "1"), order_id, UserId("ann"))
    world.run(cancel, place, cancel)
    assert kinds(world.journal()) == ["OrderCanceled"]


def test_canceling_a_canceled_order_again_is_fine(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.cancel("ann", order_id)
    world.settle()
    assert world.cancel("ann", order_id).status == "canceled"


def test_two_cancels_on_their_way_end_the_order_once(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.cancel("ann", order_id)
    world.cancel("ann", order_id)
    world.settle()
    assert kinds(world.journal()) == ["OrderRested", "OrderCanceled"]


def test_a_filled_order_can_not_be_canceled(world: World) -> None:
    world.fund("ann", "ben")
    world.place("ben", "sell", 500, 10_000)
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    with pytest.raises(OrderNotOpen):
        world.cancel("ann", order_id)
    assert world.queue.waiting(KTA.id) == 0


def test_a_cancel_that_loses_against_a_fill_changes_nothing(world: World) -> None:
    world.fund("ann", "ben")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    world.place("ben", "sell", 500, 10_000)
    world.cancel("ann", order_id)
    world.settle()
    assert world.status(order_id) == "filled"
    assert kinds(world.journal()) == ["OrderRested", "OrderFilled"]


def test_the_order_of_another_user_can_not_be_found_to_be_canceled(world: World) -> None:
    world.fund("ann", "ben")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    with pytest.raises(NotFound):
        world.cancel("ben", order_id)
    with pytest.raises(NotFound):
        world.cancel("ben", OrderId("no-such-order"))
    assert world.status(order_id) == "resting"


def test_the_book_itself_cancels_for_the_owner_only(world: World) -> None:
    world.fund("ann", "ben")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    world.run(CancelOrder(cancel_command(order_id, "1"), order_id, UserId("ben")))
    assert world.status(order_id) == "resting"


def test_a_cancel_whose_message_may_be_lost_says_so_and_can_be_sent_again(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    world.queue.lose()
    with pytest.raises(Unavailable):
        world.cancel("ann", order_id)
    assert world.status(order_id) == "resting"
    world.queue.lose(landed=True)
    with pytest.raises(Unavailable):
        world.cancel("ann", order_id)
    world.settle()
    assert world.cancel("ann", order_id).status == "canceled"
