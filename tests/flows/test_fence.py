"""What happens when two matchers work on one market, or one works with an old book?"""

from functools import partial

import pytest

from chalicelib.flows import schema
from chalicelib.flows.book.replica import UNCHECKED_MS_MAX
from chalicelib.flows.plan import Delete
from chalicelib.flows.records.commands import CancelOrder, Command, Unreadable
from chalicelib.ids import CommandId, OrderId, UserId

from .faults import ALWAYS, is_step
from .world import KTA, House, World, kinds


@pytest.fixture
def rival(world: World) -> House:
    world.fund("ann", "ben", "cid")
    return world.new_process()


def cancel_of(world: World, order_id: OrderId) -> CancelOrder:
    user = UserId(world.record(order_id).user)
    return world.cancel_command(order_id, user)


def a_day(world: World, orders: int = 12) -> list[Command]:
    """Makers at rising prices, takers that cross them, and a cancel now and then."""
    commands: list[Command] = []
    for number in range(orders):
        maker = world.place("ann", "sell", 100, 10_000 + number)
        taker = world.place("ben", "buy", 60, 10_000 + number)
        commands += [world.place_command(maker), world.place_command(taker)]
        if number % 3 == 0:
            commands.append(cancel_of(world, maker))
    return commands


def trades(world: World) -> list[tuple[str, str, int]]:
    return [(fill.maker_id, fill.taker_id, fill.quantity) for fill in world.fills()]


def trades_of_one_matcher() -> list[tuple[str, str, int]]:
    world = World()
    world.fund("ann", "ben", "cid")
    world.run(*a_day(world))
    return trades(world)


def test_two_matchers_that_take_turns_make_the_trades_of_one(world: World, rival: House) -> None:
    for number, command in enumerate(a_day(world)):
        assert world.run(command, house=(world.house, rival)[number % 2]).fault is None
    assert trades(world) == trades_of_one_matcher()


def test_two_matchers_given_the_same_batch_one_after_the_other_do_it_once(world: World, rival: House) -> None:
    commands = a_day(world)
    world.run(*commands)
    assert world.run(*commands, house=rival).fault is None
    assert trades(world) == trades_of_one_matcher()


def test_a_matcher_that_loses_every_race_against_the_same_commands_finds_them_done(
    world: World, rival: House
) -> None:
    """Just before each of its commits the rival commits the same command."""
    commands = a_day(world)
    for command in commands:
        world.store.faults.before(partial(world.run, command, house=rival), when=is_step)
        assert world.run(command).fault is None
        world.store.faults.clear()
    assert trades(world) == trades_of_one_matcher()
    assert world.store.faults.struck == len(world.journal())


def test_a_matcher_that_loses_every_race_against_other_commands_gets_through_all_the_same(
    world: World, rival: House
) -> None:
    commands = a_day(world)
    others = iter([world.place_command(world.place("cid", "buy", 10, 5_000 + n)) for n in range(60)])
    world.store.faults.before(lambda: world.run(next(others), house=rival), when=is_step, times=15)
    assert world.run(*commands).fault is None
    assert world.store.faults.struck == 15
    assert trades(world) == trades_of_one_matcher()


def test_a_matcher_that_never_wins_gives_its_messages_back_in_the_end(world: World, rival: House) -> None:
    others = iter([world.place_command(world.place("cid", "buy", 10, 5_000 + n)) for n in range(60)])
    order_id = world.place("ann", "sell", 100, 10_000)
    world.store.faults.before(lambda: world.run(next(others), house=rival), when=is_step, times=ALWAYS)
    outcome = world.run(world.place_command(order_id))
    assert outcome.done == 0
    assert outcome.fault is not None
    assert world.store.faults.struck < 40
    world.store.faults.clear()
    assert world.run(world.place_command(order_id)).fault is None
    assert world.status(order_id) == "resting"


def test_the_journal_has_no_gap_and_no_entry_is_ever_written_twice(world: World, rival: House) -> None:
    for number, command in enumerate(a_day(world)):
        world.run(command, house=(world.house, rival)[number % 2])
    written = [write.key for plan in world.store.plans for write in plan if "J#" in write.key.sk]
    assert len(set(written)) == len(written)
    assert [entry.seq for entry in world.journal()] == list(range(1, len(written) + 1))


# --- corner 1: a batch that writes nothing -----------------------------------------------------


