"""What happens to messages while the store is away, or a run ends before its batch does?"""

import socket
import time

import pytest
from boto3.session import Session

from chalicelib import handlers, wiring
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.errors import QueueUnavailable, StoreUnavailable
from chalicelib.flows import schema
from chalicelib.flows.plan import Put
from chalicelib.ids import OrderId, UserId
from chalicelib.wiring import CALL_MS_MAX
from infra.resources import MATCHER_SECONDS

from .crossing import fills, place_crossing, rest_makers, uncut
from .faults import ALWAYS, Crash, is_step, nth
from .world import KTA, MATCHER_MS, World


def a_batch(world: World, orders: int = 5) -> list[OrderId]:
    world.fund("ann")
    return [world.place("ann", "sell", 10, 10_000 + n) for n in range(orders)]


def ids_of(world: World) -> list[str]:
    return [letter.id for letter in world.queue.letters[KTA.id]]


@pytest.mark.parametrize("landed", [False, True])
def test_when_the_store_does_not_answer_every_message_stays_and_is_done_once_later(
    world: World, landed: bool
) -> None:
    orders = a_batch(world)
    letters = ids_of(world)
    world.store.faults.fail(when=is_step, landed=landed)
    assert world.deliver() == letters
    assert ids_of(world) == letters
    world.settle()
    assert {world.status(order_id) for order_id in orders} == {"resting"}
    assert len(world.journal()) == 1
    assert world.notebook.alarms == []


def test_when_the_store_can_not_be_read_every_message_stays(world: World) -> None:
    a_batch(world)
    letters = ids_of(world)
    world.store.read_faults.fail(times=1)
    assert world.deliver() == letters
    world.settle()


def test_a_store_that_is_away_for_an_hour_dead_letters_nobody(world: World) -> None:
    """And orders that waited so long are late: they end, and their holds go back."""
    orders = a_batch(world)
    world.store.faults.fail(when=is_step, times=ALWAYS)
    hour = world.timer.now_ms() + 3_600_000
    receives = 0
    while world.timer.now_ms() < hour:
        world.timer.advance(world.queue.visible_in_ms(KTA.id))
        assert len(world.deliver()) == len(orders)
        receives += 1
    assert world.queue.dead == []
    assert receives < 100
    assert "poison_command" not in world.notebook.alarmed
    world.store.faults.clear()
    world.settle()
    assert {world.status(order_id) for order_id in orders} == {"expired"}
    assert world.held("ann") == {}


@pytest.mark.parametrize(("step", "left"), [(1, 2), (2, 2), (3, 2), (4, 1)])
def test_a_sweep_that_was_not_finished_is_reported_with_all_behind_it(
    world: World, step: int, left: int
) -> None:
    """Two sweeps of four steps in all; the first message is done when its last fill is."""
    makers = rest_makers(world, count=90)
    first, second = place_crossing(world, 65), place_crossing(world, 90, lots=250)
    letters = ids_of(world)
    world.store.faults.fail(when=nth(step, is_step))
    failed = world.deliver()
    assert failed == letters[2 - left :]
    world.settle()
    assert [fill[:2] for fill in fills(world)] == [
        (maker, first if n < 65 else second) for n, maker in enumerate(makers)
    ]


@pytest.mark.parametrize("gone_ms", [handlers.WORK_MS + 1, MATCHER_MS])
def test_a_run_that_is_out_of_time_reports_the_rest(world: World, gone_ms: int) -> None:
    makers = rest_makers(world)
    taker = place_crossing(world)
    letters = ids_of(world)
    world.store.faults.before(lambda: world.timer.advance(gone_ms), when=is_step)
    assert world.deliver() == letters
    assert 0 < len(fills(world)) < len(makers)
    world.settle()
    assert fills(world) == uncut(makers, taker)


def test_what_is_left_comes_again_soon_and_not_after_the_whole_visibility_timeout(world: World) -> None:
    a_batch(world)
    world.store.faults.fail(when=is_step)
    world.deliver()
    assert world.queue.visible_in_ms(KTA.id) <= 1_000
    world.settle()


def test_messages_that_can_not_be_hastened_come_again_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_batch(world)
    letters = ids_of(world)

    def away(*_: object, **__: object) -> None:
        raise QueueUnavailable("no answer")

    monkeypatch.setattr(world.queue, "retry_soon", away)
    world.store.faults.fail(when=is_step)
    assert world.deliver() == letters
    assert world.queue.visible_in_ms(KTA.id) > 10_000
    world.settle()


def test_while_a_batch_is_in_flight_nothing_behind_it_is_handed_out(world: World) -> None:
    a_batch(world, orders=12)
    assert len(world.queue.receive(KTA.id)) == 10
    assert world.queue.receive(KTA.id) == []
    world.timer.advance(31_000)
    world.settle()


def test_a_process_that_dies_in_the_middle_of_a_batch_loses_nothing(world: World) -> None:
    orders = a_batch(world, orders=10)
    world.store.faults.crash(when=is_step, landed=True)
    with pytest.raises(Crash):
        world.deliver()
    world.restart()
    world.settle()
    assert {world.status(order_id) for order_id in orders} == {"resting"}
    assert len(world.journal()) == 1


def test_a_journal_that_can_not_be_read_keeps_the_messages_and_raises_an_alarm(world: World) -> None:
    a_batch(world)
    world.settle()
    key = schema.journal_entry(KTA.id, 1)
    entry = world.item(key)
    world.store.commit((Put(key, {"body": b"rubbish"}),))
    world.queue.put(KTA.id, '[["cancel","c-1","no-such-order","ann",1]]')
    letters = ids_of(world)
    world.restart()
    assert world.deliver() == letters
    assert world.notebook.alarmed == ["journal_unreadable"]
    world.store.commit((Put(key, {"body": entry["body"]}),))
    world.settle()


def test_a_warm_book_that_does_not_fit_its_journal_is_loaded_anew(world: World) -> None:
    """Whatever spoiled it: the store tells the whole story."""
    a_batch(world)
    world.settle()
    warm = world.matcher()._steps.warm.loaded
    assert warm is not None
    warm.book.next_seq += 1
    world.matcher()._steps.unsure = True
    rival = world.new_process()
    orders = [world.place("ann", "sell", 10, 11_000) for _ in range(2)]
    world.run(world.place_command(orders[0]), house=rival)
    world.settle()
    assert {world.status(order_id) for order_id in orders} == {"resting"}


def test_anything_unforeseen_is_an_alarm_and_keeps_the_messages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_batch(world)
    letters = ids_of(world)
    monkeypatch.setattr(world.matcher(), "_work_off", lambda *_: 1 / 0)
    assert world.deliver() == letters
    assert world.notebook.alarmed == ["matcher_failed"]
    monkeypatch.undo()
    world.settle()


def test_the_reserve_of_time_is_enough_for_two_calls_that_hang() -> None:
    """One in the step, one when what is left is told; and something remains to work in."""
    assert 2 * CALL_MS_MAX <= handlers.RESERVE_MS
    assert 3_000 <= handlers.WORK_MS <= 1000 * MATCHER_SECONDS - handlers.RESERVE_MS


def test_a_call_that_hangs_takes_no_longer_than_we_think() -> None:
    """Against a socket that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        session = Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
        client = session.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}", config=wiring._AWS)
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            DynamoStore(client, "any").get(schema.gate(UserId("anybody")))
    assert 1000 * (time.monotonic() - started) < CALL_MS_MAX + 1_000
