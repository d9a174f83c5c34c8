"""How does a run read? One line for each thing that a person would want to know, in its order."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from chalicelib.errors import CexError
from chalicelib.flows.records.journal import JournalEntry

from .judging.facts import Facts
from .machine.network import MS
from .run import Run
from .stories.requests import Request

_MISCHIEF = ("kill", "alarm", "time limit")


def tell(run: Run) -> str:
    """From the first step on; times are seconds since then."""
    lines = [*_requests(run), *_steps(run), *_struck(run)]
    try:
        lines += _journal(Facts(run))
    except CexError as unreadable:
        lines.append((run.cloud.scheduler.now_us, f"the journal can not be read: {unreadable}"))
    began_us = run.cloud.began_us
    return "\n".join(
        f"{(at_us - began_us) / 1_000 / MS:10.3f}  {line}" for at_us, line in sorted(lines, key=itemgetter(0))
    )


def _requests(run: Run) -> Iterator[tuple[int, str]]:
    for request in (*run.history, *run.last_answers):
        yield request.began_us, f"{request.client} asks to {_wish(request)}"
        yield request.ended_us, f"{request.client} is told: {_told(request)}"


def _steps(run: Run) -> Iterator[tuple[int, str]]:
    for program in run.story.programs:
        for step in program.steps:
            if not program.user:
                at_us = run.cloud.began_us + step.at_ms * MS
                yield at_us, f"{program.name}: {step.kind} {dict(step.arguments)}"


def _struck(run: Run) -> Iterator[tuple[int, str]]:
    for at_us, who, what, number, about, outcome in run.cloud.network.trace:
        if (who, what, number) in run.cloud.faults.struck and outcome in _FAULTS:
            yield at_us, f"{who}: {what} {_keys(about)}: {outcome}"
        elif what in _MISCHIEF:
            yield at_us, f"{who}: {what} {outcome} {dict(about)}"


def _journal(facts: Facts) -> Iterator[tuple[int, str]]:
    for journal in facts.journals.values():
        for entry in journal:
            yield facts.entry_us(entry), _entry(entry)


def _entry(entry: JournalEntry) -> str:
    events = [f"{type(event).__name__}{tuple(event)[1:]}" for event in entry.events]
    return f"{entry.market} entry {entry.seq}: done {list(entry.done)}; {'; '.join(events)}"


def _wish(request: Request) -> str:
    if request.wanted is None:
        return f"{request.kind} {request.order_id or ''}"
    wanted = request.wanted
    name = f" as {wanted.client_order_id}" if wanted.client_order_id else ""
    size = f"for {wanted.funds}" if wanted.funds else str(wanted.quantity)
    asleep = f", {wanted.stop} at {wanted.stop_price}" if wanted.stop else ""
    order = f"{wanted.side} {size} at {wanted.price or 'market'} {wanted.tif}{asleep}"
    return f"{request.kind} {order} in {wanted.market.id}{name}: {request.order_id}"


def _told(request: Request) -> str:
    return str(request).partition(" -> ")[2]


def _keys(arguments: Any) -> str:
    """Which items, or which message, a call was about."""
    if "TransactItems" in arguments:
        requests = [request for write in arguments["TransactItems"] for request in write.values()]
        return f"{len(requests)} items, first {_key(requests[0])}"
    if "MessageBody" in arguments:
        return str(arguments["MessageBody"])
    return _key(arguments)


def _key(arguments: Any) -> str:
    key = arguments.get("Key") or arguments.get("Item")
    return f"{key['pk']['S']} {key['sk']['S']}" if key else ""


_FAULTS = {"refused", "lost", "late", "slow", "twice", "conflict", "mislaid", "some"} | {
    "die_before",
    "die_after",
    "die_late",
}
