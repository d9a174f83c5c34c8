"""Did what was turned away, without the book's being asked, deserve it? And did what was let in?"""

from collections.abc import Iterator

from chalicelib.engine.events import OrderRejected
from chalicelib.flows.records.commands import Command, ExpireReplace, ExpireUnseen
from chalicelib.ids import CommandId, MarketId, OrderId, place_command

from .facts import Facts


class TurnedAway:
    """Of one market. Each answer is a complaint, or nothing."""

    def __init__(self, facts: Facts, market: MarketId) -> None:
        self._facts = facts
        self._market = market
        self._commands = facts.first_accepted(market)

    def in_time(self, order_id: OrderId, time_ms: int) -> Iterator[str]:
        late_ms = time_ms - self._facts.orders[order_id].accept_until_ms
        if late_ms > 0:
            yield f"{order_id} was matched {late_ms} ms too late"

    def late(self, command: Command, time_ms: int) -> Iterator[str]:
        if time_ms <= getattr(command, "accept_until_ms", time_ms):
            yield f"{command} was called late before its time"

    def order(self, event: OrderRejected, time_ms: int) -> Iterator[str]:
        record = self._facts.orders.get(event.order_id)
        if event.reason == "late":
            if record is not None and time_ms <= record.accept_until_ms:
                yield f"{event.order_id} was called late before its time"
        elif event.reason == "unseen":
            yield from self._unseen(place_command(event.order_id), event.order_id, ExpireUnseen, "order_id")
        else:
            yield f"{event.order_id} was turned away: {event.reason}"

    def replace(self, command_id: CommandId) -> Iterator[str]:
        """As unseen."""
        return self._unseen(command_id, command_id, ExpireReplace, "replace")

    def _unseen(self, command_id: CommandId, name: str, kind: type[Command], field: str) -> Iterator[str]:
        """The sweeper must have asked for its end, naming it in that field, before the queue brought it."""
        known = self._commands.get(command_id)
        asked = [
            each.number
            for each in self._facts.accepted[self._market]
            if isinstance(each.command, kind) and getattr(each.command, field) == name
        ]
        if not asked or (known is not None and known.number < min(asked)):
            yield f"{name} was called unseen, and had been seen"
