"""What did one batch do to its market, in figures and in ids?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.adapters.telemetry.emf import Measure
from chalicelib.engine.events import OrderCanceled, OrderRejected
from chalicelib.flows.matcher.match import Message, Outcome
from chalicelib.flows.upkeep.fold import Lag
from chalicelib.ids import MarketId


class Batch(NamedTuple):
    """sent_ms: when the queue took its oldest message. began_ms, ended_ms: by this machine's clock."""

    market: MarketId
    messages: Sequence[Message]
    sent_ms: int
    began_ms: int
    ended_ms: int


def measures(batch: Batch, outcome: Outcome) -> Iterator[Measure]:
    of_market = (batch.market,)
    yield Measure("QueueAgeMs", max(0, batch.began_ms - batch.sent_ms), of_market)
    yield Measure("Batches", 1, of_market)
    yield Measure("BatchesInterrupted", int(outcome.fault is not None), of_market)
    yield Measure("StepRetries", outcome.retries, of_market)
    yield Measure("FencesLost", outcome.fences_lost, of_market)
    steps = len(outcome.landed)
    yield Measure("Steps", steps, of_market)
    if steps:
        yield Measure("StepMs", (batch.ended_ms - batch.began_ms) // steps, of_market)
        yield Measure("StepItems", -(-outcome.items // steps), of_market)
    yield Measure("Fills", sum(len(entry.trades) for entry in outcome.landed), of_market)
    yield from _ends(batch.market, outcome)


def _ends(market: MarketId, outcome: Outcome) -> Iterator[Measure]:
    ends: Counter[tuple[str, str]] = Counter()
    for event in (event for entry in outcome.landed for event in entry.events):
        if isinstance(event, OrderCanceled):
            ends["OrdersCanceled", event.reason] += 1
        elif isinstance(event, OrderRejected):
            ends["OrdersRejected", event.reason] += 1
    for (name, reason), count in ends.items():
        yield Measure(name, count, (market, reason))


def lag(market: MarketId, found: Lag) -> Iterator[Measure]:
    """Of a market's snapshot behind its journal."""
    yield Measure("SnapshotLagEntries", found.entries, (market,))
    yield Measure("SnapshotLagPercent", found.percent, (market,))


def trail(messages: Sequence[Message]) -> list[str]:
    """Each request with the ids of its commands, in one text: so a request leads to its journal entries.

    Not an object by request: CloudWatch would make a field of every id.
    """
    found: dict[str, list[str]] = {}
    for message in messages:
        found.setdefault(message.request_id or "nobody", []).extend(each.id for each in message.commands)
    return [" ".join((request, *commands)) for request, commands in found.items()]
