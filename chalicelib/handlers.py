"""What do the Lambdas behind queues and schedules do with one event?"""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.sqs import message
from chalicelib.errors import QueueUnavailable
from chalicelib.market import Market
from chalicelib.wiring import exchange

# Left of a matcher's time when it stops taking up new steps, so that it can say so.
RESERVE_MS = 1_000


def match(market: Market, event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Work off one batch of the market's queue, and report what must be delivered again.

    The first failure and everything behind it: a queue in order has no holes.
    """
    house, records = exchange(), event["Records"]
    deadline_ms = house.timer.now_ms() + context.get_remaining_time_in_millis() - RESERVE_MS
    outcome = house.matcher(market).run([message(record) for record in records], deadline_ms)
    if outcome.fault is None:
        return {"batchItemFailures": []}
    rest = records[outcome.done :]
    house.observer.note("batch_interrupted", market=market.id, left=len(rest), reason=str(outcome.fault))
    try:
        house.queue.retry_soon(market, rest)
    except QueueUnavailable as fault:
        # They come back all the same, after the queue's own visibility timeout.
        house.observer.note("retry_not_hastened", market=market.id, reason=fault.detail)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in rest]}


def sweep_all() -> None:
    """End what was promised and never reached its book, in every market."""
    house = exchange()
    for view in house.views.values():
        report = house.sweeper.run(view)
        if report.expired:
            house.observer.note("swept", market=view.market.id, **report._asdict())


def fold_all() -> None:
    """Write down the books whose journal has grown long."""
    house = exchange()
    for market in house.markets.values():
        if house.folder.run(market):
            house.observer.note("folded", market=market.id)
