"""Does the sweeper find every order that was promised and lost, and leave all others alone?"""

import pytest

from chalicelib.errors import StoreUnavailable
from chalicelib.flows import schema
from chalicelib.flows.records.commands import ExpireUnseen, SetMode
from chalicelib.flows.upkeep.sweep import (
    FIRST_LOOK_BACK_MINUTES,
    FRESH_MINUTES,
    GRACE_MINUTES,
    PAGE,
    RESEND_MS,
)
from chalicelib.ids import CommandId, OrderId

from .faults import ALWAYS, nth
from .world import KTA, SCHEDULED_MS, USDX, World

MINUTE_MS = 60_000
GRACE_MS = (GRACE_MINUTES + 1) * MINUTE_MS


@pytest.fixture(autouse=True)
def rich(world: World) -> None:
    world.fund("ann", "ben")
    world.sweep()  # from now on there is a cursor


def lose_order(world: World, price: int = 9_000) -> OrderId:
    world.queue.lose()
    return world.place("ann", "buy", 100, price)


def cursor(world: World) -> int:
    return int(str(world.item(schema.sweep_cursor(KTA.id))["minute"]))


def expires(world: World) -> list[ExpireUnseen]:
    return [command for _, command in world.queue.sent if isinstance(command, ExpireUnseen)]


