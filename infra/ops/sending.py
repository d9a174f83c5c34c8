"""How does an operator's command reach a market, and what became of it?"""

from collections.abc import Sequence

from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.records.commands import CancelAll, Command
from chalicelib.ids import UserId, cancel_all_command
from chalicelib.market import Market
from chalicelib.wiring import Exchange

# A command that waits longer than this in the queue is not carried out. A halt is wanted most while
# there is a backlog, so that is long; but while a refusal is remembered.
ACCEPT_MS = 6 * 60_000
# Commands of one message.
MESSAGE_MAX = 20


def carry_out(house: Exchange, market: Market, command: Command) -> str | None:
    """None once it is done; else why it is not. Raises QueueUnavailable."""
    house.queue.send(market, [command])
    view = house.views[market.id]
    if not view.wait_until(lambda replica: command.id in replica.done, ACCEPT_MS):
        return "the market has not come to it"
    with view.current() as replica:
        return replica.refused.get(command.id)


def cancel_all_of(house: Exchange, market: Market, users: Sequence[UserId]) -> int:
    """Cancel what they have in the book; how many of their orders are left there in the end.

    At least one, when the market has not come to it. Raises QueueUnavailable: some may have been canceled.
    """
    until_ms = house.timer.now_ms() + ACCEPT_MS
    commands = [
        CancelAll(cancel_all_command(user, market.id, house.ids.uuid()), user, None, until_ms)
        for user in users
    ]
    for start in range(0, len(commands), MESSAGE_MAX):
        house.queue.send(market, commands[start : start + MESSAGE_MAX])
    view, ids = house.views[market.id], {command.id for command in commands}
    done = view.wait_until(lambda replica: ids <= replica.done.keys(), ACCEPT_MS)
    left = open_counts(view)
    return max(sum(left.get(user, 0) for user in users), 0 if done else 1)


def open_counts(view: MarketView) -> dict[UserId, int]:
    """How many orders rest or sleep in the book, by owner."""
    with view.current() as replica:
        return {user: len(replica.book.orders_of(user)) for user in sorted(_owners(replica))}


def _owners(replica: Replica) -> set[UserId]:
    book = replica.book
    owners = {order.user for order in book.resting()} | {stop.order.user for stop in book.stops()}
    return owners | ({book.unfinished.user} if book.unfinished else set())
