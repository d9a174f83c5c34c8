"""Does a replace take its order along with its money, whatever happens on the way?"""

import pytest

from chalicelib.errors import InsufficientFunds
from chalicelib.flows import schema
from chalicelib.flows.records.commands import ReplaceOrder
from chalicelib.ids import OrderId, UserId

from .crossing import COUNT, LOTS, PRICE, fills, rest_makers
from .faults import Crash, is_step, nth, touches
from .test_halt import halt, resume
from .world import KTA, World, kinds


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben", "cid")


def a_resting_order(world: World, quantity: int = 1_000, price: int = 10_000) -> OrderId:
    order_id = world.place("ann", "buy", quantity, price)
    world.settle()
    return order_id


def command_of(world: World) -> ReplaceOrder:
    """The last replace that was sent."""
    return next(each for _, each in reversed(world.queue.sent) if isinstance(each, ReplaceOrder))


def terms(world: World, order_id: OrderId) -> tuple[int, int, int]:
    record = world.record(order_id)
    return record.price, record.quantity, record.filled


def waits(world: World, order_id: OrderId) -> tuple[str, int]:
    record = world.record(order_id)
    return record.replacing, record.extra


def held(world: World, lots_times_ticks: int) -> dict[str, int]:
    return {"USDT": KTA.hold_units("buy", lots_times_ticks)} if lots_times_ticks else {}


def test_an_order_gets_another_price_and_quantity_and_its_hold_goes_with_it(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_100, 1_500)
    assert world.held("ann") == held(world, 10_100 * 1_500)
    world.settle()
    assert terms(world, order_id) == (10_100, 1_500, 0)
    assert waits(world, order_id) == ("", 0)
    assert world.status(order_id) == "resting"
    assert world.held("ann") == held(world, 10_100 * 1_500)


def test_what_the_new_order_does_not_need_goes_back(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 9_000, 800)
    world.settle()
    assert world.held("ann") == held(world, 9_000 * 800)


def test_a_replaced_order_stands_behind_those_that_were_there(world: World) -> None:
    first = a_resting_order(world)
    second = world.place("ben", "buy", 1_000, 10_000)
    world.settle()
    world.replace("ann", first, quantity=1_001)
    world.place("cid", "sell", 1_000, 10_000)
    world.settle()
    assert (world.status(first), world.status(second)) == ("resting", "filled")


def test_a_replace_that_only_reduces_keeps_its_place(world: World) -> None:
    first = a_resting_order(world)
    world.place("ben", "buy", 1_000, 10_000)
    world.settle()
    world.replace("ann", first, quantity=600)
    world.place("cid", "sell", 600, 10_000)
    world.settle()
    assert world.status(first) == "filled"
    assert "OrderReplaced" not in kinds(world.journal())
    assert waits(world, first) == ("", 0)


def test_a_replaced_order_trades_at_once_where_it_crosses(world: World) -> None:
    order_id = a_resting_order(world, price=9_900)
    maker = world.place("ben", "sell", 400, 10_000)
    world.settle()
    world.replace("ann", order_id, 10_000)
    world.settle()
    assert (world.status(maker), world.status(order_id)) == ("filled", "partially_filled")
    assert terms(world, order_id) == (10_000, 1_000, 400)
    assert world.held("ann") == held(world, 10_000 * 600)


def test_what_is_filled_counts(world: World) -> None:
    order_id = a_resting_order(world)
    world.place("ben", "sell", 300, 10_000)
    world.settle()
    world.replace("ann", order_id, 10_050, 500)
    world.settle()
    assert terms(world, order_id) == (10_050, 500, 300)
    assert world.book().book.orders[order_id].remaining == 200


@pytest.mark.parametrize("filled", [1, 500, 999, 1_000])
@pytest.mark.parametrize(
    ("price", "quantity"), [(10_400, 800), (9_500, 1_300), (10_400, 1_300), (9_500, 1_000)]
)
def test_fills_between_promise_and_book_change_nothing_of_what_is_enough(
    world: World, filled: int, price: int, quantity: int
) -> None:
    order_id = a_resting_order(world)
    world.place("ben", "sell", filled, 10_000)  # stands in the queue before it
    world.replace("ann", order_id, price, quantity)
    world.settle()
    assert waits(world, order_id) == ("", 0)
    record = world.record(order_id)
    open_lots = record.remaining if record.is_open else 0
    assert world.held("ann") == held(world, record.price * open_lots)
    refused = world.book().refused.get(command_of(world).id)
    if filled == 1_000:
        assert refused == "order_not_open"
    else:
        assert refused == ("quantity_already_filled" if quantity <= filled else None)