def test_an_order_that_may_still_be_on_its_way_is_left_alone(world: World) -> None:
    lose_order(world)
    world.timer.advance(GRACE_MINUTES * MINUTE_MS - MINUTE_MS // 2 - 2)
    assert world.sweep().orders == 0
    world.timer.advance(MINUTE_MS)
    assert world.sweep().expired == 1


def test_the_grace_is_longer_than_any_order_is_accepted(world: World) -> None:
    order_id = world.place("ann", "buy", 100, 9_000)
    assert world.record(order_id).accept_until_ms - world.timer.now_ms() < GRACE_MINUTES * MINUTE_MS


def test_orders_that_reached_their_book_are_settled_whatever_became_of_them(world: World) -> None:
    resting = world.place("ann", "sell", 100, 12_000)
    canceled = world.place("ann", "sell", 100, 11_000)
    world.place("ben", "sell", 100, 10_000)
    filled = world.place("ann", "buy", 100, 10_000)
    world.cancel("ann", canceled)
    world.settle()
    world.timer.advance(GRACE_MS)
    report = world.sweep()
    assert (report.orders, report.expired) == (4, 0)
    assert expires(world) == []
    assert [world.status(each) for each in (resting, canceled, filled)] == ["resting", "canceled", "filled"]


def test_old_orders_are_settled_though_the_book_has_forgotten_how_they_came_to_it(world: World) -> None:
    world.place("ben", "sell", 100, 12_000)
    world.place("ben", "sell", 100, 10_000)
    world.place("ann", "buy", 100, 10_000)
    world.settle()
    world.timer.advance(40 * MINUTE_MS)
    later = world.place("ann", "buy", 100, 10_000)
    world.settle()
    assert world.place_command(later).id in world.book().done
    assert len(world.book().done) == 1
    assert world.sweep().expired == 0


def test_a_minute_is_not_left_behind_before_all_of_it_is_settled(world: World) -> None:
    lost = lose_order(world)
    minute = world.record(lost).created_ms // MINUTE_MS
    world.timer.advance(GRACE_MS + 3 * MINUTE_MS)
    world.sweep()
    assert cursor(world) == minute - 1
    world.settle()
    world.sweep()
    assert cursor(world) == world.timer.now_ms() // MINUTE_MS - GRACE_MINUTES


def test_an_expire_that_the_queue_took_and_lost_is_sent_again_later(world: World) -> None:
    lost = lose_order(world)
    world.timer.advance(GRACE_MS)
    world.sweep()
    world.queue.letters[KTA.id].clear()
    world.timer.advance(RESEND_MS)
    world.sweep()
    world.settle()
    assert world.status(lost) == "expired"


@pytest.mark.parametrize("landed", [False, True])
def test_an_expire_that_may_have_been_lost_is_sent_again_but_never_waits_twice(
    world: World, landed: bool
) -> None:
    lost = lose_order(world)
    world.timer.advance(GRACE_MS)
    world.queue.lose(landed=landed)
    world.sweep()
    world.timer.advance(MINUTE_MS)
    world.sweep()
    assert world.queue.waiting(KTA.id) == 1
    world.settle()
    assert world.status(lost) == "expired"


def test_when_the_queue_is_away_the_round_ends_and_the_next_one_finds_the_rest(world: World) -> None:
    lost = [lose_order(world, 9_000 + n) for n in range(4)]
    world.timer.advance(GRACE_MS)
    world.queue.lose(times=ALWAYS)
    assert world.sweep().expired == 4
    world.queue.faults.clear()
    world.timer.advance(MINUTE_MS)
    world.sweep()
    world.settle()
    assert {world.status(order_id) for order_id in lost} == {"expired"}


def test_a_round_that_dies_is_done_again_by_the_next(world: World) -> None:
    lost = lose_order(world)
    world.timer.advance(GRACE_MS)
    world.store.faults.fail()
    with pytest.raises(StoreUnavailable):
        world.sweep()
    world.sweep()
    world.settle()
    assert world.status(lost) == "expired"


def test_more_orders_of_a_minute_than_a_page_are_all_seen(world: World) -> None:
    lost = [lose_order(world, 5_000 + n) for n in range(PAGE + 20)]
    world.timer.advance(GRACE_MS)
    report = world.sweep()
    assert (report.orders, report.expired) == (len(lost), len(lost))
    world.settle()
    assert world.held("ann") == {}


def test_the_newest_minutes_come_first_however_long_the_backlog_is(world: World) -> None:
    """The sweeper was away for a day; whoever waits now does not wait for yesterday."""
    world.timer.advance(24 * 60 * MINUTE_MS)
    lost = lose_order(world)
    world.timer.advance(GRACE_MS)
    next_after_the_fresh = nth(
        FRESH_MINUTES * schema.MINUTE_PARTS + 1, lambda key: key.pk.startswith(f"{KTA.id}#")
    )
    world.store.read_faults.before(lambda: world.timer.advance(SCHEDULED_MS + 1), next_after_the_fresh)
    assert world.sweep().minutes == FRESH_MINUTES + 1
    world.store.read_faults.clear()
    world.settle()
    assert world.status(lost) == "expired"


def test_a_round_that_runs_out_of_time_keeps_what_it_has_done(world: World) -> None:
    before = cursor(world)
    world.timer.advance(24 * 60 * MINUTE_MS)
    world.store.read_faults.before(lambda: world.timer.advance(1), times=ALWAYS)
    world.house.sweeper.run(world.house.views[KTA.id], world.timer.now_ms() + 100)
    first = cursor(world)
    world.house.sweeper.run(world.house.views[KTA.id], world.timer.now_ms() + 100)
    world.store.read_faults.clear()
    assert before < first < cursor(world) < before + 24 * 60


def test_an_order_lost_before_the_first_round_ever_is_found(world: World) -> None:
    other = World()
    other.fund("ann")
    lost = lose_order(other)
    other.timer.advance((FIRST_LOOK_BACK_MINUTES - 2) * MINUTE_MS)
    other.sweep()
    other.settle()
    assert other.status(lost) == "expired"


def test_in_a_halted_market_too_a_lost_order_comes_to_its_end(world: World) -> None:
    lost = lose_order(world)
    world.run(SetMode(CommandId("halt-1"), "halted", "maintenance", world.timer.now_ms() + MINUTE_MS))
    world.timer.advance(GRACE_MS)
    world.sweep()
    world.settle()
    assert world.status(lost) == "expired"


def test_each_market_is_swept_for_itself(world: World) -> None:
    world.queue.lose()
    lost = world.place("ann", "buy", 500, 10_000, market=USDX)
    world.timer.advance(GRACE_MS)
    assert world.sweep(KTA).expired == 0
    assert world.sweep(USDX).expired == 1
    world.settle(USDX)
    assert world.status(lost) == "expired"


def test_two_sweepers_at_once_end_an_order_once(world: World) -> None:
    lost = lose_order(world)
    world.timer.advance(GRACE_MS)
    world.sweep()
    world.restart()
    world.timer.advance(1)
    world.sweep()
    assert len(expires(world)) == 2
    world.settle()
    assert world.status(lost) == "expired"
    assert len(world.journal()) == 1
