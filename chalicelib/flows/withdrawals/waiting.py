"""Which withdrawals are not over, and what does each of them wait for?"""

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, stops_of
from chalicelib.flows.plan import Item
from chalicelib.flows.runs.left_out import LEFT_OUT
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.flows.runs.run import Run, run_of_slot
from chalicelib.flows.runs.settle import STUCK_MS
from chalicelib.flows.schema import Key
from chalicelib.flows.withdrawals.record import Withdrawal

PAGE = 100


class Waiting(NamedTuple):
    """`why` is for people. needs_person: it will not go on by itself, or takes far too long. is_ready:
    nothing but its turn is missing."""

    withdrawal: Withdrawal
    why: str
    needs_person: bool
    is_ready: bool = False


def waiting(reader: StoreReader, now_ms: int) -> Iterator[Waiting]:
    """All that are not over: those set aside, those in the run in flight, those in the queue, those to be
    approved."""
    run = run_in_flight(reader)
    stops = stops_of(reader.get(table.lease(SETTLEMENT)))
    aside = {each.withdrawal.id: each for each in (*set_aside(reader), *_left_out(reader))}
    yield from aside.values()
    for payment in run.payments if run else ():
        found = _read(reader, payment.user, payment.id)
        if found is not None and found.is_open and found.id not in aside:
            yield _in_run(found, run, now_ms)
    for first in (table.queued_withdrawal("0"), table.unapproved_withdrawal("0")):
        for found in _listed(reader, first):
            if found.state == "requested":
                yield _requested(reader, found, stops, now_ms)


def queue_of(reader: StoreReader) -> Iterator[Waiting]:
    """Those that nobody has to approve any more, in their order."""
    stops = stops_of(reader.get(table.lease(SETTLEMENT)))
    for found in _listed(reader, table.queued_withdrawal("0")):
        if found.state == "requested":
            yield _requested(reader, found, stops, 0)


def set_aside(reader: StoreReader) -> Iterator[Waiting]:
    """Those that were signed and that the network refused, and whose blocks could still land."""
    for note in _items(reader, table.note("aside", "0")):
        found = _read(reader, str(note["owner"]), str(note["sk"]))
        if found is not None and found.is_open:
            why = f"set aside in run {note['run']!s}: its block could still land at {note['account']!s}"
            yield Waiting(found, why, True)


def _left_out(reader: StoreReader) -> Iterator[Waiting]:
    """Those that their run has lost."""
    for note in _items(reader, table.note(LEFT_OUT, "0")):
        found = _read(reader, str(note["owner"]), str(note["sk"]))
        if found is not None and found.is_open:
            yield Waiting(found, f"left out of run {note['run']!s}: {note['reason']!s}", True)


def run_in_flight(reader: StoreReader) -> Run | None:
    return run_of_slot(reader, SETTLEMENT)


def _listed(reader: StoreReader, first: Key) -> Iterator[Withdrawal]:
    for item in _items(reader, first):
        found = _read(reader, str(item["owner"]), str(item["sk"]).partition("#")[2])
        if found is not None:
            yield found


def _items(reader: StoreReader, first: Key) -> Iterator[Item]:
    after: str | None = None
    while True:
        page = reader.page(first, "~", PAGE, after=after)
        yield from page.items
        if page.next is None:
            return
        after = page.next


def _read(reader: StoreReader, user: str, withdrawal_id: str) -> Withdrawal | None:
    item = reader.get(Key(schema.ACCOUNTS, user, schema.WITHDRAWAL_PREFIX + withdrawal_id))
    return Withdrawal.from_item(item) if item else None


def _in_run(found: Withdrawal, run: Run | None, now_ms: int) -> Waiting:
    assert run is not None
    told = f"run {run.number} is {run.state}{': ' + run.trouble if run.trouble else ''}"
    late = now_ms - run.signed_ms > STUCK_MS
    return Waiting(found.within(run), told, found.state == "stuck" or run.state == "broken" or late)


def _requested(reader: StoreReader, found: Withdrawal, stops: frozenset[str], now_ms: int) -> Waiting:
    if len(found.approved) < found.needs:
        return Waiting(found, f"approved by {len(found.approved)} of {found.needs}", True)
    if ALL in stops or found.asset in stops:
        return Waiting(found, f"{ALL if ALL in stops else found.asset} is paused", True)
    controls = reader.get(schema.payout_controls(found.user)) or {}
    if int(str(controls.get("frozen", 0))) > 0:
        return Waiting(found, "its user is paused", True)
    return Waiting(found, "its turn", now_ms - found.updated_ms > STUCK_MS, is_ready=True)
