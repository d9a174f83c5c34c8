"""What is there to see when a run has come to rest? Read once, for whoever judges it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from chalicelib.adapters.journal import DynamoJournal
from chalicelib.errors import InvalidInput
from chalicelib.flows import schema
from chalicelib.flows.plan import Item
from chalicelib.flows.records.amendments import Amendment
from chalicelib.flows.records.commands import Command, PlaceOrder, decode
from chalicelib.flows.records.journal import JournalEntry
from chalicelib.flows.records.orders import OrderRecord
from chalicelib.ids import CommandId, MarketId, OrderId
from tests.simulator.run import Run
from tests.simulator.stories.requests import Request


class Accepted(NamedTuple):
    """A command that a queue took; `number` counts the queue's messages."""

    number: int
    at_us: int
    command: Command


@dataclass
class Facts:
    run: Run

    def __post_init__(self) -> None:
        cloud = self.run.cloud
        self.store = cloud.store()
        self.journal = DynamoJournal(self.store)
        self.journals: dict[MarketId, list[JournalEntry]] = {
            market: list(self.journal.tail(market, 0)) for market in cloud.markets
        }
        self.accounts: list[Item] = list(self.store.scan(schema.ACCOUNTS))
        self.now_ms = cloud.now_us // 1_000

    @cached_property
    def orders(self) -> dict[OrderId, OrderRecord]:
        items = (item for item in self.accounts if str(item["sk"]).startswith(schema.ORDER_PREFIX))
        return {record.id: record for record in map(OrderRecord.from_item, items)}

    @cached_property
    def amendments(self) -> dict[CommandId, Amendment]:
        items = (item for item in self.accounts if str(item["sk"]).startswith(schema.AMENDMENT_PREFIX))
        return {amendment.command: amendment for amendment in map(Amendment.from_item, items)}

    @cached_property
    def accepted(self) -> dict[MarketId, list[Accepted]]:
        """Every command of every message, in the order of the queue."""
        return {market: list(self._accepted(market)) for market in self.run.cloud.markets}

    def first_accepted(self, market: MarketId) -> dict[CommandId, Accepted]:
        """Each command by its id, as it came first."""
        return {each.command.id: each for each in reversed(self.accepted[market])}

    def entry_us(self, entry: JournalEntry) -> int:
        """When it was written, in true time."""
        key = schema.journal_entry(entry.market, entry.seq)
        return self.run.cloud.journaled_us[key.pk, key.sk]

    def places_of(self, request: Request) -> list[tuple[Command, bool]]:
        """The commands that one request sent, and whether the queue said that it has them."""
        return [(command, told) for body, told in request.sent for command in decode(body)]

    def placed(self, market: MarketId) -> dict[OrderId, PlaceOrder]:
        commands = (each.command for each in reversed(self.accepted[market]))
        return {each.order.order_id: each for each in commands if isinstance(each, PlaceOrder)}

    def _accepted(self, market: MarketId) -> Iterator[Accepted]:
        for number, (at_us, body) in enumerate(self.run.cloud.queues[market].accepted):
            try:
                commands = decode(body)
            except InvalidInput:
                continue
            yield from (Accepted(number, at_us, command) for command in commands)
