"""What happens to a market when book and store contradict each other, or a person stops it?"""

from collections.abc import Callable

import pytest

from chalicelib.errors import MarketClosed
from chalicelib.flows import schema
from chalicelib.flows.book.view import RECENT_MS
from chalicelib.flows.plan import Update
from chalicelib.flows.records.commands import Command, ExpireUnseen, SetMode
from chalicelib.ids import CommandId, OrderId, UserId, expire_command

from .crossing import fills, place_crossing, rest_makers, uncut
from .promised import promised
from .world import KTA, USDX, World, kinds


def contradict(world: World, order_id: OrderId, filled: int = 1) -> None:
    """The record now says something else than the book believes."""
    user = world.record(order_id).user
    world.store.commit((Update(schema.order(user, order_id), set={"filled": filled}),))


def repair(world: World, order_id: OrderId) -> None:
    contradict(world, order_id, 0)


def halt(world: World, number: int = 1) -> Command:
    return SetMode(CommandId(f"halt-{number}"), "halted", "maintenance", world.timer.now_ms() + 60_000)


def resume(world: World, number: int = 1) -> Command:
    return SetMode(CommandId(f"resume-{number}"), "open", "checked", world.timer.now_ms() + 60_000)


def halt_for_all(world: World) -> None:
    """Intake may believe for a second what it saw last; the matcher knows at once."""
    world.run(halt(world))
    world.timer.advance(RECENT_MS)


def cancel_of(world: World, order_id: OrderId) -> Command:
    return world.cancel_command(order_id, world.record(order_id).user)


def a_contradicted_maker(world: World) -> OrderId:
    world.fund("ann", "ben")
    maker = world.place("ann", "sell", 100, 10_000)
    world.settle()
    contradict(world, maker)
    return maker


def test_a_maker_that_contradicts_the_book_halts_the_market_and_nothing_is_traded(world: World) -> None:
    maker = a_contradicted_maker(world)
    taker = world.place("ben", "buy", 100, 10_000)
    world.settle()
    assert world.book().book.halted is not None
    assert world.notebook.alarmed == ["market_halted"]
    assert fills(world) == []
    assert (world.status(taker), world.record(taker).reason) == ("rejected", "market_halted")
    assert world.held("ben") == {}
    repair(world, maker)


def test_a_canceled_order_that_contradicts_the_book_halts_the_market(world: World) -> None:
    maker = a_contradicted_maker(world)
    world.run(cancel_of(world, maker))
    assert world.book().book.halted is not None
    repair(world, maker)
    assert world.status(maker) == "resting"


def test_a_maker_whose_record_has_ended_halts_the_market(world: World) -> None:
    world.fund("ann", "ben")
    maker = world.place("ann", "sell", 100, 10_000)
    world.settle()
    record = schema.order(UserId("ann"), maker)
    world.store.commit((Update(record, set={"status": "canceled"}),))
    world.place("ben", "buy", 100, 10_000)
    world.settle()
    assert world.book().book.halted is not None
    assert fills(world) == []
    world.store.commit((Update(record, set={"status": "pending"}),))


def test_an_open_order_that_the_book_should_hold_and_does_not_halts_the_market(world: World) -> None:
    world.fund("ann")
    world.queue.lose()
    order_id = world.place("ann", "sell", 100, 10_000)
    user = UserId("ann")
    world.store.commit((Update(schema.order(user, order_id), set={"status": "partially_filled"}),))
    world.run(cancel_of(world, order_id))
    assert world.book().book.halted is not None
    world.store.commit((Update(schema.order(user, order_id), set={"status": "pending"}),))


def test_a_contradiction_of_a_stale_book_halts_nothing(world: World) -> None:
    """Not the store is wrong but the book: it follows the journal."""
    world.fund("ann", "ben")
    maker = world.place("ann", "sell", 100, 10_000)
    world.settle()
    rival = world.new_process()
    first, second = (world.place("ben", "buy", 60, 10_000) for _ in range(2))
    world.run(world.place_command(first), house=rival)
    world.run(world.place_command(second))
    assert world.notebook.alarmed == []
    assert world.status(maker) == "filled"
    assert [fill[3] for fill in fills(world)] == [60, 40]


def test_orders_queued_behind_a_halt_are_rejected_and_their_holds_go_back(world: World) -> None:
    maker = a_contradicted_maker(world)
    orders = [world.place("ben", "buy", 10, 10_000 - n) for n in range(12)]
    world.settle()
    assert {world.record(order_id).reason for order_id in orders} == {"market_halted"}
    assert world.held("ben") == {}
    assert world.queue.waiting(KTA.id) == 0
    repair(world, maker)


