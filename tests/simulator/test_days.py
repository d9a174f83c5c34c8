"""Does the exchange stay right on many bad days?"""

import os
import subprocess
import sys
from typing import get_args

import pytest

from chalicelib.engine.events import Event
from chalicelib.flows.records.commands import Command, Unreadable
from infra.local.state import ROOT

from .judging.judge import differences
from .machine.faults import Rates
from .run import live
from .stories import days, mischief
from .tally import Tally
from .telling import tell

SEEDS = range(50)
DEEP_SEEDS = range(4)
CROWDED_SEEDS = range(4, 10)
LEAVING_SEEDS = range(4)

# Requests with what their clients were told, what befell the exchange, what the journals say of
# it, and how the orders ended. Each comes often enough that the seeds above always bring it.
MUST_OCCUR = {
    *("place: answered", "place: died", "place: outcome_unknown", "place: duplicate_client_order_id"),
    *("place: insufficient_funds", "place: wallet_busy", "place: no_market_price", "place: expires_in_past"),
    *("place: outside_price_band", "place: too_many_open_orders", "place: market_halted"),
    *("place: market_cancel_only", "place: market_post_only", "place: store_unavailable"),
    *("again: answered", "again: died"),
    *("cancel: answered", "cancel: died", "cancel: market_halted", "cancel: order_not_open"),
    *("cancel: order_not_found", "cancel: outcome_unknown"),
    *("reduce: answered", "reduce: died", "reduce: not_a_reduction", "reduce: order_not_open"),
    *("replace: answered", "replace: died", "replace: order_not_open", "replace: replace_outstanding"),
    *("batch: answered", "batch: died", "ladder: answered"),
    *("cancel_all: answered", "cancel_all: market_halted", "switch: answered", "switch: market_halted"),
    *("get: answered", "list: answered", "trades: answered"),
    *(f"mischief: {kind}" for kind, row in mischief.KINDS.items() if row.weight),
    *("a fence was lost", "two writers met at one item", "a command was cut", "a snapshot"),
    *("limit gtc", "limit gtt", "limit ioc", "limit fok", "limit postonly", "market ioc"),
    *("limit gtc stop", "limit gtt stop", "limit ioc stop", "limit fok stop"),
    *(f"command: {kind.__name__}" for kind in get_args(Command) if kind is not Unreadable),
    *(f"event: {kind.__name__}" for kind in get_args(Event)),
    *("failed: CancelAll late", "failed: ReduceOrder late", "failed: ReduceOrder order_not_open"),
    *("failed: ReplaceOrder late", "failed: ReplaceOrder order_not_open", "failed: SetCancelAllTimer late"),
    *("filled: ", "partially_filled: ", "pending: "),
    *("canceled: requested", "canceled: cancel_all", "canceled: cancel_all_after"),
    *("canceled: ioc_remainder", "canceled: self_trade"),
    *("expired: expired", "expired: late", "expired: unseen"),
    *("rejected: market_halted", "rejected: market_cancel_only", "rejected: market_post_only"),
    *("rejected: post_only_would_cross", "rejected: fok_unfillable", "rejected: self_trade"),
    *("rejected: too_many_open_orders", "rejected: outside_price_band"),
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


def test_a_user_who_cancels_all_his_orders_gets_rid_of_all_of_them_whoever_dies_in_the_middle() -> None:
    tally = Tally()
    for seed in LEAVING_SEEDS:
        tally.add(live(days.leaving(seed)))
    assert tally.wrong == {}
    assert tally.seen["canceled: cancel_all"] > 10 * len(LEAVING_SEEDS)
    assert tally.seen["a command was cut"] > len(LEAVING_SEEDS)


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
