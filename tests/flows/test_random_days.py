"""Whatever happens on a day: is everything true in the evening?"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.flows.matcher import step
from chalicelib.flows.matcher import take as take_module
from chalicelib.flows.matcher.cancel import cancel
from chalicelib.flows.records.commands import CancelOrder, PlaceOrder
from chalicelib.flows.records.orders import FINAL
from chalicelib.market import Market
from tests.engine.twin import Twin

from .days import MARKETS, Action, Day, days, seeded_day
from .world import World

ENOUGH = 1_000

SEEDS = 8
ACTIONS_PER_DAY = 400

# Two fills fit in.
SMALL_STEP = 1 + step.WRITES_PER_COMMAND + 2 * step.WRITES_PER_FILL

MUST_OCCUR = {
    "a batch",
    "a message lost",
    "a message unknown to have arrived",
    "a process died",
    "a process started",
    "a snapshot",
    "a step failed",
    "a step's answer lost",
    "cancel: order_not_open",
    "contention",
    "delivered again",
    "intake: duplicate_client_order_id",
    "intake: insufficient_funds",
    "intake: market_halted",
    "intake: outcome_unknown",
    "intake: the same request again",
    "intake: wallet_busy",
    "part of a batch failed",
    "swept to its end",
    "two matchers at once",
    "event: ModeChanged",
    "event: OrderContinues",
    "event: OrderFilled",
    "event: OrderRested",
    "canceled: ioc_remainder",
    "canceled: requested",
    "canceled: self_trade",
    "rejected: market_cancel_only",
    "rejected: market_halted",
    "rejected: market_post_only",
    "rejected: post_only_would_cross",
    "expired: late",
    "expired: unseen",
    "filled: ",
    "still open: partially_filled",
    "still open: resting",
}

TURNED_AWAY = ("late", "unseen", "market_halted", "market_cancel_only", "market_post_only")


# Cancels that a matcher met after their time, by the clock of its market.
PASSED_OVER: set[str] = set()


@pytest.fixture(autouse=True)
def late_cancels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin has no clock: it is told which cancels came after their time, and no others."""

    def noting(matcher_step: Any, command: CancelOrder, orders: Any) -> None:
        if matcher_step.time_ms > command.accept_until_ms:
            PASSED_OVER.add(command.id)
        cancel(matcher_step, command, orders)

    monkeypatch.setattr(take_module, "cancel", noting)


def fills(world: World, market: Market) -> list[tuple[str, str, int, int]]:
    return [(fill.maker_id, fill.taker_id, fill.price, fill.quantity) for fill in world.fills(market)]


def twin_of(world: World, market: Market) -> tuple[Twin, list[tuple[str, str, int, int]]]:
    """A slow, obvious book that got the commands of the queue in their order, each once.

    What the matcher turned away (too late, or in a market that is not open) it is not given.
    """
    twin, trades = Twin(), []
    records = {record.id: record for record in world.records()}
    refused = refused_at_first(world, market)
    known: set[str] = set()
    for _, command in (sent for sent in world.queue.sent if sent[0] == market.id):
        if isinstance(command, CancelOrder) and command.id not in refused:
            known.add(command.order_id)  # an order that is canceled unseen is never placed
            twin.cancel(command.order_id)
        elif isinstance(command, PlaceOrder) and command.order.order_id not in known:
            order = command.order
            known.add(order.order_id)
            if records[order.order_id].reason not in TURNED_AWAY:
                events = twin.place(tuple(order), ENOUGH, None)
                trades += [_trade(event) for event in events if event[0] == "filled"]
    return twin, trades


def refused_at_first(world: World, market: Market) -> set[str]:
    """Commands that failed; not those that were done, and failed when they came again much later."""
    succeeded: set[str] = set()
    refused: set[str] = set()
    for entry in world.journal(market):
        failed = {command for command, _ in entry.failed}
        refused |= failed - succeeded
        succeeded |= set(entry.done) - failed
    return refused | (PASSED_OVER - succeeded)


def _trade(event: tuple[Any, ...]) -> tuple[str, str, int, int]:
    _, _, _, maker_id, _, taker_id, _, _, price, quantity, *_ = event
    return maker_id, taker_id, price, quantity


def assert_all_is_well(day: Day) -> None:
    world = day.world
    report = world.audit()
    assert report.differences == []
    assert world.store.illegal == []
    assert world.notebook.alarms == []
    assert world.queue.dead == []
    assert set(day.accepted) <= {record.id for record in world.records()}
    assert set(day.open_statuses().values()) <= {"resting", "partially_filled"}
    for market in MARKETS:
        twin, trades = twin_of(world, market)
        book = world.book(market).book
        assert fills(world, market) == trades
        assert [(order.order_id, order.remaining) for order in book.resting()] == [
            (row[1], row[6]) for row in twin.queue()
        ]


def count(day: Day) -> None:
    world, seen = day.world, day.seen
    for market in MARKETS:
        events = (event for entry in world.journal(market) for event in entry.events)
        seen.update(f"event: {type(event).__name__}" for event in events)
    seen.update(f"{record.status}: {record.reason}" for record in world.records() if record.status in FINAL)
    seen.update(f"still open: {status}" for status in day.open_statuses().values())
    seen["orders"] += len(world.records())


def live(actions: list[Action], seen: Counter[str]) -> None:
    day = Day(seen)
    for action in actions:
        day.do(action)
    day.settle()
    assert_all_is_well(day)
    count(day)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of few writes is cut often."""
    monkeypatch.setattr(step, "WRITES_MAX", SMALL_STEP)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days)
def test_after_any_day_every_invariant_holds_and_the_trades_are_those_of_the_twin(
    actions: list[Action],
) -> None:
    live(actions, Counter())


def test_after_long_days_too_and_everything_that_can_happen_has_happened(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: Counter[str] = Counter()
    for seed in range(SEEDS):
        live(seeded_day(seed, ACTIONS_PER_DAY), seen)
    with capsys.disabled():
        print(f"\nwhat happened on {SEEDS} long days:" + report(seen))
    assert {kind for kind in MUST_OCCUR if not seen[kind]} == set()


def report(seen: Counter[str]) -> str:
    return "".join(f"\n{number:9,}  {kind}" for kind, number in sorted(seen.items()))
