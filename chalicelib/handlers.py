"""What do the Lambdas behind queues and schedules do with one event?"""

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.adapters.sqs import message, sent_ms
from chalicelib.adapters.telemetry import trace
from chalicelib.adapters.telemetry.emf import Measure
from chalicelib.errors import (
    QueueUnavailable,
    StoreForbidden,
    StoreUnavailable,
    Unavailable,
    WriteContention,
)
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.posting import Total, total
from chalicelib.flows.matcher.match import Outcome
from chalicelib.flows.records.commands import Unreadable
from chalicelib.flows.upkeep.clock import LOOK_MS
from chalicelib.ids import MarketId
from chalicelib.market import Market
from chalicelib.seeing import matching, money
from chalicelib.settlement.errors import KeetaNodeError
from chalicelib.wiring import CALL_MS_MAX, exchange

if TYPE_CHECKING:
    from chalicelib.flows.runs.settle import Report

T = TypeVar("T")

# Passes by itself, and is tried again at the next visit: nobody is woken. What lasts is seen by its age.
PASSES = (Unavailable, StoreUnavailable, WriteContention, QueueUnavailable, KeetaNodeError)

# Left of a Lambda's time when it takes up nothing new: enough for a call that hangs, and for
# another one when it says what is left.
RESERVE_MS = 2 * CALL_MS_MAX
# So long a matcher works on one batch. It has more time than that (infra/resources.py), for a book
# that is long to load: killed amid that, the next one would be as cold.
WORK_MS = 8_000