def test_a_halted_market_takes_no_order_and_no_cancel(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    world.settle()
    halt_for_all(world)
    with pytest.raises(MarketClosed):
        world.place("ann", "sell", 100, 10_000)
    with pytest.raises(MarketClosed):
        world.cancel("ann", order_id)
    assert len(world.records()) == 1


def test_an_order_that_intake_took_before_it_knew_of_the_halt_is_rejected(world: World) -> None:
    world.fund("ann")
    world.place("ann", "sell", 100, 10_000)
    world.settle()
    world.run(halt(world))
    order_id = world.place("ann", "sell", 100, 10_000)
    world.settle()
    assert (world.status(order_id), world.record(order_id).reason) == ("rejected", "market_halted")


def test_the_same_request_again_is_answered_even_in_a_halted_market(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000, client_id="one")
    world.settle()
    halt_for_all(world)
    assert world.place("ann", "sell", 100, 10_000, client_id="one") == order_id


def test_a_cancel_that_was_queued_behind_a_halt_is_given_up_and_says_so(world: World) -> None:
    world.fund("ann")
    order_id = world.place("ann", "sell", 100, 10_000)
    world.settle()
    cancel = cancel_of(world, order_id)
    world.run(halt(world), cancel)
    assert world.journal()[-1].failed == ((cancel.id, "market_halted"),)
    assert world.status(order_id) == "resting"


def test_other_markets_go_on(world: World) -> None:
    world.run(halt(world))
    world.fund("ann")
    order_id = world.place("ann", "sell", 500, 10_000, market=USDX)
    world.settle(USDX)
    assert world.status(order_id) == "resting"


def test_a_resumed_market_trades_again(world: World) -> None:
    maker = a_contradicted_maker(world)
    world.place("ben", "buy", 100, 10_000)
    world.settle()
    repair(world, maker)
    world.run(resume(world))
    taker = world.place("ben", "buy", 100, 10_000)
    world.settle()
    assert (world.status(maker), world.status(taker)) == ("filled", "filled")


def test_a_market_that_is_resumed_unrepaired_halts_again(world: World) -> None:
    maker = a_contradicted_maker(world)
    for number in range(2):
        world.place("ben", "buy", 100, 10_000)
        world.settle()
        assert world.book().book.halted is not None
        if number == 0:
            world.run(resume(world))
    assert kinds(world.journal()).count("ModeChanged") == 3
    repair(world, maker)


def test_a_halt_outlives_the_process_and_a_snapshot(world: World) -> None:
    world.run(halt(world))
    world.fold()
    world.restart()
    world.fund("ann")
    with pytest.raises(MarketClosed):
        world.place("ann", "sell", 100, 10_000)


@pytest.mark.parametrize("switch", [halt, resume])
def test_a_switch_that_comes_too_late_switches_nothing(
    world: World, switch: Callable[[World], Command]
) -> None:
    if switch is resume:
        world.run(halt(world, 2))
    before = world.book().book.halted
    command = switch(world)
    world.timer.advance(60_001)
    world.run(command)
    assert world.book().book.halted == before


# --- amid a sweep ------------------------------------------------------------------------------


def a_halt_amid_a_sweep(world: World) -> tuple[list[OrderId], OrderId]:
    """The 40th of 65 makers contradicts the book: the sweep was cut before, and halts there."""
    makers = rest_makers(world)
    contradict(world, makers[40])
    taker = place_crossing(world)
    world.settle()
    assert world.book().book.halted is not None
    assert world.unfinished().order_id == taker
    assert 0 < len(fills(world)) < 40
    return makers, taker


def test_an_unfinished_sweep_survives_a_halt_and_is_finished_after_the_resume(world: World) -> None:
    """Even if nothing else ever comes to this market."""
    makers, taker = a_halt_amid_a_sweep(world)
    world.restart()
    repair(world, makers[40])
    world.run(resume(world))
    assert fills(world) == uncut(makers, taker)
    assert world.status(taker) == "filled"


def test_while_it_is_halted_nothing_of_the_sweep_goes_on(world: World) -> None:
    makers, _ = a_halt_amid_a_sweep(world)
    done = fills(world)
    repair(world, makers[40])
    world.run(cancel_of(world, makers[60]))
    assert fills(world) == done


def test_orders_queued_behind_a_halt_amid_a_sweep_are_rejected_and_the_sweep_is_kept(world: World) -> None:
    makers, taker = a_halt_amid_a_sweep(world)
    repair(world, makers[40])
    world.fund("cid")
    order_id, unseen = (promised(world, "cid") for _ in range(2))
    expire = ExpireUnseen(expire_command(unseen, "1"), unseen, UserId("cid"))
    world.run(world.place_command(order_id), expire)
    assert (world.status(order_id), world.status(unseen)) == ("rejected", "expired")
    assert world.held("cid") == {}
    assert "poison_command" not in world.notebook.alarmed
    assert world.unfinished().order_id == taker
    world.run(resume(world))
    assert fills(world) == uncut(makers, taker)


def test_after_the_resume_the_sweep_goes_before_what_stands_behind_it_in_the_batch(world: World) -> None:
    makers, taker = a_halt_amid_a_sweep(world)
    repair(world, makers[40])
    world.fund("cid")
    order_id = promised(world, "cid")
    entries, alarms = len(world.journal()), len(world.notebook.alarms)
    world.run(resume(world), world.place_command(order_id))
    assert fills(world)[: len(makers)] == uncut(makers, taker)
    assert world.status(order_id) == "resting"
    assert len(world.notebook.alarms) == alarms
    # The resume and a full step of the sweep; its end and the order. Nothing had to be tried alone.
    assert len(world.journal()) == entries + 2


def test_a_cancel_of_the_order_whose_sweep_is_halted_changes_nothing(world: World) -> None:
    makers, taker = a_halt_amid_a_sweep(world)
    repair(world, makers[40])
    world.run(cancel_of(world, taker))
    assert world.status(taker) == "partially_filled"
    world.run(resume(world), cancel_of(world, taker))
    assert fills(world) == uncut(makers, taker)
