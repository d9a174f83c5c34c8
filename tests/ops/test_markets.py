"""Does an operator learn what became of what he said?"""

import pytest

from infra import ops
from infra.ops.markets import ACCEPT_MS
from tests.flows.world import KTA, World


@pytest.fixture(autouse=True)
def environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "exchange", lambda: world.house)


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
