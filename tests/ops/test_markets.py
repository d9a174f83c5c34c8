"""Does an operator learn what became of what he said?"""

import pytest

from chalicelib.errors import MarketClosed
from infra import ops
from infra.ops.sending import ACCEPT_MS
from tests.flows.world import KTA, World
from tests.ops.saying import everything, told

pytestmark = pytest.mark.usefixtures("desk")


def say(*words: str) -> int:
    return ops.main(["markets", *words, "--reason", "a test", "--by", "kim"])


def test_a_mode_that_the_market_takes_is_told_with_exit_code_0(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.timer.meanwhile = world.deliver
    assert say("halt", "KTA/USDT") == 0
    assert "is halted: a test" in capsys.readouterr().out


def test_a_mode_that_is_refused_is_told_with_exit_code_1_and_the_reason(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def late() -> None:
        slow = world.new_process(clock_off_by_ms=ACCEPT_MS)
        world.deliver(house=slow)

    world.timer.meanwhile = late
    assert say("halt", "KTA/USDT") == 1
    told = capsys.readouterr().out
    assert "KTA/USDT is open" in told
    assert "late" in told


def test_a_market_that_does_not_come_to_it_is_told_with_exit_code_1(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say("halt", "KTA/USDT") == 1
    assert "not done" in capsys.readouterr().out
    world.settle()


def test_a_halt_is_taken_behind_a_backlog_of_minutes(world: World) -> None:
    def meanwhile() -> None:
        world.timer.advance(5 * 60_000)
        world.deliver()

    world.timer.meanwhile = meanwhile
    assert say("halt", "KTA/USDT") == 0
    assert world.book().book.mode == "halted"


def test_the_band_is_moved_by_a_price_as_traders_write_it(world: World) -> None:
    world.timer.meanwhile = world.deliver
    assert say("resume", "KTA/USDT", "--reference", "1.02") == 0
    assert world.book().book.reference == KTA.parse_price("1.02")


def test_a_reference_that_is_no_price_is_told_and_nothing_is_sent(world: World) -> None:
    assert say("resume", "KTA/USDT", "--reference", "-1") == 2
    assert world.queue.sent == []


# --- delisting --------------------------------------------------------------------------------


def delist(*more: str) -> int:
    return say("delist", "KTA/USDT", *more)


def test_delisting_is_a_dry_run_first(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.fund("ann", "ben")
    world.place("ann", "buy", 1_000, 9_000)
    world.place("ben", "sell", 1_000, 9_500)
    world.settle()
    before = everything(world)
    assert delist() == 0
    assert "cancel 2 open orders of 2 users" in capsys.readouterr().out
    assert everything(world) == before


def test_a_delisted_market_holds_nothing_and_takes_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    users = [f"user{number}" for number in range(25)]
    world.fund(*users)
    orders = [world.place(user, "buy", 1_000, 9_000) for user in users]
    orders.append(world.place("user0", "sell", 1_000, 8_000, stop="loss", stop_price=8_500))
    world.settle()
    world.timer.meanwhile = world.deliver
    assert delist("--yes") == 0
    assert "delisted=True" in capsys.readouterr().out
    assert {world.status(order) for order in orders} == {"canceled"}
    assert [world.held(user) for user in users] == [{}] * 25
    with pytest.raises(MarketClosed):
        world.place("user0", "buy", 1_000, 9_000)


def test_orders_that_are_left_are_told_and_it_may_be_begun_again(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.fund("ann")
    world.place("ann", "buy", 1_000, 9_000)
    world.settle()

    def only_the_mode() -> None:
        if world.book().book.mode == "open":
            world.deliver(most=1)

    world.timer.meanwhile = only_the_mode
    assert delist("--yes") == 1
    assert "1 orders are still open" in capsys.readouterr().out
    world.timer.meanwhile = world.deliver
    assert delist("--yes") == 0


def test_the_audit_is_clean_after_the_market_has_left_the_listing(world: World) -> None:
    world.fund("ann", "ben")
    world.place("ann", "buy", 1_000, 9_000)
    world.place("ben", "sell", 500, 9_000)
    world.settle()
    world.timer.meanwhile = world.deliver
    assert delist("--yes") == 0
    world.restart()
    del world.house.markets[KTA.id]
    assert world.audit().differences == []
    assert world.audit().counts["trades"] == 1
    assert ops.main(["audit"]) == 0
    assert {view.market.id for view in world.house.views.values()} >= {KTA.id}, (
        "its fees are the house's still"
    )


def test_a_market_of_another_stage_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert say("halt", "BTC/USD") == 2
    assert "not listed at stage" in capsys.readouterr().err


# --- snapshots --------------------------------------------------------------------------------


def test_a_book_is_written_down_when_somebody_asks(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.fund("ann")
    world.place("ann", "buy", 1_000, 9_000)
    world.settle()
    assert told(capsys, "snapshot", "KTA/USDT")["made"]
    snapshot = world.house.journal.snapshot(KTA.id)
    assert snapshot is not None
    assert len(snapshot.orders) == 1
    assert not told(capsys, "snapshot", "KTA/USDT")["made"], "nothing has happened since"