def test_a_replace_of_an_order_that_was_filled_meanwhile_gives_its_own_hold_back(world: World) -> None:
    order_id = a_resting_order(world)
    world.place("ben", "sell", 1_000, 10_000)
    world.replace("ann", order_id, 10_500, 2_000)
    assert waits(world, order_id)[1] > 0
    world.settle()
    assert world.status(order_id) == "filled"
    assert waits(world, order_id) == ("", 0)
    assert world.held("ann") == {}


def test_a_replace_of_an_order_that_was_canceled_before_it_gives_its_own_hold_back(world: World) -> None:
    order_id = a_resting_order(world)
    world.cancel("ann", order_id)
    world.replace("ann", order_id, 10_500)
    world.settle()
    assert world.status(order_id) == "canceled"
    assert (waits(world, order_id), world.held("ann")) == (("", 0), {})


def test_two_events_of_one_order_in_one_step_are_one_write(world: World) -> None:
    """Filled, canceled and refused: the order's record is touched once."""
    order_id = a_resting_order(world)
    world.place("ben", "sell", 300, 10_000)
    world.cancel("ann", order_id)
    world.replace("ann", order_id, 10_500)
    world.deliver()
    assert kinds(world.journal())[-3:] == ["OrderFilled", "OrderCanceled", "ReplaceRefused"]
    assert world.record(order_id).filled == 300


# --- amid other things ---------------------------------------------------------------------------


def replaced_into_a_sweep(world: World) -> OrderId:
    """An order that is replaced to cross more makers than a step has room for."""
    rest_makers(world)
    order_id = world.place("ann", "buy", COUNT * LOTS + 5, PRICE - 100)
    world.settle()
    world.replace("ann", order_id, PRICE + COUNT - 1)
    return order_id


def test_a_replaced_order_that_crosses_more_than_a_step_holds_is_cut_and_goes_on(world: World) -> None:
    order_id = replaced_into_a_sweep(world)
    command = command_of(world)
    world.settle()
    assert len(fills(world)) == COUNT
    assert world.book().book.orders[order_id].remaining == 5
    assert waits(world, order_id) == ("", 0)
    done = [each for entry in world.journal() for each in entry.done]
    assert done.count(command.id) == 1
    assert len(set(done)) == len(done)


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_process_that_dies_amid_it_changes_nothing_in_the_end(
    world: World, step: int, landed: bool
) -> None:
    order_id = replaced_into_a_sweep(world)
    world.store.faults.crash(when=nth(step, is_step), landed=landed)
    with pytest.raises(Crash):
        world.deliver()
    world.restart()
    world.queue.letters[KTA.id][0].visible_ms = 0
    world.settle()
    assert len(fills(world)) == COUNT
    assert (world.status(order_id), world.record(order_id).filled) == ("partially_filled", COUNT * LOTS)


def test_a_halted_market_refuses_a_replace_and_gives_its_hold_back(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_500)
    world.run(halt(world))
    world.settle()
    assert world.book().refused[command_of(world).id] == "market_halted"
    assert world.held("ann") == held(world, 10_000 * 1_000)
    world.run(resume(world))
    world.replace("ann", order_id, 10_500)
    world.settle()
    assert terms(world, order_id) == (10_500, 1_000, 0)


def test_a_replace_that_the_store_refuses_is_given_up_and_its_hold_goes_back(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_500, 2_000)
    plan = touches(schema.order(UserId("ann"), order_id))
    world.store.faults.refuse(when=plan, times=4)
    assert world.deliver() == []
    assert world.notebook.alarmed == ["poison_command"]
    assert terms(world, order_id) == (10_000, 1_000, 0)
    assert (waits(world, order_id), world.held("ann")) == (("", 0), held(world, 10_000 * 1_000))


def test_a_replace_survives_a_snapshot_between_promise_and_book(world: World) -> None:
    order_id = a_resting_order(world)
    world.replace("ann", order_id, 10_500)
    world.fold()
    world.restart()
    world.settle()
    assert terms(world, order_id) == (10_500, 1_000, 0)


def test_a_replace_that_is_too_dear_is_refused_before_anything_is_promised(world: World) -> None:
    order_id = a_resting_order(world)
    with pytest.raises(InsufficientFunds):
        world.replace("ann", order_id, 14_000, 10**9)
    assert waits(world, order_id) == ("", 0)


def test_a_cancel_of_an_unseen_order_leaves_a_replace_of_it_to_be_refused(world: World) -> None:
    """Neither the place nor the replace reached the book; one is canceled, the other refused."""
    world.queue.lose()
    order_id = world.place("ann", "buy", 1_000, 10_000)
    world.replace("ann", order_id, 10_500)
    replace = command_of(world)
    world.run(replace, world.cancel_command(order_id, "ann"))
    assert kinds(world.journal()) == ["ReplaceRefused", "OrderCanceled"]
    assert (world.status(order_id), world.held("ann")) == ("canceled", {})
    world.settle()
