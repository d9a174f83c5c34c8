"""Can somebody whose wallet is written without pause hold a market up?"""

import pytest

from chalicelib import handlers
from chalicelib.errors import DuplicateId, RateLimited
from chalicelib.flows import schema
from chalicelib.flows.commit import COMMIT_TRIES_MAX
from chalicelib.flows.gate import CLOSED_MS
from chalicelib.flows.matcher.match import SETBACKS_MAX
from chalicelib.ids import UserId

from .crossing import MAKERS, fills, place_crossing, rest_makers, uncut
from .faults import ALWAYS, is_step
from .world import KTA, World, kinds

BUSY = UserId("busy")


def gates(world: World) -> set[str]:
    return {write.key.pk for plan in world.store.plans for write in plan if write.key.sk == "GATE"}


def contend(world: World, user: str, times: int) -> None:
    """Somebody else writes this wallet whenever the matcher does."""
    world.store.faults.contend(schema.wallet(user), times=times, when=is_step)


def two_makers(world: World) -> None:
    """First calm's, then busy's, at a worse price."""
    world.fund("calm", BUSY, "ann")
    world.place("calm", "sell", 10, 10_000)
    world.place(BUSY, "sell", 10, 10_001)
    world.settle()


def test_a_contended_step_is_tried_again_and_nobody_is_gated(world: World) -> None:
    two_makers(world)
    contend(world, BUSY, 3)
    taker = world.place("ann", "buy", 20, 10_001)
    assert world.deliver() == []
    assert world.status(taker) == "filled"
    assert gates(world) == set()


def test_between_two_tries_it_waits_longer_each_time(world: World) -> None:
    two_makers(world)
    world.timer.paused.clear()
    contend(world, BUSY, COMMIT_TRIES_MAX - 1)
    world.place("ann", "buy", 20, 10_001)
    world.deliver()
    assert world.timer.paused == sorted(set(world.timer.paused))
    assert len(world.timer.paused) == COMMIT_TRIES_MAX - 1


def test_a_wallet_that_stays_contended_is_gated_and_the_sweep_cut_before_its_maker(world: World) -> None:
    two_makers(world)
    contend(world, BUSY, ALWAYS)
    taker = world.place("ann", "buy", 20, 10_001)
    assert world.deliver() != []
    assert gates(world) == {BUSY}
    assert [fill[2] for fill in fills(world)] == [10_000]
    assert kinds(world.journal())[-1] == "OrderContinues"
    assert world.status(taker) == "partially_filled"
    world.store.faults.clear()
    world.settle()
    assert world.status(taker) == "filled"


def test_orders_before_the_contended_one_are_served(world: World) -> None:
    two_makers(world)
    contend(world, BUSY, ALWAYS)
    first = world.place("ann", "buy", 5, 10_000)
    world.place("ann", "buy", 15, 10_001)
    failed = world.deliver()
    assert len(failed) == 1
    assert world.status(first) == "filled"
    world.store.faults.clear()
    world.settle()


def test_a_maker_that_is_contended_for_a_while_is_tried_again_and_not_only_avoided(world: World) -> None:
    two_makers(world)
    contend(world, "calm", 2 * COMMIT_TRIES_MAX + 1)
    taker = world.place("ann", "buy", 20, 10_001)
    assert world.deliver() == []
    assert world.status(taker) == "filled"


def test_a_closed_gate_refuses_its_owner_only_and_only_for_a_moment(world: World) -> None:
    two_makers(world)
    contend(world, BUSY, COMMIT_TRIES_MAX)
    world.place("ann", "buy", 20, 10_001)
    world.deliver()
    with pytest.raises(RateLimited) as refused:
        world.place(BUSY, "sell", 10, 10_000)
    assert refused.value.code == "wallet_busy"
    world.place("calm", "sell", 10, 10_000)
    world.timer.advance(CLOSED_MS)
    world.place(BUSY, "sell", 10, 10_000)


def test_a_gate_does_not_hide_an_order_that_is_already_there(world: World) -> None:
    two_makers(world)
    order_id = world.place(BUSY, "sell", 1, 10_500, client_id="one")
    world.settle()
    contend(world, BUSY, COMMIT_TRIES_MAX)
    world.place("ann", "buy", 20, 10_001)
    world.deliver()
    assert world.place(BUSY, "sell", 1, 10_500, client_id="one") == order_id


def test_a_wallet_that_others_write_does_not_hide_an_order_that_is_already_there(world: World) -> None:
    world.fund(BUSY)
    order_id = world.place(BUSY, "sell", 1, 10_500, client_id="one")
    wallet = schema.wallet(BUSY)
    world.store.faults.contend(wallet, times=COMMIT_TRIES_MAX)
    assert world.place(BUSY, "sell", 1, 10_500, client_id="one") == order_id
    world.store.faults.contend(wallet, times=COMMIT_TRIES_MAX)
    with pytest.raises(DuplicateId):
        world.place(BUSY, "sell", 2, 10_500, client_id="one")


def test_an_owner_who_writes_without_pause_is_quiet_once_his_gate_is_closed(world: World) -> None:
    """As in life: his next orders are what contends, and intake refuses them from then on."""
    two_makers(world)
    refused = 0

    def next_order() -> None:
        nonlocal refused
        try:
            world.place(BUSY, "sell", 1, 14_000)
        except RateLimited:
            refused += 1
            world.store.faults.clear()  # nobody writes the wallet any more

    world.store.faults.contend(schema.wallet(BUSY), times=ALWAYS, when=is_step)
    world.timer.meanwhile = next_order
    taker = world.place("ann", "buy", 20, 10_001)
    assert world.deliver() == []
    world.timer.meanwhile = None
    assert refused > 0
    assert world.status(taker) == "filled"
    world.settle()


def test_contention_without_end_is_given_back_to_the_queue_after_a_bounded_time(world: World) -> None:
    two_makers(world)
    contend(world, "ann", ALWAYS)
    world.timer.paused.clear()
    taker = world.place("ann", "buy", 20, 10_001)
    before_ms = world.timer.at_ms
    assert len(world.deliver()) == 1
    assert world.store.faults.struck <= SETBACKS_MAX * COMMIT_TRIES_MAX
    assert world.timer.at_ms - before_ms < handlers.WORK_MS
    world.store.faults.clear()
    world.settle()
    assert world.status(taker) == "filled"


def test_contention_on_the_journal_gates_nobody(world: World) -> None:
    """It is another matcher's transaction, and not a user's."""
    two_makers(world)
    seq = world.journal()[-1].seq + 1
    world.store.faults.contend(schema.journal_entry(KTA.id, seq), times=COMMIT_TRIES_MAX + 1)
    taker = world.place("ann", "buy", 20, 10_001)
    assert world.deliver() == []
    assert gates(world) == set()
    assert world.status(taker) == "filled"


def test_a_gate_that_can_not_be_closed_stops_nothing(world: World) -> None:
    two_makers(world)
    contend(world, BUSY, COMMIT_TRIES_MAX)
    world.store.faults.contend(schema.gate(BUSY), times=1)
    taker = world.place("ann", "buy", 20, 10_001)
    world.settle()
    assert world.status(taker) == "filled"


def test_a_long_sweep_over_makers_that_are_contended_in_turn_is_the_uncut_sweep(world: World) -> None:
    makers = rest_makers(world)
    for user in MAKERS:
        contend(world, user, COMMIT_TRIES_MAX)
    taker = place_crossing(world)
    world.settle()
    assert fills(world) == uncut(makers, taker)
    assert gates(world) == set(MAKERS)
