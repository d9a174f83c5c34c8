"""What if commands were lost between intake and book, done twice, or done too late?"""

from typing import Any

from chalicelib import handlers
from chalicelib.adapters import sqs
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.flows.matcher import place as placing
from chalicelib.flows.matcher import take
from chalicelib.flows.matcher.match import Matcher, Outcome
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.records.commands import PlaceOrder
from chalicelib.flows.upkeep.sweep import Sweeper
from chalicelib.ids import message_id, place_command

from .breaking import Patches, breakage, instead


@breakage
def messages_are_acknowledged_whatever_happened() -> Patches:
    run = Matcher.run

    def careless(matcher: Matcher, messages: Any, deadline_ms: int) -> Outcome:
        run(matcher, messages, deadline_ms)
        return Outcome(len(messages), None, True)

    yield instead(Matcher, "run", careless)


@breakage
def only_the_first_failure_of_a_batch_is_reported() -> Patches:
    match = handlers.match

    def holey(market: Any, event: Any, context: Any) -> Any:
        answer = match(market, event, context)
        return {"batchItemFailures": answer["batchItemFailures"][:1]}

    yield instead(handlers, "match", holey)


@breakage
def the_queue_knows_a_command_by_its_order() -> Patches:
    """It swallows a second reduce of an order within five minutes."""
    send = SqsQueue.send

    def shortsighted(self: SqsQueue, market: Any, commands: Any) -> None:
        named = getattr(commands[0], "order_id", "")
        with instead(sqs, "message_id", lambda ids: named or message_id(ids)):
            send(self, market, commands)

    yield instead(SqsQueue, "send", shortsighted)


@breakage
def accept_until_is_ignored() -> Patches:
    place = placing.place

    def patient(step: Step, command: PlaceOrder, *others: Any) -> bool:
        return place(step, command._replace(accept_until_ms=step.time_ms), *others)

    yield instead(take, "place", patient)


@breakage
def the_sweeper_sends_a_place_again() -> Patches:
    def expire(self: Sweeper, view: Any, keys: Any) -> list[Any]:
        pending = [record for record in self._orders.get_many(keys) if record.status == "pending"]
        for record in pending:
            until_ms = self._timer.now_ms() + 15_000
            place = PlaceOrder(place_command(record.id), record.as_limit_order(), until_ms)
            self._queue.send(view.market, [place])
        return []

    yield instead(Sweeper, "_lost_orders", expire)


@breakage
def the_sweeper_leaves_a_minute_behind_too_soon() -> Patches:
    sweep_minute = Sweeper._sweep_minute

    def hasty(self: Sweeper, view: Any, minute: int) -> tuple[int, int]:
        return sweep_minute(self, view, minute)[0], 0

    yield instead(Sweeper, "_sweep_minute", hasty)
    yield instead(Sweeper, "_send", lambda self, view, commands: None)
