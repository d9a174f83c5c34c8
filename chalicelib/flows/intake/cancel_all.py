"""How do all orders of a user in a market end at once, now or when he falls silent?

Like a cancel, both promise nothing and are harmless to send again.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from chalicelib.engine.order import Side
from chalicelib.errors import BookCorrupt, OutcomeUnknown, QueueUnavailable, StoreError
from chalicelib.flows.book.replica import Replica
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.intake.refusals import refused
from chalicelib.flows.ports import CommandQueue, Identifiers, Timer
from chalicelib.flows.records.commands import CancelAll, SetCancelAllTimer
from chalicelib.ids import CommandId, OrderId, UserId, cancel_all_command, timer_command

# Like an order that may rest.
ACCEPT_MS = 15_000


class CancelAllReport(NamedTuple):
    """`ended`: orders that were open in the book, and are no more. Only `is_done` says: all of them.

    `refused`: why the market refused to go on amid them, if it did. What is left stays open then.
    """

    is_done: bool
    ended: list[OrderId]
    refused: str | None = None


class SwitchReport(NamedTuple):
    """`deadline_ms` is when all orders will be canceled, 0: never. In force once `is_done`."""

    is_done: bool
    deadline_ms: int


class CancelAlls:
    """For users who have been authenticated."""

    def __init__(self, queue: CommandQueue, timer: Timer, ids: Identifiers) -> None:
        self._queue = queue
        self._timer = timer
        self._ids = ids

    def cancel_all(self, user: UserId, view: MarketView, side: Side | None, wait_ms: int) -> CancelAllReport:
        """Cancel what the user has in the book, or what is on its way there; of one side, or of both.

        Raises MarketClosed, CommandRefused: none of them has ended. Raises OutcomeUnknown.
        """
        with view.current() as replica:
            before = left = _open_ids(replica, user, side)

        def look(replica: Replica) -> None:
            nonlocal left
            left = _open_ids(replica, user, side)

        now_ms = self._timer.now_ms()
        command = CancelAll(
            cancel_all_command(user, view.market.id, self._ids.uuid()), user, side, now_ms + ACCEPT_MS
        )
        is_done, reason = self._carry_out(view, command, wait_ms, look)
        still_open = set(left)
        ended = [each for each in before if each not in still_open]
        if reason is not None and not ended:
            raise refused(reason, "market")
        return CancelAllReport(is_done, ended, reason)

    def cancel_all_after(self, user: UserId, view: MarketView, ms: int, wait_ms: int) -> SwitchReport:
        """The dead man's switch: cancel all after so long, unless it is set anew; 0 turns it off.

        One that reaches the book when its time is over goes off at once.
        Raises MarketClosed, CommandRefused: nothing has changed. Raises OutcomeUnknown.
        """
        now_ms = self._timer.now_ms()
        deadline_ms = now_ms + ms if ms else 0
        command_id = timer_command(user, view.market.id, self._ids.uuid())
        command = SetCancelAllTimer(command_id, user, deadline_ms, now_ms + ACCEPT_MS)
        is_done, reason = self._carry_out(view, command, wait_ms)
        if reason is not None:
            raise refused(reason, "market")
        return SwitchReport(is_done, deadline_ms)

    def _carry_out(
        self,
        view: MarketView,
        command: CancelAll | SetCancelAllTimer,
        wait_ms: int,
        look: Callable[[Replica], None] = lambda _: None,
    ) -> tuple[bool, str | None]:
        """Whether it was done within the time; or why it was refused. `look` sees each book on the way."""
        with view.recent() as replica:
            if replica.book.mode == "halted":
                raise refused("market_halted", "market")
        try:
            self._queue.send(view.market, [command])
        except QueueUnavailable:
            raise OutcomeUnknown("the command may have been lost; send it again") from None
        return _wait(view, command.id, wait_ms, look)


def _wait(
    view: MarketView, command: CommandId, wait_ms: int, look: Callable[[Replica], None]
) -> tuple[bool, str | None]:
    reason: str | None = None

    def done(replica: Replica) -> bool:
        nonlocal reason
        look(replica)
        reason = replica.refused.get(command)
        return command in replica.done

    # It is on its way: what can not be read now does not call it back.
    with suppress(StoreError, BookCorrupt):
        return view.wait_until(done, wait_ms) and reason is None, reason
    return False, reason


def _open_ids(replica: Replica, user: UserId, side: Side | None) -> list[OrderId]:
    return [order.order_id for order in replica.book.orders_of(user) if side in (None, order.side)]
