"""Does the exchange stay right on many bad days?"""

import os
import subprocess
import sys

import pytest

from infra.local.state import ROOT

from .judging.judge import differences
from .machine.faults import Rates
from .run import live
from .stories import days
from .tally import Tally
from .telling import tell

SEEDS = range(60)
DEEP_SEEDS = range(4)
CROWDED_SEEDS = range(4, 10)

MUST_OCCUR = {
    "a fence was lost",
    "two writers met at one item",
    "cancel: answered",
    "cancel: died",
    "cancel: market_halted",
    "cancel: order_not_open",
    "cancel: outcome_unknown",
    "get: answered",
    "list: answered",
    "place: answered",
    "place: died",
    "place: duplicate_client_order_id",
    "place: insufficient_funds",
    "place: market_halted",
    "place: outcome_unknown",
    "place: wallet_busy",
    "trades: answered",
    "mischief: blip",
    "mischief: deploy",
    "mischief: fold",
    "mischief: hammer",
    "mischief: kill",
    "mischief: outage",
    "mischief: redeliver",
    "mischief: resume",
    "mischief: sweep",
    "event: ModeChanged",
    "event: OrderContinues",
    "event: OrderFilled",
    "event: OrderRested",
    "event: TradePrevented",
    "canceled: ioc_remainder",
    "canceled: requested",
    "canceled: self_trade",
    "expired: late",
    "expired: unseen",
    "filled: ",
    "partially_filled: ",
    "rejected: market_halted",
    "rejected: post_only_would_cross",
}


def test_after_many_bad_days_everything_is_as_one_matcher_would_have_left_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tally = Tally()
    for seed in SEEDS:
        tally.add(live(days.story(seed)))
    with capsys.disabled():
        print(f"\n{tally}; `python -m tests.simulator --tell SEED` tells one")
    assert tally.wrong == {}
    assert {kind for kind in MUST_OCCUR if not tally.seen[kind]} == set()
    assert {kind for kind in Rates._fields if not tally.faults[kind]} == set()


def test_a_sweep_over_hundreds_of_makers_ends_whoever_dies_in_the_middle() -> None:
    tally = Tally()
    for seed in DEEP_SEEDS:
        tally.add(live(days.deep(seed)))
    assert tally.wrong == {}
    assert tally.seen["event: OrderContinues"] > len(DEEP_SEEDS)
    assert tally.seen["event: OrderFilled"] > 200 * len(DEEP_SEEDS) // 2


def test_a_batch_that_is_done_in_part_comes_back_and_is_done_once() -> None:
    tally = Tally()
    for seed in CROWDED_SEEDS:
        tally.add(live(days.crowded(seed)))
    assert tally.wrong == {}
    assert tally.seen["a batch was done in part"] > 0


def test_a_market_halts_before_it_touches_an_order_that_somebody_has_changed() -> None:
    halted = 0
    for seed in range(5):
        run = live(days.tampered(seed))
        assert differences(run) == []
        alarms = [event for process in run.cloud.all_processes() for event, _ in process.alarms]
        halted += "market_halted" in alarms
    assert halted >= 2


def test_a_seed_tells_the_same_story_twice() -> None:
    first, again = (live(days.story(7)) for _ in range(2))
    assert first.digest == again.digest
    assert tell(first) == tell(again)
    assert first.digest != digest(8)


def test_a_seed_tells_the_same_story_in_another_process_too() -> None:
    """Where sets of names come in another order."""
    program = "from tests.simulator.test_days import digest; print(digest(5))"
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == digest(5)


def digest(seed: int) -> str:
    return live(days.story(seed)).digest
