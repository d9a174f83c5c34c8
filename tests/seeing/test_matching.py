"""Does a batch tell in figures what it did to its market?"""

import pytest

from chalicelib.errors import StoreUnavailable
from chalicelib.flows.matcher.match import Message
from chalicelib.flows.records.commands import Tick
from chalicelib.flows.upkeep.fold import ORDERS_PER_ENTRY, TAIL_MIN, Lag
from chalicelib.ids import CommandId
from chalicelib.seeing.matching import lag, trail
from tests.flows.faults import ALWAYS, is_step
from tests.flows.world import KTA, World


@pytest.fixture
def world() -> World:
    made = World()
    made.fund("ann", "ben")
    return made


def of_market(world: World) -> dict[str, int]:
    """What was measured of the market, without reasons."""
    return {key[0]: value for key, value in world.figures.sums.items() if key[1:] == (KTA.id,)}


def test_orders_fills_steps_and_items_are_counted(world: World) -> None:
    world.place("ann", "sell", 100, 10_000)
    world.place("ben", "buy", 60, 10_000)
    world.timer.advance(700)
    world.settle()
    seen = of_market(world)
    assert (seen["OrdersAccepted"], seen["Fills"], seen["Batches"], seen["Steps"]) == (2, 1, 1, 1)
    # The journal's entry, two orders, two wallets, two ledger entries.
    assert seen["StepItems"] == 7
    assert seen["QueueAgeMs"] >= 700
    assert (seen["BatchesInterrupted"], seen["FencesLost"]) == (0, 0)


def test_ends_are_counted_by_their_reason(world: World) -> None:
    order = world.place("ann", "sell", 100, 10_000)
    world.place("ben", "buy", 60, 10_000, "postonly")
    world.settle()
    world.cancel("ann", order)
    world.settle()
    assert world.figures.sums["OrdersCanceled", KTA.id, "requested"] == 1
    assert world.figures.sums["OrdersRejected", KTA.id, "post_only_would_cross"] == 1


def test_what_intake_refuses_is_counted_by_its_code(world: World) -> None:
    with pytest.raises(Exception, match="not enough"):
        world.place("nobody", "buy", 100, 10_000)
    assert world.figures.sums["OrdersRefused", KTA.id, "insufficient_funds"] == 1
    assert "OrdersAccepted" not in of_market(world)


def test_a_fence_that_was_lost_is_counted(world: World) -> None:
    world.place("ann", "sell", 100, 10_000)
    world.settle()
    rival = world.new_process()
    world.place("ann", "sell", 100, 10_001)
    world.deliver(house=rival)
    world.place("ann", "sell", 100, 10_002)
    world.deliver()
    assert of_market(world)["FencesLost"] == 1
    assert of_market(world)["StepRetries"] == 1


def test_a_batch_that_goes_back_is_counted(world: World) -> None:
    world.place("ann", "sell", 100, 10_000)
    world.store.faults.fail(lambda: StoreUnavailable("down"), is_step, ALWAYS)
    world.deliver()
    seen = of_market(world)
    assert (seen["BatchesInterrupted"], seen["Steps"]) == (1, 0)
    assert "StepMs" not in seen, "no step, no time of a step"


def test_the_lag_of_a_snapshot_is_told_in_entries_and_in_percent_of_what_is_due(world: World) -> None:
    for number in range(3):
        world.place("ann", "sell", 100, 10_000 + number)
        world.settle()
    told = {each.name: each.value for each in lag(KTA.id, world.house.folder.lag(KTA))}
    assert told == {"SnapshotLagEntries": 3, "SnapshotLagPercent": 100 * 3 // TAIL_MIN}


def test_a_long_book_may_have_a_long_tail() -> None:
    """A million orders: a fold is due at 20,000 entries, so that many are no trouble."""
    assert Lag(10_000, 1_000_000 // ORDERS_PER_ENTRY).percent == 50


def test_requests_are_named_with_the_commands_that_they_became() -> None:
    one, two, three = (Tick(CommandId(f"t-{number}")) for number in range(3))
    messages = [Message("m1", (one, two), "request"), Message("m2", (three,))]
    assert trail(messages) == ["request t-0 t-1", "nobody t-2"]
