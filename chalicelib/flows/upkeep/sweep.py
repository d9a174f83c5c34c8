"""What becomes of an order, or a replace, that was promised but never reached its book?

Both are looked through by the minute in which they were accepted. An order that no book
knows and that is still pending gets an ExpireUnseen through the market's own queue, and an
order that still waits for a replace an ExpireReplace; the sweeper itself ends nothing and
never sends a place or a replace again. A minute is left behind only when all of it was seen
to be settled, so a lost message is sent again. What the matcher has given up ending is noted for a person
(`stranded`), and keeps no minute waiting.
"""

from typing import NamedTuple

from chalicelib.errors import QueueUnavailable
from chalicelib.flows import schema
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.plan import Put
from chalicelib.flows.ports import (
    AmendmentKey,
    CommandQueue,
    OrderKey,
    OrderReader,
    Reader,
    Timer,
    Writer,
)
from chalicelib.flows.records.commands import Command, ExpireReplace, ExpireUnseen
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.flows.upkeep.stranded import Stranded, forget_ended
from chalicelib.ids import CommandId, expire_command, expire_replace_command, place_command

# A minute is looked at when no order of it can still be on its way: longer than an intake
# may run and an order be accepted, than clocks differ, and than an index lags.
GRACE_MINUTES = 5
# The newest minutes come first, however long the backlog behind them is.
FRESH_MINUTES = 5
# Where a market begins that was never swept.
FIRST_LOOK_BACK_MINUTES = 60
PAGE = 100
# What is still not settled gets another ExpireUnseen or ExpireReplace after this.
RESEND_MS = 10 * 60_000


class SweepReport(NamedTuple):
    """Minutes looked at, orders and replaces seen, how many of these were sent to their end, and how many
    have newly turned out to have none."""

    minutes: int
    orders: int
    expired: int
    stranded: int = 0


class Sweeper:
    def __init__(
        self, reader: Reader, orders: OrderReader, writer: Writer, queue: CommandQueue, timer: Timer
    ) -> None:
        self._reader = reader
        self._orders = orders
        self._writer = writer
        self._queue = queue
        self._timer = timer
        self._stranded = 0

    def run(self, view: MarketView, deadline_ms: int) -> SweepReport:
        """One round over one market. What a round does not get to, the next one does."""
        self._stranded = 0
        forget_ended(self._reader, self._orders, self._writer, view.market.id)
        cursor = self._reader.get(schema.sweep_cursor(view.market.id))
        last = self._timer.now_ms() // 60_000 - GRACE_MINUTES
        settled = int(str(cursor["minute"])) if cursor else last - FIRST_LOOK_BACK_MINUTES
        if cursor is None:
            self._settle(view, settled)
        minutes = range(settled + 1, last + 1)
        looked: dict[int, tuple[int, int]] = {}
        for minute in (*minutes[-FRESH_MINUTES:], *minutes[:-FRESH_MINUTES]):
            if self._timer.now_ms() > deadline_ms:
                break
            looked[minute] = self._sweep_minute(view, minute)
            while looked.get(settled + 1, (0, 1))[1] == 0:
                settled += 1
                self._settle(view, settled)
        orders, expired = (sum(counts) for counts in zip(*looked.values(), strict=True)) if looked else (0, 0)
        return SweepReport(len(looked), orders, expired, self._stranded)

    def _settle(self, view: MarketView, minute: int) -> None:
        self._writer.commit((Put(schema.sweep_cursor(view.market.id), {"minute": minute}),))

    def _sweep_minute(self, view: MarketView, minute: int) -> tuple[int, int]:
        """How many orders and replaces there are, and how many of them are not settled."""
        counts = [self._sweep_part(view, minute, part) for part in range(schema.MINUTE_PARTS)]
        seen, expired = map(sum, zip(*counts, strict=True))
        return seen, expired

    def _sweep_part(self, view: MarketView, minute: int, part: int) -> tuple[int, int]:
        seen = expired = 0
        after: str | None = None
        while True:
            page = self._orders.of_minute(view.market.id, minute, part, after, PAGE)
            seen += len(page.keys) + len(page.amendments)
            lost = self._lost_orders(view, page.keys) if page.keys else []
            lost += self._lost_replaces(view, page.amendments) if page.amendments else []
            self._send(view, lost)
            expired += len(lost)
            if page.next is None:
                return seen, expired
            after = page.next

    def _lost_orders(self, view: MarketView, keys: list[OrderKey]) -> list[Command]:
        """Pending ones that the book neither holds nor has done within its memory."""
        with view.current() as replica:
            book, done, refused = replica.book, replica.done, {*replica.refused}
            unknown = [
                key
                for key in keys
                if not book.knows(key.order_id) and place_command(key.order_id) not in done
            ]
        pending = [record for record in self._orders.get_many(unknown) if record.status == "pending"]
        lost: list[Command] = []
        for record in pending:
            if refused & {expire_command(record.id, each) for each in self._rounds()}:
                self._strand(view, record, "")
            else:
                lost.append(ExpireUnseen(expire_command(record.id, self._round()), record.id, record.user))
        return lost

    def _lost_replaces(self, view: MarketView, keys: tuple[AmendmentKey, ...]) -> list[Command]:
        """Those that no book has done and that their orders still wait for."""
        with view.current() as replica:
            refused = {*replica.refused}
            unknown = [key for key in keys if key.command not in replica.done]
        amendments = self._orders.amendments(unknown)
        orders = dict.fromkeys(OrderKey(each.user, each.order_id) for each in amendments)
        waiting = {record.replacing: record for record in self._orders.get_many(list(orders))}
        lost: list[Command] = []
        for command in (each.command for each in amendments if each.command in waiting):
            record = waiting[command]
            if refused & {expire_replace_command(command, each) for each in self._rounds()}:
                self._strand(view, record, command)
            else:
                name = expire_replace_command(command, self._round())
                lost.append(ExpireReplace(name, record.id, record.user, command))
        return lost

    def _strand(self, view: MarketView, record: OrderRecord, replace: CommandId | str) -> None:
        """Once: from here on it counts as settled."""
        note = Stranded(record.user, record.id, replace, self._timer.now_ms())
        self._writer.commit((note.put(view.market.id),))
        self._stranded += 1

    def _rounds(self) -> tuple[str, str]:
        """This one and the one before: what was asked for then may be answered now."""
        now = int(self._round())
        return str(now), str(now - 1)

    def _round(self) -> str:
        """The queue drops a repeated id for minutes: so a queue that stands still is not filled
        up, and a message that was lost is sent again."""
        return str(self._timer.now_ms() // RESEND_MS)

    def _send(self, view: MarketView, commands: list[Command]) -> None:
        for command in commands:
            try:
                self._queue.send(view.market, [command])
            except QueueUnavailable:
                break  # the next round finds them again
