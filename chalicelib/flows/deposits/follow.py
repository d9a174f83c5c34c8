"""How are deposits found? By following what lands on the whole network, again and again.

A history comes newest first and is ordered by the time of votes, so a late staple goes in among
older ones: each round reads an overlap again. A round that does not get to its end saves where it
was; what it has posted is posted. Whatever can not be read or proven is noted and stops nobody:
the comparison of balances is the backstop.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple, Protocol

from chalicelib.flows.custody import table
from chalicelib.flows.deposits.credit import Crediting
from chalicelib.flows.plan import Put
from chalicelib.flows.runs.ports import Desk
from chalicelib.keeta.account import Account
from chalicelib.keeta.errors import KeetaError, VoteNotValidNow
from chalicelib.keeta.quorum import verify_staple
from chalicelib.keeta.staple import Staple
from chalicelib.settlement.errors import KeetaNodeError
from chalicelib.settlement.told import Entry, HistoryPage, Unreadable

CURSOR = "deposits"
# How far behind the newest a staple may still turn up.
OVERLAP_MS = 10 * 60_000
# Of one account's, given to everybody.
SPREAD_MAX = 5
# Staples that a warm process need not look at again.
KNOWN_MAX = 50_000


class Histories(Protocol):
    @property
    def turns(self) -> int:
        """So many representatives can be asked."""

    def history(self, account: Account | None, start: bytes | None, turn: int) -> HistoryPage:
        """Newest first, of the whole network or one account. `turn` chooses the representative.

        Raises KeetaNodeError.
        """


class Place(NamedTuple):
    """done: everything up to this moment was seen. While a round is under way: top is the newest
    moment it has seen, start where it goes on, in hexadecimal. finished_ms: when the last round was over, or
    the first began."""

    done: int
    top: int
    start: str
    turn: int
    finished_ms: int = 0


class Follower:
    def __init__(self, desk: Desk, histories: Histories, crediting: Crediting) -> None:
        self._desk = desk
        self._histories = histories
        self._crediting = crediting
        self._known: dict[bytes, None] = {}

    def visit(self, deadline_ms: int) -> Counter[str]:
        """One round over what is new. How many credits were posted, by asset. Raises StoreError."""
        place, posted = self._place(), Counter[str]()
        while self._desk.timer.now_ms() < deadline_ms:
            try:
                start = bytes.fromhex(place.start) or None
                page = self._histories.history(None, start, place.turn)
            except KeetaNodeError as failure:
                self._desk.observer.note("history_not_read", reason=failure.detail)
                # The next one may answer, and may not know where this one was.
                self._save(place._replace(turn=place.turn + 1, start="", top=0))
                break
            since = place.done - OVERLAP_MS
            posted += self.take(each for each in page.entries if (each.moment or since) >= since)
            place, over = self._after(place, page)
            self._save(place)
            if over:
                break
        return posted

    def take(self, entries: Iterable[Entry | Unreadable]) -> Counter[str]:
        """Post what these staples bring. What was taken once by this process is not looked at again."""
        fresh = [each for each in entries if each.id not in self._known]
        proven = {each.id: staple for each in fresh if (staple := self._proven(each)) is not None}
        posted = self._crediting.take(proven.values())
        if len(self._known) + len(fresh) > KNOWN_MAX:
            self._known.clear()
        # What is not proven yet may be later: a vote of the future, by our clock or by theirs.
        self._known |= dict.fromkeys(proven)
        return posted

    @property
    def turns(self) -> int:
        return self._histories.turns

    def account(self, account: Account, turn: int, pages_max: int, deadline_ms: int) -> None:
        """The same for the whole history of one account of ours, as one representative tells it. The newest
        is given to the others too: one of them may have kept it to itself. Raises KeetaNodeError."""
        start = None
        for _ in range(pages_max):
            if self._desk.timer.now_ms() > deadline_ms:
                break
            page = self._histories.history(account, start, turn)
            if not page.entries:
                break
            self._known.clear()
            self.take(page.entries)
            if start is None:
                self._spread(page.entries[:SPREAD_MAX])
            start = page.next

    def _spread(self, entries: Iterable[Entry | Unreadable]) -> None:
        for entry in entries:
            if isinstance(entry, Entry) and self._proven(entry) is not None:
                with suppress(KeetaNodeError):
                    self._desk.chain.spread(entry.staple)

    def _proven(self, entry: Entry | Unreadable) -> Staple | None:
        if isinstance(entry, Unreadable):
            self._set_aside(entry.id, entry.reason)
            return None
        try:
            verify_staple(entry.staple, self._desk.chain.weights, self._desk.timer.now_ms())
        except VoteNotValidNow:
            return None  # looked at again in the next round
        except KeetaError as error:
            self._set_aside(entry.id, f"not proven: {error.code}")
            return None
        return entry.staple

    def _set_aside(self, id_: bytes, reason: str) -> None:
        """Told once. A person reads it; no balance depends on it."""
        key = table.note("unreadable", id_.hex() or "nameless")
        if self._desk.reader.get(key) is None:
            self._desk.observer.alarm("unreadable_staple", id=id_.hex(), reason=reason)
            self._desk.writer.commit((Put(key, {"reason": reason, "at_ms": self._desk.timer.now_ms()}),))

    def _after(self, place: Place, page: HistoryPage) -> tuple[Place, bool]:
        """Where to go on, and whether the round is over."""
        moments = [each.moment for each in page.entries if each.moment is not None]
        # Never beyond now: what comes later must not fall behind a moment that somebody made up.
        top = min(max([place.top, *moments]), self._desk.timer.now_ms()) if not place.start else place.top
        bottom = place.done - OVERLAP_MS
        # The order is not strict: one old staple among new ones, or one moment made up, ends nothing.
        if not page.entries or (moments and max(moments) < bottom):
            return Place(max(place.done, top), 0, "", place.turn + 1, self._desk.timer.now_ms()), True
        return place._replace(top=top, start=(page.next or b"").hex()), False

    def _place(self) -> Place:
        item = self._desk.reader.get(table.cursor(CURSOR))
        if item is None:
            # No account of ours is older than the exchange.
            now_ms = self._desk.timer.now_ms()
            return Place(now_ms - OVERLAP_MS, 0, "", 0, now_ms)
        return Place(**{name: item[name] for name in Place._fields if name in item})  # type: ignore[arg-type]

    def _save(self, place: Place) -> None:
        self._desk.writer.commit((Put(table.cursor(CURSOR), place._asdict()),))