def test_a_stale_book_does_not_acknowledge_a_cancel_of_an_order_it_has_not_seen(
    world: World, rival: House
) -> None:
    world.run(Unreadable(CommandId("m-1"), "warms the book up"))
    order_id = world.place("ann", "sell", 100, 10_000)
    world.run(world.place_command(order_id), house=rival)
    assert world.run(cancel_of(world, order_id)).fault is None
    assert world.status(order_id) == "canceled"


def test_a_stale_book_does_not_acknowledge_a_cancel_of_an_order_that_was_filled_in_part(
    world: World, rival: House
) -> None:
    maker = world.place("ann", "sell", 100, 10_000)
    world.run(Unreadable(CommandId("m-1"), "warms the book up"))
    taker = world.place("ben", "buy", 150, 10_000)
    world.run(world.place_command(maker), world.place_command(taker), house=rival)
    assert world.run(cancel_of(world, taker)).fault is None
    assert (world.status(maker), world.status(taker)) == ("filled", "canceled")
    assert world.held("ben") == {}


def test_a_batch_that_writes_nothing_looks_whether_its_book_is_current_and_costs_one_read(
    world: World, rival: House
) -> None:
    order_id = world.place("ann", "sell", 100, 10_000)
    place = world.place_command(order_id)
    world.run(place)
    reads: list[object] = []
    world.store.read_faults.before(lambda: reads.append(1), times=ALWAYS)
    plans = len(world.store.plans)
    world.run(place, place, place)
    assert len(reads) == 1
    assert len(world.store.plans) == plans


# --- corner 2: a warm book that was not checked for long ---------------------------------------


def prune_journal(world: World) -> None:
    """What a snapshot holds is not kept in the journal for ever."""
    for entry in world.journal():
        world.store.commit((Delete(schema.journal_entry(KTA.id, entry.seq)),))


def a_warm_book_whose_next_number_was_pruned(world: World) -> tuple[World, OrderId]:
    world.fund("ann", "ben")
    world.run(Unreadable(CommandId("m-1"), "warms the book up"))
    rival = world.new_process()
    order_id = world.place("ann", "sell", 100, 10_000)
    world.run(world.place_command(order_id), house=rival)
    world.fold()
    prune_journal(world)
    return world, order_id


def test_a_warm_book_unchecked_for_minutes_can_not_land_on_a_pruned_number(broken_world: World) -> None:
    world, maker = a_warm_book_whose_next_number_was_pruned(broken_world)
    world.timer.advance(UNCHECKED_MS_MAX + 1)
    taker = world.place("ben", "buy", 100, 10_000)
    world.run(world.place_command(taker))
    assert [entry.seq for entry in world.journal()] == [3]
    assert (world.status(maker), world.status(taker)) == ("filled", "filled")


def test_a_warm_book_unchecked_for_minutes_does_not_acknowledge_what_it_did_not_know(
    broken_world: World,
) -> None:
    world, order_id = a_warm_book_whose_next_number_was_pruned(broken_world)
    world.timer.advance(UNCHECKED_MS_MAX + 1)
    world.run(cancel_of(world, order_id))
    assert world.status(order_id) == "canceled"


def test_what_the_two_above_rest_on_a_trusted_old_book_would_land_on_the_pruned_number(
    broken_world: World,
) -> None:
    world, _ = a_warm_book_whose_next_number_was_pruned(broken_world)
    taker = world.place("ben", "buy", 100, 10_000)
    world.run(world.place_command(taker))
    assert [entry.seq for entry in world.journal()] == [2]


def test_a_reader_unchecked_for_minutes_loads_its_book_anew(broken_world: World) -> None:
    """Its next number was pruned: it would believe for ever that nothing has happened."""
    world, order_id = a_warm_book_whose_next_number_was_pruned(broken_world)
    reader = world.new_process().views[KTA.id]
    with reader.current() as replica:
        assert replica.seq == 2
    world.run(cancel_of(world, order_id), house=world.new_process())
    world.fold()
    prune_journal(world)
    world.timer.advance(UNCHECKED_MS_MAX + 1)
    with reader.current() as replica:
        assert replica.seq == 3
        assert order_id not in replica.book.orders


def test_a_book_that_is_used_stays_warm(world: World, rival: House) -> None:
    """It is validated by every step, so it need not be loaded again."""
    snapshots: list[object] = []
    world.store.read_faults.before(
        lambda: snapshots.append(1), when=lambda key: key == schema.snapshot_pointer(KTA.id), times=ALWAYS
    )
    for n in range(10):
        world.timer.advance(UNCHECKED_MS_MAX - 1_000)
        world.run(Unreadable(CommandId(f"m-{n}"), "a step"))
    assert len(snapshots) == 1
    assert kinds(world.journal()) == []
