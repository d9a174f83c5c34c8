"""Does a cancel end what it should, whenever it comes?"""

import pytest

from chalicelib.errors import CexError, NotFound, OrderNotOpen, StoreUnavailable, Unavailable
from chalicelib.flows import schema
from chalicelib.flows.book.replica import REMEMBER_MS
from chalicelib.flows.book.view import RECENT_MS
from chalicelib.flows.intake.cancel_order import CANCEL_ACCEPT_MS
from chalicelib.flows.matcher.late import SURE_MS
from chalicelib.ids import OrderId

from .faults import ALWAYS
from .test_halt import halt, resume
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
    cancel = world.cancel_command(order_id, "ann")
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
    world.run(world.cancel_command(order_id, "ben"))
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


def test_a_cancel_outlives_a_backlog_and_then_says_that_it_is_late(world: World) -> None:
    world.fund("ann")
    orders = [world.place("ann", "buy", 500, 10_000) for _ in range(2)]
    world.settle()
    first, second = (world.cancel_command(order_id, "ann") for order_id in orders)
    world.timer.advance(CANCEL_ACCEPT_MS)
    world.run(first)
    world.timer.advance(1)
    world.run(second)
    assert [world.status(order_id) for order_id in orders] == ["canceled", "resting"]
    assert world.book().refused == {second.id: "late"}


def test_a_cancel_that_was_refused_and_comes_again_when_it_is_forgotten_cancels_nothing(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    cancel = world.cancel_command(order_id, "ann")
    world.run(halt(world), cancel)
    assert world.book().refused == {cancel.id: "market_halted"}
    world.run(resume(world))
    world.timer.advance(REMEMBER_MS + 1)
    world.place("ann", "buy", 500, 10_000)
    world.settle()
    assert cancel.id not in world.book().done
    world.run(cancel)
    assert world.status(order_id) == "resting"


def test_a_cancel_is_late_only_as_long_as_its_answer_is_remembered() -> None:
    assert CANCEL_ACCEPT_MS + SURE_MS < REMEMBER_MS


# --- what the book says to it -----------------------------------------------------------------------


def resting(world: World) -> OrderId:
    world.fund("ann")
    order_id = world.place("ann", "buy", 500, 10_000)
    world.settle()
    return order_id


def test_a_cancel_that_was_refused_in_a_halt_is_told_so_though_the_market_is_open_again(world: World) -> None:
    """The order is still open, and nothing is on its way that would end it."""
    order_id = resting(world)

    def halted_and_resumed() -> None:
        world.run(halt(world))
        world.deliver()
        world.run(resume(world))

    world.timer.meanwhile = halted_and_resumed
    with pytest.raises(CexError) as refusal:
        world.cancel("ann", order_id, wait_ms=2_000)
    assert (refusal.value.code, refusal.value.field) == ("market_halted", "id")
    assert world.status(order_id) == "resting"


def test_a_halt_that_is_seen_while_the_cancel_still_waits_refuses_nothing(world: World) -> None:
    order_id = resting(world)

    def halted_alone() -> None:
        world.timer.meanwhile = None
        world.run(halt(world))

    world.timer.advance(RECENT_MS)
    world.timer.meanwhile = halted_alone
    assert world.cancel("ann", order_id, wait_ms=200).status == "resting"
    world.run(resume(world))
    world.settle()
    assert world.status(order_id) == "canceled"


@pytest.mark.parametrize("done", [True, False])
def test_when_the_book_can_not_be_read_any_more_the_record_and_what_was_seen_are_told(
    world: World, done: bool
) -> None:
    order_id = resting(world)
    world.timer.advance(RECENT_MS)

    def books_are_gone() -> None:
        if done:
            world.deliver()
        world.store.read_faults.fail(
            lambda: StoreUnavailable("no answer"), lambda key: key.table == schema.MARKETS, ALWAYS
        )

    world.timer.meanwhile = books_are_gone
    state = world.cancel("ann", order_id, wait_ms=2_000)
    assert state.status == ("canceled" if done else "resting")
    world.store.read_faults.clear()
    world.settle()
