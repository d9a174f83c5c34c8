"""Was every client told the truth? Each answer against what really happened, and when.

A state that was answered must have been the state of that order at some moment between the
request and its answer; so an end that was told stays. A refusal means that nothing was
done. After the last word of a run everybody can find out what became of what he asked for.
"""

from collections.abc import Iterator, Sequence

from chalicelib.flows.matcher.late import SURE_MS
from chalicelib.flows.reading.orders import OrderState
from chalicelib.flows.records.commands import CancelOrder, Command, decode
from chalicelib.flows.records.orders import FINAL, OrderRecord, hold_for, hold_of
from chalicelib.ids import OrderId, order_id_from_client
from chalicelib.ledger.transfers import Hold
from tests.simulator.stories.requests import Request

from .facts import Facts
from .timeline import Line, Moment, between, timelines

# What a repeated or hurried request may call an order that has come to rest unfilled.
_UNSEEN_YET = ("place", "again", "cancel", "reduce", "replace", "list")
EITHER_WAY = ("outcome_unknown", "died")
# With these a request ends before anybody has looked what there is under its name.
_NOBODY_LOOKED = ("store_unavailable", "rate_limited")
SURELY_MS = 10_000


def untruths(facts: Facts, lines: dict[OrderId, Line]) -> Iterator[str]:
    """States that were answered."""
    for request in facts.run.history:
        for state in request.states:
            moments = list(between(lines[state.record.id], request.began_us, request.ended_us))
            if not _was_true(state, request, moments):
                yield f"{request}, but {state.record.id} was {moments}"
            terms = (state.record.price, state.record.quantity)
            if terms not in {moment.terms for moment in moments}:
                yield f"{request}: told of {terms}, but {state.record.id} was {moments}"
        if request.code == "insufficient_funds" and request.wanted and _had_enough(facts, request):
            yield f"{request}, but there was enough all the time"


def broken_promises(facts: Facts) -> Iterator[str]:
    """What was answered, and does not hold in the end."""
    lines = timelines(facts)
    for request in facts.run.history:
        if request.code == "bug":
            yield f"{request}: {request.detail}"
        if request.wanted is not None:
            yield from _of_place(facts, request)
        elif request.kind == "cancel":
            yield from _of_cancel(facts, request, lines)
    yield from _last_words(facts, lines)


def _was_true(state: OrderState, request: Request, around: Sequence[Moment]) -> bool:
    told = (state.status, state.filled)
    moments = [(moment.status, moment.filled) for moment in around]
    if told in moments:
        return True
    return request.kind in _UNSEEN_YET and told == ("pending", 0) and _may_be_late(moments, request)


def _may_be_late(moments: Sequence[tuple[str, int]], request: Request) -> bool:
    """A place may end before its order is matched; and a book that can not be read says nothing."""
    return request.wanted is not None or ("resting", 0) in moments or ("armed", 0) in moments


# --- placing ----------------------------------------------------------------------------------


def _of_place(facts: Facts, request: Request) -> Iterator[str]:
    assert request.wanted is not None
    wanted, order_id = request.wanted, request.order_id
    record = facts.orders.get(order_id) if order_id else None
    digest = wanted.digest
    if request.is_answered and (record is None or record.digest != digest):
        yield f"{request}, but what is stored is {record}"
    if request.is_answered or request.code in EITHER_WAY:
        return
    if record is not None and record.request_id in request.uuids:
        yield f"{request}, but the order was taken"
    if request.code not in _NOBODY_LOOKED and _was_there(record, request):
        yield f"{request}, but it had been taken before"
    if request.code == "duplicate_client_order_id" and (record is None or record.digest == digest):
        yield f"{request}, but what is stored is {record}"


def _was_there(record: OrderRecord | None, request: Request) -> bool:
    """The same order, for longer than clocks differ and a write takes to land."""
    if record is None or request.wanted is None or record.digest != request.wanted.digest:
        return False
    return request.wanted.client_order_id != "" and record.created_ms < request.began_us // 1_000 - SURELY_MS


def _had_enough(facts: Facts, request: Request) -> bool:
    """Whether the hold could have been taken at every moment of the request."""
    wanted = request.wanted
    assert wanted is not None
    hold = _hold(request)
    if hold is None:
        return False
    before, during = 0, []
    for at_us, user, item in facts.run.cloud.wallets:
        if user == request.user and at_us <= request.ended_us:
            units = int(item.get("a_" + hold.asset, {"N": "0"})["N"])
            if at_us < request.began_us:
                before = units
            else:
                during.append(units)
    return min([before, *during]) >= hold.units


def _came_much_too_late(facts: Facts, command: Command) -> bool:
    """Such a one is taken for a message that is delivered again, and passed over in silence."""
    return any(
        command in decode(body)
        for batch in facts.run.cloud.acknowledged
        for body in batch.bodies
        if batch.ended_us // 1_000 - getattr(command, "accept_until_ms", 0) > SURE_MS
    )


def _hold(request: Request) -> Hold | None:
    """None where only the exchange knows at which price it is reckoned."""
    wanted = request.wanted
    assert wanted is not None
    market = wanted.market
    if wanted.funds:
        return hold_of(market, request.user, "buy", wanted.funds // market.step_units)
    if wanted.type == "market" and wanted.side == "buy":
        return None
    return hold_for(market, request.user, wanted.side, wanted.price, wanted.quantity)


# --- canceling --------------------------------------------------------------------------------


def _of_cancel(facts: Facts, request: Request, lines: dict[OrderId, list[Moment]]) -> Iterator[str]:
    """What the queue has taken is done in the end, unless the market was halted."""
    assert request.order_id is not None
    for command, told in facts.places_of(request):
        is_it = isinstance(command, CancelOrder) and command.order_id == request.order_id
        if told and is_it and lines[request.order_id][-1].status not in FINAL:
            market = facts.orders[request.order_id].market
            refused = {each for entry in facts.journals[market] for each, _ in entry.failed}
            if command.id not in refused and not _came_much_too_late(facts, command):
                yield f"{request}, and the queue took it, but the order is open"


# --- in the end -------------------------------------------------------------------------------


def _last_words(facts: Facts, lines: dict[OrderId, list[Moment]]) -> Iterator[str]:
    taken = {each.order_id for each in facts.run.history if each.wanted is not None and each.is_answered}
    for request in facts.run.last_answers:
        order_id = request.order_id
        assert order_id is not None
        if not request.is_answered:
            yield f"asked in the end: {request} {request.detail}"
        elif request.answer is None:
            if order_id in taken or order_id in facts.orders:
                yield f"{order_id} can not be found in the end"
        else:
            last = lines[order_id][-1]
            if (last.status, last.filled) != (request.answer.status, request.answer.filled):
                yield f"asked in the end: {request}, but it is {last}"
            if request.answer.status == "pending":
                yield f"{order_id} is pending for ever"
            if request.answer.record.replacing:
                yield f"{order_id} waits for a replace for ever"
    yield from _names(facts)


def _names(facts: Facts) -> Iterator[str]:
    """A client's own name belongs to one order."""
    for record in facts.orders.values():
        if record.client_order_id and record.id != order_id_from_client(record.user, record.client_order_id):
            yield f"{record.user} has two orders called {record.client_order_id}"
