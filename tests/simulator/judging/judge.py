"""Did the exchange stay right? Everything that may be wrong after a run, in words."""

from collections.abc import Iterator

from chalicelib.engine.events import OrderArmed, OrderRested, TradePrevented
from chalicelib.errors import CexError
from chalicelib.flows.upkeep.audit import audit
from tests.simulator.machine.aws import Aws
from tests.simulator.run import LAST_LOOK_US, Run

from .answers import broken_promises, untruths
from .changes import called_ended, forgotten, swallowed, unkept
from .due import due_in_the_end, left_undone
from .facts import Facts
from .money import wrong_balances
from .sequential import Sequential
from .tiers import wrong_rates, wrong_volumes
from .timeline import timelines
from .turns import out_of_turn

LAST_LOOK_MS = LAST_LOOK_US // 1_000
# A schedule that failed says so, and comes again; the others ask for a person.
LAWFUL_ALARMS = ("sweep_failed", "fold_failed", "clock_failed", "volumes_failed")


def differences(run: Run) -> list[str]:
    """Each begins with the name of who found it."""
    try:
        if run.cloud.tampered:
            return list(_touched(Facts(run)))
        facts = Facts(run)
        return [*_told(run), *_lasting(facts), *_passing(facts)]
    except CexError as unreadable:
        return [f"store: {unreadable!r}"]


def lasting_differences(run: Run) -> list[str]:
    """As far as they can be seen without knowing what was true at which moment."""
    try:
        return [*_told(run), *_lasting(Facts(run))]
    except CexError as unreadable:
        return [f"store: {unreadable!r}"]


def _told(run: Run) -> Iterator[str]:
    """What needs no look into the store."""
    if run.restless:
        yield f"rest: {run.restless}"
    yield from (f"bug: {bug}" for bug in run.cloud.bugs)
    for complaint in run.cloud.illegal:
        yield f"illegal: {complaint}"
    for queue in run.cloud.queues.values():
        for letter in queue.dead:
            yield f"dead letter: {letter.body}"
    for process in run.cloud.all_processes():
        for event, fields in process.alarms:
            if event not in LAWFUL_ALARMS:
                yield f"alarm: {event} {fields} of {process.name}"


def _touched(facts: Facts) -> Iterator[str]:
    """On an order whose record contradicts the book nothing may be done; the market halts instead."""
    for journal in facts.journals.values():
        for entry in journal:
            for event in entry.events:
                if isinstance(event, OrderRested | OrderArmed | TradePrevented):
                    continue  # its record is not written
                for name in ("order_id", "maker_id", "taker_id"):
                    order_id = getattr(event, name, "")
                    if facts.entry_us(entry) > facts.run.cloud.tampered.get(order_id, 1 << 62):
                        yield f"tampered: {event} was written, though the stored order was another"


def _turned_back(cloud: Aws) -> Iterator[str]:
    """The pointer names the newest snapshot, and never an older one again."""
    newest: dict[str, int] = {}
    for _, market, seq in cloud.pointers:
        if seq < newest.get(market, 0):
            yield f"the pointer of {market} went from entry {newest[market]} to {seq}"
        newest[market] = seq


def _due_ms(facts: Facts) -> int:
    """What was due by then was to be seen by everybody at the last look, whatever clock he has."""
    return facts.now_ms - LAST_LOOK_MS


def _lasting(facts: Facts) -> Iterator[str]:
    cloud = facts.run.cloud
    report = audit(facts.store, facts.journal, cloud.markets, facts.now_ms)
    yield from (f"audit: {difference}" for difference in report.differences)
    markets = {}
    for market, journal in facts.journals.items():
        markets[market] = sequential = Sequential(facts, market)
        sequential.follow(journal)
        yield from (f"sequence: {complaint}" for complaint in sequential.complaints)
        yield from (f"turns: {complaint}" for complaint in out_of_turn(facts, market, sequential.order))
        yield from (f"due: {complaint}" for complaint in due_in_the_end(sequential, _due_ms(facts)))
    yield from (f"queue: {complaint}" for complaint in swallowed(facts))
    yield from (f"queue: {complaint}" for complaint in forgotten(facts, cloud.acknowledged))
    yield from (f"money: {complaint}" for complaint in wrong_balances(facts, markets))
    yield from (f"fees: {complaint}" for complaint in wrong_volumes(facts, markets))
    yield from (f"answer: {complaint}" for complaint in broken_promises(facts))
    yield from (f"answer: {complaint}" for complaint in unkept(facts))


def _passing(facts: Facts) -> Iterator[str]:
    """What was true for a while, and when."""
    cloud, lines = facts.run.cloud, timelines(facts)
    yield from (f"snapshot: {complaint}" for complaint in _turned_back(cloud))
    yield from (f"due: {complaint}" for complaint in left_undone(facts, cloud.acknowledged))
    yield from (f"fees: {complaint}" for complaint in wrong_rates(facts))
    yield from (f"answer: {complaint}" for complaint in untruths(facts, lines))
    yield from (f"answer: {complaint}" for complaint in called_ended(facts, lines))
