"""What does AWS do by itself in a run? It feeds the matchers and rings the schedules.

Each market's queue has several feeders, as many as may hold a batch at once: one whose
batch became visible again while its matcher still worked, or its own deletion was lost, is
how two matchers come to have the same messages.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib import handlers
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.flows.schema import Key
from chalicelib.ids import MarketId
from chalicelib.listing import MARKETS
from chalicelib.market import Market, Tier
from chalicelib.wiring import Exchange
from infra.resources import MATCHER_SECONDS
from tests.simulator.services.refusals import Wire
from tests.simulator.stories.story import Story, Weather

from .chance import Chance
from .faults import Faults
from .network import MS
from .processes import Context, Died, Process

if TYPE_CHECKING:
    from tests.simulator.stories.requests import Request

MATCHER_MS = 1_000 * MATCHER_SECONDS
SCHEDULED_MS = 60_000
WATCH_EVERY_S = 60
PAUSE_US = 200_000
# Without a request for so long, the schedules ring less often; nobody has time for empty hours.
QUIET_US = 8 * 60_000_000
SELDOM, SELDOM_S_MAX = 15, 900
# So little that somebody comes there on such a day.
TIERS = (Tier("6", "0.0007", "0.0013"), Tier("30", "0.0001", "0.0004"))


class Acknowledged(NamedTuple):
    """A batch, or the part of it, of which a matcher said that it is done. `clock_ms` is what the
    matcher took the time to be when it began."""

    market: MarketId
    began_us: int
    ended_us: int
    clock_ms: int
    bodies: list[str]


class Schedule(NamedTuple):
    name: str
    every_s: int
    act: Callable[[], None]


class Aws(ABC):
    """All processes of a run, and what is written down of it. Who builds one has set `scheduler`,
    `network`, `chance`, `faults` and `illegal`."""

    scheduler: Any
    network: Any
    chance: Chance
    faults: Faults
    illegal: list[str]

    def __init__(self, story: Story, markets: Mapping[MarketId, Market], queues: dict[MarketId, Any]) -> None:
        self.story, weather = story, story.weather
        self.markets = markets
        self.queues = queues
        self.apis = self._processes("api", weather.apis)
        self.matchers = {
            market.id: self._processes(f"{market.slug} matcher", weather.matchers)
            for market in self.markets.values()
        }
        self.sweepers = self._processes("sweeper", 2)
        self.folders = self._processes("folder", 2)
        self.watchers = self._processes("watcher", 1)
        self.counters = self._processes("counter", 2)
        self.partly_done = 0
        self.bugs: list[str] = []
        self.others: list[Any] = []
        self.handed_over: list[tuple[Market, list[Wire]]] = []
        self.journaled_us: dict[tuple[str, str], int] = {}
        self.pointers: list[tuple[int, str, int]] = []
        self.wallets: list[tuple[int, str, Wire]] = []
        self.volumes: list[tuple[int, Key, Wire]] = []
        self.acknowledged: list[Acknowledged] = []
        self.tampered: dict[str, int] = {}
        self.closing = False
        self.began_us = self.asked_us = self.now_us

    @property
    def now_us(self) -> int:
        now_us: int = self.scheduler.now_us
        return now_us

    # --- what kind of services there are --------------------------------------------------------

    @abstractmethod
    def house_at_work(self) -> Exchange:
        """Whose code is running: what handlers take for the exchange of their process."""

    @abstractmethod
    def new_process(self, name: str) -> Process: ...

    @abstractmethod
    def store(self) -> DynamoStore:
        """Nothing stands between: for looking at what is stored."""

    @abstractmethod
    def sqs_line(self, process: Process) -> Any:
        """A client of SQS, as a process has it."""

    @abstractmethod
    def wait_for(self, queue: Any) -> None:
        """Until there may be a message."""

    @abstractmethod
    def visible_in_us(self, queue: Any) -> int | None:
        """Until a message can be received; None when there is none."""

    @abstractmethod
    def pass_time(self, us: int) -> None:
        """While nobody does anything."""

    def close_feeders(self) -> None:
        """Whoever waits for a message learns that no more will come."""
        self.closing = True

    def all_processes(self) -> list[Process]:
        matchers = [process for each in self.matchers.values() for process in each]
        return [*self.apis, *matchers, *self.sweepers, *self.folders, *self.watchers, *self.counters]

    def server(self, *name: object) -> Process:
        """Of the API, for who is called so."""
        self.asked_us = self.now_us
        return self.free(self.apis, *name)

    def asked(self, request: "Request") -> None:
        self.network.note(request.client, request.kind, request.label, {}, request.code or "answered")

    def free(self, processes: list[Process], *name: object) -> Process:
        """One that has nothing to do; the first ones are asked more often. A new one if need be."""
        idle = [process for process in processes if not process.busy]
        if not idle:
            kind = processes[0].name.rpartition("-")[0]
            processes.append(self.new_process(f"{kind}-{len(processes)}"))
            return processes[-1]
        weights = [(process, 2 ** (len(idle) - i)) for i, process in enumerate(idle)]
        return self.chance.weighted(weights, "free", *name)

    # --- queues and matchers ------------------------------------------------------------------

    def feed(self, market: Market, feeder: Process) -> None:
        """What an event source mapping does, until the run closes.

        Between two batches it may pause, as one does that is throttled; then batches are full.
        """
        while not self.closing:
            self.scheduler.sleep(self.story.weather.feed_pause_ms * MS)
            if not self.feed_once(market, feeder):
                self.wait_for(self.queues[market.id])

    def feed_once(self, market: Market, feeder: Process) -> bool:
        """One batch. False when there was none."""
        line, url = self.sqs_line(feeder), self.queues[market.id].url
        try:
            most = self.chance.pick((1, 3, 10, 10), feeder.name, "most", feeder.count("batch"))
            records = line.receive_message(QueueUrl=url, MaxNumberOfMessages=most).get("Messages", [])
            if not records:
                return False
            failed = self.hand_over(market, [_record(letter) for letter in records], feeder.name)
            done = [letter for letter in records if letter["MessageId"] not in failed]
            entries = [{"Id": str(i), "ReceiptHandle": each["ReceiptHandle"]} for i, each in enumerate(done)]
            if entries:
                line.delete_message_batch(QueueUrl=url, Entries=entries)
        except Exception as error:
            if not _is_aws(error):
                raise
            self.scheduler.sleep(PAUSE_US)
        return True

    def hand_over(self, market: Market, records: list[Wire], *by: object) -> set[str]:
        """Run a matcher on one batch. The ids of the messages that stay on the queue."""
        self.handed_over.append((market, records))
        matcher = self.free(self.matchers[market.id], *by, len(self.handed_over))
        began_us = self.now_us
        try:
            answer = matcher.run(
                lambda house: handlers.match(market, {"Records": records}, Context(matcher)), MATCHER_MS
            )
        except Died:
            return {record["messageId"] for record in records}
        except Exception as bug:
            self.bugs.append(f"{matcher.name}: {bug!r}")
            return {record["messageId"] for record in records}
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        self.partly_done += 0 < len(failed) < len(records)
        bodies = [record["body"] for record in records if record["messageId"] not in failed]
        if bodies:
            clock_ms = began_us // MS + matcher.skew_ms
            batch = Acknowledged(market.id, began_us, self.now_us, clock_ms, bodies)
            self.acknowledged.append(batch)
        return failed

    # --- schedules ----------------------------------------------------------------------------

    def ring(
        self, processes: list[Process], handler: Callable[[Any], None], limit_ms: int = SCHEDULED_MS
    ) -> None:
        process = self.free(processes, "schedule", len(self.network.trace))
        try:
            process.run(lambda house: handler(Context(process)), limit_ms)
        except Died:
            return
        except Exception as bug:
            self.bugs.append(f"{process.name}: {bug!r}")

    def repeat(self, every_s: int, act: Callable[[], None]) -> None:
        took_us = 0
        while not self.closing:
            quiet = self.now_us - self.asked_us > QUIET_US
            wait_s = min(every_s * SELDOM, SELDOM_S_MAX) if quiet else every_s
            self.scheduler.sleep(max(0, wait_s * 1_000 * MS - took_us))
            began_us = self.now_us
            if not self.closing:
                act()
            took_us = self.now_us - began_us

    def schedules(self) -> list[Schedule]:
        """A schedule may ring twice: so the second folder begins while the first is at work."""
        weather = self.story.weather
        sweep = partial(self.ring, self.sweepers, handlers.sweep_all)
        fold = partial(self.ring, self.folders, handlers.fold_all)
        watch = partial(self.ring, self.watchers, handlers.watch_clock)
        count = partial(self.ring, self.counters, handlers.count_volumes)
        return [
            Schedule("sweeping", weather.sweep_every_s, sweep),
            Schedule("watching", WATCH_EVERY_S, watch),
            Schedule("counting", weather.count_every_s, count),
            Schedule("folding", weather.fold_every_s, fold),
            Schedule("folding too", weather.fold_every_s, fold),
        ]

    def _processes(self, kind: str, count: int) -> list[Process]:
        return [self.new_process(f"{kind}-{number}") for number in range(count)]


def listed(weather: Weather) -> Mapping[MarketId, Market]:
    """The house's own markets, with limits that a day of little trade comes to."""
    given = {"tiers": TIERS, "open_orders_max": weather.open_orders_max}
    return {market: replace(MARKETS[market], **given) for market in weather.markets}  # type: ignore[arg-type]


def _record(letter: Wire) -> Wire:
    """As Lambda hands it over."""
    return {
        "messageId": letter["MessageId"],
        "receiptHandle": letter["ReceiptHandle"],
        "body": letter["Body"],
        "attributes": letter["Attributes"],
    }


def _is_aws(error: Exception) -> bool:
    return type(error).__module__.startswith("botocore.")
