"""Is a snapshot the book, whoever folds, and wherever a fold dies?"""

import hashlib

import pytest

from chalicelib.engine.events import OrderRested
from chalicelib.errors import BookCorrupt
from chalicelib.flows import schema
from chalicelib.flows.book.replica import Replica, capture
from chalicelib.flows.plan import Delete, Put
from chalicelib.flows.records import snapshot
from chalicelib.flows.records.snapshot import ROWS_PER_CHUNK, to_chunks
from chalicelib.flows.upkeep import fold
from chalicelib.ids import OrderId, UserId

from .crossing import rest_makers
from .faults import Crash, nth, touches
from .limits import ITEM_BYTES_MAX
from .world import KTA, World


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small book makes many."""
    monkeypatch.setattr(snapshot, "ROWS_PER_CHUNK", 4)


def trade(world: World, count: int = 6) -> None:
    """Some of everything: trades, resting orders, cancels."""
    world.fund("ann", "ben")
    for number in range(count):
        world.place("ann", "sell", 20, 10_000 + number % 3)
        world.place("ben", "buy", 15, 10_000 + number % 2)
        gone = world.place("ben", "buy", 10, 9_000 + number)
        world.cancel("ben", gone)
        world.settle()


def replayed(world: World) -> Replica:
    replica = Replica(KTA)
    for entry in world.journal():
        replica.follow(entry)
    return replica


def all_of(replica: Replica) -> object:
    taken = capture(replica)
    return snapshot.rows_of(taken), taken._replace(orders=[])


def assert_true(world: World) -> None:
    """What a cold start loads is the whole journal."""
    assert all_of(world.book()) == all_of(replayed(world))


def generations(world: World) -> list[int]:
    items = world.store.page(schema.snapshot_chunk(KTA.id, 0, 0), "S#:", 10_000).items
    return sorted({int(str(item["sk"]).split("#")[1]) for item in items})


def pointer(world: World) -> dict[str, int]:
    item = world.store.get(schema.snapshot_pointer(KTA.id))
    assert item is not None
    return {name: int(str(item[name])) for name in ("generation", "seq", "chunks")}


def test_snapshot_and_tail_give_the_book_of_the_whole_journal(world: World) -> None:
    trade(world)
    assert world.fold()
    assert pointer(world)["chunks"] > 3
    assert_true(world)
    trade(world)
    assert_true(world)
    assert world.fold()
    assert_true(world)


def test_a_cold_start_needs_nothing_of_the_journal_before_the_snapshot(broken_world: World) -> None:
    """Only the audit does, which reads the whole story."""
    trade(broken_world)
    broken_world.fold()
    trade(broken_world, 1)
    before = all_of(broken_world.book())
    for entry in broken_world.journal()[: pointer(broken_world)["seq"]]:
        broken_world.store.commit((Delete(schema.journal_entry(KTA.id, entry.seq)),))
    assert all_of(broken_world.book()) == before


def test_nothing_is_folded_while_the_tail_is_short(world: World) -> None:
    trade(world)
    assert not world.house.folder.run(KTA)
    assert generations(world) == []


def test_a_tail_that_is_long_for_its_book_is_folded_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold, "TAIL_MIN", 5)
    trade(world)
    assert world.house.folder.run(KTA)
    assert not world.house.folder.run(KTA)


def test_a_large_book_is_folded_more_rarely(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "TAIL_MIN", 1)
    monkeypatch.setattr(fold, "ORDERS_PER_ENTRY", 5)
    rest_makers(world, count=60)
    assert world.fold()
    trade(world, 2)
    assert len(world.journal()) - pointer(world)["seq"] < 12
    assert not world.house.folder.run(KTA)
    trade(world, 11)
    assert world.house.folder.run(KTA)


def test_where_nothing_happened_nothing_is_folded_even_when_asked(world: World) -> None:
    assert not world.fold()
    trade(world)
    assert world.fold()
    assert not world.fold()


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_fold_that_dies_at_any_write_leaves_a_book_that_loads_and_the_next_fold_heals_it(
    first: bool, landed: bool
) -> None:
    died = 0
    for call in range(1, 100):
        world = World()
        trade(world)
        if not first:
            world.fold()
            trade(world, 2)
            world.fold()
            trade(world, 2)
        world.store.faults.crash(when=nth(call), landed=landed)
        try:
            world.fold()
        except Crash:
            died += 1
        else:
            break
        world.restart()
        assert_true(world)
        world.timer.advance(60_000)
        trade(world, 1)
        assert world.fold()
        assert_true(world)
        assert len(generations(world)) <= 3
        world.timer.advance(60_000)
        trade(world, 1)
        assert world.fold()
        assert len(generations(world)) <= 3
        assert world.audit().differences == []
    assert died > 5


@pytest.mark.parametrize("writes", [1, 3, 5])
def test_of_two_folders_one_wins_and_what_it_points_to_is_whole(world: World, writes: int) -> None:
    trade(world)
    rival = world.new_process()
    won: list[bool] = []

    def race() -> None:
        trade(world, 1)
        won.append(rival.folder.run(KTA, always=True))

    world.store.faults.before(race, when=nth(writes))
    assert not world.fold()
    assert won == [True]
    assert_true(world)
    world.timer.advance(60_000)
    trade(world, 1)
    assert world.fold()
    assert_true(world)


def test_two_generations_are_kept_and_those_before_are_deleted(world: World) -> None:
    turned = []
    for _ in range(4):
        trade(world, 1)
        world.timer.advance(1_000)
        world.fold()
        turned.append(pointer(world)["generation"])
    assert generations(world) == turned[-2:]


def test_whoever_reads_a_snapshot_while_it_is_replaced_still_gets_it_whole(world: World) -> None:
    trade(world)
    world.fold()
    trade(world, 1)

    def replace() -> None:
        world.timer.advance(1_000)
        world.fold()

    reads = nth(1, lambda key: key.sk.startswith("S#"))
    world.store.read_faults.before(replace, when=reads)
    assert all_of(world.book()) == all_of(replayed(world))


def test_whoever_is_so_slow_that_two_folds_pass_by_reads_the_pointer_again(world: World) -> None:
    trade(world)
    world.fold()

    def replace_twice() -> None:
        for _ in range(2):
            trade(world, 1)
            world.timer.advance(1_000)
            world.fold()

    reads = nth(1, lambda key: key.sk.startswith("S#"))
    world.store.read_faults.before(replace_twice, when=reads)
    assert all_of(world.book()) == all_of(replayed(world))


def test_a_snapshot_is_read_in_as_many_pages_as_it_takes(world: World) -> None:
    trade(world, 12)
    world.fold()
    world.store.page_bytes_max = 100
    assert_true(world)


@pytest.mark.parametrize("number", range(4))
def test_a_snapshot_that_lost_a_chunk_is_not_taken_for_a_book(broken_world: World, number: int) -> None:
    """Whether it held the head, orders, or remembered commands."""
    trade(broken_world)
    broken_world.fold()
    chunk = schema.snapshot_chunk(KTA.id, pointer(broken_world)["generation"], number)
    broken_world.store.commit((Delete(chunk),))
    with pytest.raises(BookCorrupt):
        broken_world.book()


def test_a_snapshot_with_rubbish_in_it_is_not_taken_for_a_book(broken_world: World) -> None:
    trade(broken_world)
    broken_world.fold()
    chunk = schema.snapshot_chunk(KTA.id, pointer(broken_world)["generation"], 1)
    broken_world.store.commit((Put(chunk, {"body": b"rubbish"}),))
    with pytest.raises(BookCorrupt):
        broken_world.book()


def test_when_the_answer_to_the_turn_is_lost_the_next_fold_goes_on_from_it(world: World) -> None:
    trade(world)
    world.store.faults.crash(when=touches(schema.snapshot_pointer(KTA.id)), landed=True)
    with pytest.raises(Crash):
        world.fold()
    assert not world.fold()
    trade(world, 1)
    assert world.fold()
    assert_true(world)


def test_the_largest_chunk_fits_into_an_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders whose ids and owners do not compress at all."""
    monkeypatch.setattr(snapshot, "ROWS_PER_CHUNK", ROWS_PER_CHUNK)
    replica = Replica(KTA)
    for n in range(ROWS_PER_CHUNK):
        digest = hashlib.sha256(str(n).encode()).hexdigest()
        order_id, user = OrderId(digest[:26]), UserId(f"keeta_{digest}")
        event = OrderRested(
            n + 1, order_id, user, "sell", 2**52 + n, 2**52 + n, 2**51 + n, 2**42 + n, 999_999 - n
        )
        replica.book.apply(event)
    sizes = [len(chunk) for chunk in to_chunks(capture(replica))]
    assert max(sizes) < 0.9 * ITEM_BYTES_MAX


def test_a_chunk_that_the_client_wrote_twice_since_its_answer_was_lost_is_no_failure(world: World) -> None:
    world.fund("ann")
    world.place("ann", "buy", 10, 9_000)
    world.settle()
    world.store.faults.add(world.store.commit)
    assert world.fold()
    world.restart()
    assert world.book().seq == 1
