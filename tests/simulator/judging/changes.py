"""Did every command do what its giver was told, once, and none get lost between the queue and the book?"""

from collections.abc import Iterator, Mapping

from chalicelib.flows.matcher.late import SURE_MS
from chalicelib.flows.records.commands import (
    CancelAll,
    Command,
    ReduceOrder,
    ReplaceOrder,
    SetCancelAllTimer,
    SetMode,
    decode,
)
from chalicelib.flows.records.orders import FINAL
from chalicelib.ids import CommandId, OrderId, cancel_command, reduce_command, replace_command
from tests.simulator.machine.aws import Acknowledged
from tests.simulator.stories.requests import Request
from tests.simulator.stories.together import ended

from .answers import EITHER_WAY
from .facts import Facts
from .timeline import Line, between

_IDS = {"cancel": cancel_command, "reduce": reduce_command, "replace": replace_command}
# Of these the journal tells, whatever comes of them.
_TOLD_OF = (CancelAll, ReduceOrder, ReplaceOrder, SetCancelAllTimer, SetMode)


def swallowed(facts: Facts) -> Iterator[str]:
    """What the queue said that it has, it must have had."""
    had = {each.command.id for market in facts.accepted.values() for each in market}
    for request in facts.run.history:
        for command, told in facts.places_of(request):
            if told and command.id not in had:
                yield f"{request}: the queue took {command}, and never handed it over"


def forgotten(facts: Facts, batches: list[Acknowledged]) -> Iterator[str]:
    """What a matcher said that it has done stands in the journal; unless it came much too late."""
    done = {command for journal in facts.journals.values() for entry in journal for command in entry.done}
    for batch in batches:
        for command in (each for body in batch.bodies for each in decode(body)):
            if isinstance(command, _TOLD_OF) and command.id not in done and not _is_old(command, batch):
                yield f"{command} was acknowledged, but the journal does not know it"


def unkept(facts: Facts) -> Iterator[str]:
    """A refusal means that nothing was done; what was called done was done."""
    outcomes = dict(_outcomes(facts))
    for request in facts.run.history:
        yield from _of_change(request, outcomes)
        yield from _of_all_orders(facts, request, outcomes)


def called_ended(facts: Facts, lines: Mapping[OrderId, Line]) -> Iterator[str]:
    """By a cancel-all: each order had ended when its owner was told so."""
    for request in facts.run.history:
        for order_id in ended(request):
            moments = between(lines[order_id], request.began_us, request.ended_us)
            if all(moment.status not in FINAL for moment in moments):
                yield f"{request}: {order_id} was called ended, and was open"


def _of_change(request: Request, outcomes: Mapping[CommandId, bool]) -> Iterator[str]:
    if request.kind not in _IDS or request.is_answered or request.code in EITHER_WAY:
        return
    assert request.order_id is not None
    for uuid in request.uuids:
        if outcomes.get(_IDS[request.kind](request.order_id, uuid)):
            yield f"{request}, but it was done"


def _of_all_orders(facts: Facts, request: Request, outcomes: Mapping[CommandId, bool]) -> Iterator[str]:
    """Of a cancel-all or a switch."""
    if request.kind not in ("cancel_all", "switch"):
        return
    for command, _ in facts.places_of(request):
        succeeded = outcomes.get(command.id)
        if request.is_answered and request.answer.is_done and not succeeded:
            yield f"{request}: called done, but it was {succeeded}"
        if not request.is_answered and request.code not in EITHER_WAY and succeeded:
            yield f"{request}, but it was done"


def _outcomes(facts: Facts) -> Iterator[tuple[CommandId, bool]]:
    """Whether a command was done with success: what the journal said first."""
    told: set[CommandId] = set()
    for journal in facts.journals.values():
        for entry in journal:
            failed = dict(entry.failed)
            for command in entry.done:
                if command not in told:
                    told.add(command)
                    yield command, command not in failed


def _is_old(command: Command, batch: Acknowledged) -> bool:
    late_ms = batch.ended_us // 1_000 - getattr(command, "accept_until_ms", 0)
    return late_ms > (0 if isinstance(command, ReplaceOrder) else SURE_MS)
