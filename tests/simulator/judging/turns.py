"""Did everybody's commands keep their turn? What was asked for later was done later.

Only requests that did not overlap have an order, and only those whose command the queue
said it took: what was lost and sent again, or was sent by a process that died, may come later.
"""

from collections.abc import Iterator

from chalicelib.flows.records.commands import PlaceOrder
from chalicelib.ids import CommandId, MarketId

from .facts import Facts


def out_of_turn(facts: Facts, market: MarketId, order: list[CommandId]) -> Iterator[str]:
    """`order`: the commands of the market as they were done."""
    position = {command: number for number, command in enumerate(order)}
    sent: list[tuple[int, int, int, CommandId]] = []
    first_sent: set[CommandId] = set()
    for request in facts.run.history:
        for command, told in facts.places_of(request):
            is_first = command.id not in first_sent
            first_sent.add(command.id)
            if told and is_first and command.id in position and not _ended_unseen(facts, command):
                sent.append((request.began_us, request.ended_us, position[command.id], command.id))
    for began_us, _, at, command_id in sent:
        for _, ended_us, earlier_at, earlier in sent:
            if ended_us < began_us and earlier_at > at:
                yield f"{market}: {command_id} was done before {earlier}, which was asked for earlier"


def _ended_unseen(facts: Facts, command: object) -> bool:
    """A cancel that overtook its order, or the sweeper, ended it: then its place is not its own."""
    if not isinstance(command, PlaceOrder):
        return False
    record = facts.orders.get(command.order.order_id)
    return record is not None and record.filled == 0 and record.status in ("canceled", "expired")