def scheduled(function: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """What is written meanwhile says which function it was, and how long the run took is measured."""

    def named(work: Callable[[Any], None]) -> Callable[[Any], None]:
        @functools.wraps(work)
        def run(context: Any) -> None:
            house = exchange()
            began_ms = house.timer.now_ms()
            try:
                with trace.within(function=function):
                    work(context)
            finally:
                house.meter.measure(Measure("VisitMs", house.timer.now_ms() - began_ms, (function,)))

        return run

    return named


def match(market: Market, event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Work off one batch of the market's queue, and report what must be delivered again.

    The first failure and everything behind it: a queue in order has no holes.
    """
    with trace.within(function=schema.matcher_name(market)):
        return _match(market, event["Records"], context)


def _match(market: Market, records: list[Any], context: Any) -> dict[str, list[dict[str, str]]]:
    house = exchange()
    began_ms = house.timer.now_ms()
    messages = [message(record) for record in records]
    for command in (command for each in messages for command in each.commands):
        if isinstance(command, Unreadable):
            house.observer.alarm("unreadable_message", market=market.id, reason=command.reason)
    outcome = house.matcher(market).run(messages, min(_deadline_ms(context), began_ms + WORK_MS))
    _tell(matching.Batch(market.id, messages, sent_ms(records[0]), began_ms, house.timer.now_ms()), outcome)
    if outcome.fault is None:
        return {"batchItemFailures": []}
    rest = records[outcome.done :]
    house.observer.note("batch_interrupted", market=market.id, left=len(rest), reason=str(outcome.fault))
    try:
        house.queue.retry_soon(market, rest, progressed=outcome.progressed)
    except QueueUnavailable as fault:
        # They come back all the same, after the queue's own visibility timeout.
        house.observer.note("retry_not_hastened", market=market.id, reason=fault.detail)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in rest]}


def _tell(batch: matching.Batch, outcome: Outcome) -> None:
    house = exchange()
    house.meter.measure(*matching.measures(batch, outcome))
    entries = [str(entry.seq) for entry in outcome.landed]
    requests = matching.trail(batch.messages)
    house.observer.note("batch", market=batch.market, done=outcome.done, entries=entries, requests=requests)


@scheduled("sweeper")
def sweep_all(context: Any) -> None:
    """End what was promised and never reached its book, in every market."""
    house = exchange()

    def sweep(market: Market, deadline_ms: int) -> None:
        report = house.sweeper.run(house.views[market.id], deadline_ms)
        house.meter.measure(Measure("OrdersSwept", report.expired, (market.id,)))
        if report.expired:
            house.observer.note("swept", market=market.id, **report._asdict())
        if report.stranded:
            house.observer.alarm("order_stranded", market=market.id, orders=report.stranded)

    _in_every_market("sweep_failed", sweep, _deadline_ms(context))


@scheduled("snapshots")
def fold_all(context: Any) -> None:
    """Write down the books whose journal has grown long."""
    house = exchange()

    def fold(market: Market, deadline_ms: int) -> None:
        if house.timer.now_ms() < deadline_ms and house.folder.run(market):
            house.observer.note("folded", market=market.id)
        house.meter.measure(*matching.lag(market.id, house.folder.lag(market)))

    _in_every_market("fold_failed", fold, _deadline_ms(context))


@scheduled("volumes")
def count_volumes(context: Any) -> None:
    """Add what was traded lately to what each user traded within 30 days."""
    house = exchange()

    def count(market: Market, deadline_ms: int) -> None:
        if entries := house.volumes.run(market.id, deadline_ms):
            house.observer.note("volumes_counted", market=market.id, entries=entries)

    _in_every_market("volumes_failed", count, _deadline_ms(context))


@scheduled("clock")
def watch_clock(context: Any) -> None:
    """Wake every market in which something is due, until this function's time ends."""
    house, deadline_ms = exchange(), _deadline_ms(context)
    told: set[MarketId] = set()
    while True:
        for market in house.markets.values():
            try:
                house.clock.look(house.views[market.id])
            except Exception as fault:
                if market.id not in told:  # once a minute is enough
                    told.add(market.id)
                    _tell_failure("clock_failed", fault, market=market.id)
        if house.timer.now_ms() + LOOK_MS > deadline_ms:
            return
        house.timer.pause(LOOK_MS)


@scheduled("pool")
def fill_pool(context: Any) -> None:
    """Make addresses before somebody asks for them. The one function that has the owner key."""
    house = exchange()
    made = _attempt("pool_failed", lambda: house.treasury.pool.visit(_deadline_ms(context)))
    house.meter.measure(Measure("AddressesMade", made or 0))
    if made:
        house.observer.note("addresses_made", count=made)
    _attempt("pool_failed", _tell_ages)


def _tell_ages() -> None:
    """Of all that moves coins: whoever stands still can not tell it himself."""
    house, treasury = exchange(), exchange().treasury
    house.meter.measure(Measure("FreeAddresses", treasury.free_addresses()), *money.ages(treasury.ages()))
    house.meter.measure(*money.left(treasury.staples_left()))


@scheduled("deposits_follower")
def follow_deposits(context: Any) -> None:
    """Credit what came in."""
    house = exchange()
    posted = _attempt("deposits_failed", lambda: house.treasury.follower.visit(_deadline_ms(context)))
    house.meter.measure(*money.credits(posted or Counter()))
    if posted:
        house.observer.note("deposits_posted", count=posted.total())


@scheduled("payouts")
def pay_out(context: Any) -> None:
    """Finish the run in flight, and pay what waits; net, if the settlement did not come through for long."""
    due = _attempt("settlement_failed", exchange().treasury.nettings.is_due)
    _settle(context, netting=bool(due))


@scheduled("settlement")
def settle(context: Any) -> None:
    """The same, and move whatever lies at the wrong address."""
    _settle(context, netting=True)


@scheduled("reconciliation")
def reconcile(context: Any) -> None:
    """Hold the books against the chain, and see who of those that we believe answers at all."""
    house = exchange()
    treasury = house.treasury
    round_ = _attempt("reconciliation_failed", lambda: treasury.reconciler.visit(_deadline_ms(context)))
    if round_ and round_.over:
        house.meter.measure(*money.compared(round_, sorted(treasury.tokens)))
    _attempt("reconciliation_failed", lambda: house.meter.measure(*money.totals(_totals())))
    _attempt("reconciliation_failed", lambda: house.meter.measure(*money.nodes(treasury.chain.health())))
    _attempt("reconciliation_failed", _compare_weights)


def _compare_weights() -> None:
    house = exchange()
    house.meter.measure(Measure("WeightDrift", house.treasury.weight_drift()))


def _totals() -> dict[str, Total]:
    house = exchange()
    return {token: total(house.store.get(table.total(token))) for token in sorted(house.treasury.tokens)}


def _settle(context: Any, *, netting: bool) -> None:
    house = exchange()
    report = _attempt(
        "settlement_failed", lambda: house.treasury.settler.visit(_deadline_ms(context), netting=netting)
    )
    # What was paid is told first: it is known now, and never again.
    if report and report.runs:
        house.meter.measure(*money.settled(report))
        _tell_paid(report)
    if report and report.netted:
        _attempt("settlement_failed", house.treasury.nettings.done)
    _attempt("settlement_failed", _tell_standing)


def _tell_standing() -> None:
    # Here, so that a matcher does not load what reads Keeta's blocks.
    from chalicelib.flows.withdrawals.standing import standing  # noqa: PLC0415

    house = exchange()
    house.meter.measure(*money.standing(standing(house.store), house.timer.now_ms()))


def _tell_paid(report: "Report") -> None:
    """Each payment with the request that it was once asked for in."""
    house = exchange()
    house.observer.note("settled", runs=report.runs, payments=report.payments, moves=report.moves)
    for run, payment in ((each, payment) for each in report.closed for payment in each.payments):
        key = schema.withdrawal(payment.user, payment.id)
        asked = _attempt("settlement_failed", functools.partial(house.store.get, key)) or {}
        with trace.within(**{trace.REQUEST_ID: str(asked.get("request_id", ""))}):
            house.observer.note(
                "withdrawal_paid", withdrawal=payment.id, run=run.number, block=run.landed.get(payment.id, "")
            )


def _attempt(failure: str, work: Callable[[], T]) -> T | None:
    """What can not be done now is told, and tried again at the next visit."""
    try:
        return work()
    except Exception as fault:
        _tell_failure(failure, fault)
    return None


def _tell_failure(failure: str, fault: Exception, **about: str) -> None:
    """An alarm, unless it passes by itself. What we may not read will not be readable in a minute."""
    observer = exchange().observer
    if isinstance(fault, PASSES) and not isinstance(fault, StoreForbidden):
        observer.note(failure, **about, reason=f"{fault.code}: {fault.detail}")
    else:
        observer.alarm(failure, **about, reason=repr(fault))


def _in_every_market(failure: str, work: Callable[[Market, int], None], deadline_ms: int) -> None:
    """Each market gets its share of the time left; its trouble is told and keeps no other waiting."""
    house = exchange()
    markets = list(house.markets.values())
    for number, market in enumerate(markets):
        now_ms = house.timer.now_ms()
        share_ms = max(0, deadline_ms - now_ms) // (len(markets) - number)
        try:
            work(market, now_ms + share_ms)
        except Exception as fault:
            _tell_failure(failure, fault, market=market.id)


def _deadline_ms(context: Any) -> int:
    remaining_ms: int = context.get_remaining_time_in_millis()
    return exchange().timer.now_ms() + remaining_ms - RESERVE_MS
