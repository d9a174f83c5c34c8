"""A FIFO queue in memory: which messages does a market's matcher get, and when again?

Source: Amazon SQS developer guide, "FIFO queues": one message group is handed out in order;
as long as one of its messages is in flight, none behind it is; a deduplication id that was
seen within 5 minutes is accepted and dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.adapters.sqs import retry_delay_s
from chalicelib.errors import QueueUnavailable
from chalicelib.flows.ports import Timer
from chalicelib.flows.records.commands import Command, encode
from chalicelib.ids import MarketId, message_id
from chalicelib.market import Market
from infra.resources import RECEIVES_MAX, VISIBILITY_SECONDS

from .faults import Applies, Faults, anything

DEDUPLICATION_MS = 5 * 60_000
BATCH_MAX = 10

Record = dict[str, Any]


@dataclass
class Letter:
    """One message. It can be received once `visible_ms` has come."""

    id: str
    body: str
    sent_ms: int
    visible_ms: int
    receives: int = 0

    def as_record(self) -> Record:
        """As Lambda hands it over."""
        return {
            "messageId": self.id,
            "receiptHandle": f"{self.id}/{self.receives}",
            "body": self.body,
            "attributes": {
                "SentTimestamp": str(self.sent_ms),
                "ApproximateReceiveCount": str(self.receives),
            },
        }


@dataclass
class MemoryQueue:
    """The queues of all markets. `faults` strike sending; they are asked about the commands.

    `sent` are all commands, message by message or not.
    """

    timer: Timer
    faults: Faults = field(default_factory=Faults)
    letters: dict[MarketId, list[Letter]] = field(default_factory=dict)
    dead: list[Letter] = field(default_factory=list)
    sent: list[tuple[MarketId, Command]] = field(default_factory=list)
    _seen: dict[tuple[MarketId, str], int] = field(default_factory=dict)
    _count: int = 0

    def send(self, market: Market, commands: Sequence[Command]) -> None:
        """Raises QueueUnavailable when a fault asks for it."""
        self.faults.strike(commands, lambda: self._send(market.id, list(commands)))

    def lose(self, when: Applies = anything, times: int = 1, landed: bool = False) -> None:
        """Messages are lost; or, with `landed`, only the word that they arrived."""
        self.faults.fail(lambda: QueueUnavailable("no answer"), when, times, landed)

    def put(self, market: MarketId, body: str) -> None:
        """A message of any text."""
        letters = self.letters.setdefault(market, [])
        now_ms = self.timer.now_ms()
        self._count += 1
        letters.append(Letter(f"letter-{self._count}", body, now_ms, now_ms))

    def receive(self, market: MarketId, most: int = BATCH_MAX) -> list[Record]:
        """The next messages in order; none while an earlier one is in flight."""
        now_ms = self.timer.now_ms()
        self._bury(market)
        batch: list[Letter] = []
        for letter in self.letters.get(market, [])[:most]:
            if letter.visible_ms > now_ms:
                break
            letter.visible_ms = now_ms + VISIBILITY_SECONDS * 1000
            letter.receives += 1
            batch.append(letter)
        return [letter.as_record() for letter in batch]

    def delete(self, market: MarketId, records: list[Record]) -> None:
        gone = {record["messageId"] for record in records}
        self.letters[market] = [letter for letter in self.letters[market] if letter.id not in gone]

    def retry_soon(self, market: Market, records: list[Mapping[str, Any]], *, progressed: bool) -> None:
        named = {record["messageId"] for record in records}
        receives = int(records[0]["attributes"]["ApproximateReceiveCount"])
        delay_s = 0 if progressed else retry_delay_s(receives)
        for letter in self.letters[market.id]:
            if letter.id in named:
                letter.visible_ms = self.timer.now_ms() + delay_s * 1000

    def waiting(self, market: MarketId) -> int:
        return len(self.letters.get(market, []))

    def depth(self, market: Market) -> tuple[int, int]:
        """How many wait, and how many are in flight."""
        now_ms, letters = self.timer.now_ms(), self.letters.get(market.id, [])
        in_flight = sum(1 for letter in letters if letter.receives and letter.visible_ms > now_ms)
        return len(letters) - in_flight, in_flight

    def visible_in_ms(self, market: MarketId) -> int:
        """Until the next message can be received; 0 when it can, or when there is none."""
        first = next(iter(self.letters.get(market, [])), None)
        return 0 if first is None else max(0, first.visible_ms - self.timer.now_ms())

    def _send(self, market: MarketId, commands: list[Command]) -> None:
        self.sent += [(market, command) for command in commands]
        now_ms, name = self.timer.now_ms(), message_id([command.id for command in commands])
        seen_ms = self._seen.get((market, name))
        if seen_ms is None or now_ms - seen_ms >= DEDUPLICATION_MS:
            self._seen[market, name] = now_ms
            self.put(market, encode(commands))

    def _bury(self, market: MarketId) -> None:
        letters = self.letters.get(market, [])
        while (
            letters and letters[0].receives >= RECEIVES_MAX and letters[0].visible_ms <= self.timer.now_ms()
        ):
            self.dead.append(letters.pop(0))
