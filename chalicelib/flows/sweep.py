"""What becomes of an order that was promised, but never reached its book?

Orders are looked through by the minute in which they were accepted. An order that no
book knows and that is still pending gets an ExpireUnseen through the market's own queue;
the sweeper itself ends nothing and never sends a place again. A minute is left behind
only when every order of it was seen to be settled, so a lost message is sent again.
"""

from typing import NamedTuple

from chalicelib.errors import QueueUnavailable
from chalicelib.flows import schema
from chalicelib.flows.commands import ExpireUnseen
from chalicelib.flows.plan import Put
from chalicelib.flows.ports import CommandQueue, OrderKey, OrderReader, Reader, Timer, Writer
from chalicelib.flows.view import MarketView
from chalicelib.ids import expire_command, place_command

# A minute is looked at when no order of it can still be on its way: longer than intake
# may run and an order may be accepted, and than an index lags.
GRACE_MINUTES = 2
# Where a market begins that was never swept: no order waits longer than this unnoticed.
FIRST_LOOK_BACK_MINUTES = 60
MINUTES_PER_RUN_MAX = 120
PAGE = 100


class SweepReport(NamedTuple):
    """Minutes and orders looked at, and how many were sent to their end."""

    minutes: int
    orders: int
    expired: int


class Sweeper:
    def __init__(
        self, reader: Reader, orders: OrderReader, writer: Writer, queue: CommandQueue, timer: Timer
    ) -> None:
        self._reader = reader
        self._orders = orders
        self._writer = writer
        self._queue = queue
        self._timer = timer

    def run(self, view: MarketView) -> SweepReport:
        """One round over one market. A round that dies is simply done again by the next."""
        now_minute = self._timer.now_ms() // 60_000
        cursor = self._reader.get(schema.sweep_cursor(view.market.id))
        swept = int(str(cursor["minute"])) if cursor else now_minute - FIRST_LOOK_BACK_MINUTES
        last = min(now_minute - GRACE_MINUTES, swept + MINUTES_PER_RUN_MAX)
        seen = expired = 0
        settled_until, unbroken = swept, True
        for minute in range(swept + 1, last + 1):
            orders, unseen = self._sweep_minute(view, minute)
            seen, expired = seen + orders, expired + unseen
            unbroken = unbroken and unseen == 0
            settled_until = minute if unbroken else settled_until
        if cursor is None or settled_until > swept:
            self._writer.commit((Put(schema.sweep_cursor(view.market.id), {"minute": settled_until}),))
        return SweepReport(max(0, last - swept), seen, expired)

    def _sweep_minute(self, view: MarketView, minute: int) -> tuple[int, int]:
        seen = expired = 0
        after: str | None = None
        while True:
            page = self._orders.of_minute(view.market.id, minute, after, PAGE)
            seen += len(page.keys)
            expired += self._expire(view, self._unknown(view, page.keys))
            if page.next is None:
                return seen, expired
            after = page.next

    def _unknown(self, view: MarketView, keys: list[OrderKey]) -> list[OrderKey]:
        """Orders that the book neither holds nor has done within its memory."""
        with view.current() as replica:
            book, done = replica.book, replica.done
            sweeping = {book.unfinished.order_id} if book.unfinished else set()
            return [
                key
                for key in keys
                if key.order_id not in book.orders
                and key.order_id not in sweeping
                and place_command(key.order_id) not in done
            ]

    def _expire(self, view: MarketView, keys: list[OrderKey]) -> int:
        pending = [record for record in self._orders.get_many(keys) if record.status == "pending"]
        for record in pending:
            # A new id each time: the queue drops a repeated one, even if the first was lost.
            command = expire_command(record.id, str(self._timer.now_ms()))
            try:
                self._queue.send(view.market, ExpireUnseen(command, record.id, record.user))
            except QueueUnavailable:
                break  # the next round finds them again
        return len(pending)
