"""What does AWS do by itself in a run? It feeds the matchers and rings the schedules.

Each market's queue has several feeders, as many as may hold a batch at once: one whose
batch became visible again while its matcher still worked, or its own deletion was lost, is
how two matchers come to have the same messages.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib import handlers
from chalicelib.flows import schema
from chalicelib.flows.schema import Key
from chalicelib.ids import MarketId
from chalicelib.listing import MARKETS
from chalicelib.market import Market, Tier
from chalicelib.wiring import Exchange
from infra.resources import MATCHER_SECONDS, RECEIVES_MAX, VISIBILITY_SECONDS
from tests.simulator.services.dynamodb import DynamoDb
from tests.simulator.services.refusals import Wire
from tests.simulator.services.sqs import URL, Queue, Sqs
from tests.simulator.stories.story import Story, Weather

from .chance import Chance
from .faults import Faults
from .network import MS, Line, Network
from .processes import PREFIX, Context, Died, Process
from .scheduler import Scheduler, Task

if TYPE_CHECKING:
    from tests.simulator.stories.requests import Request

# The middle of an ordinary minute.
START_US = 1_800_000_030_000_000
MATCHER_MS = 1_000 * MATCHER_SECONDS
SCHEDULED_MS = 60_000
POLL_US = 20_000_000
PAUSE_US = 200_000
# Without a request for so long, the schedules ring less often; nobody has time for empty hours.
QUIET_US = 8 * 60_000_000
SELDOM = 15

_POINTER_SK = schema.snapshot_pointer(MarketId("")).sk
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


class Cloud:
    """All processes of a run, and the services that they share."""

    def __init__(self, story: Story) -> None:
        self.story, weather = story, story.weather
        self.chance = Chance(story.seed)
        self.scheduler = Scheduler(START_US)
        self.markets = _listed(weather)
        self.dynamodb = DynamoDb(PREFIX, self._now_us, self._index_later)
        self.dynamodb.tables.page_bytes_max = weather.page_bytes_max
        self.dynamodb.landed = self._landed
        self.sqs = Sqs(self._now_us)
        self.sqs.arrived = self._arrived
        self.faults = Faults(self.chance, weather.rates, story.faults)
        self.network = Network(
            self.scheduler, self.chance, self.faults, self.dynamodb, self.sqs, weather.latency_ms
        )
        self.queues = {
            market.id: self.sqs.add(schema.queue_name(PREFIX, market), VISIBILITY_SECONDS, RECEIVES_MAX)
            for market in self.markets.values()
        }
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
        self.others: list[Task] = []
        self.handed_over: list[tuple[Market, list[Wire]]] = []
        self.journaled_us: dict[tuple[str, str], int] = {}
        self.pointers: list[tuple[int, str, int]] = []
        self.wallets: list[tuple[int, str, Wire]] = []
        self.volumes: list[tuple[int, Key, Wire]] = []
        self.acknowledged: list[Acknowledged] = []
        self.tampered: dict[str, int] = {}
        self.closing = False
        self.began_us = self.asked_us = START_US
        self._indexed = 0
        self._waiting: dict[str, list[Task]] = {}

    def house_at_work(self) -> Exchange:
        """Whose code is running: what handlers take for the exchange of their process."""
        house: Exchange = self.scheduler.current.process.house
        return house

    def new_process(self, name: str) -> Process:
        skew_ms = self.chance.pick(self.story.weather.skews_ms, name, "skew")
        return Process(name, self.network, self.markets, skew_ms)

    def all_processes(self) -> list[Process]:
        matchers = [process for each in self.matchers.values() for process in each]
        return [*self.apis, *matchers, *self.sweepers, *self.folders, *self.watchers, *self.counters]

    # --- what clients see of it ---------------------------------------------------------------

    @property
    def now_us(self) -> int:
        return self.scheduler.now_us

    def server(self, *name: object) -> Process:
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
                self._wait_for(self.queues[market.id])

    def feed_once(self, market: Market, feeder: Process) -> bool:
        """One batch. False when there was none."""
        line: Any = Line(feeder, "sqs")
        url = URL + self.queues[market.id].name
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

    def _wait_for(self, queue: Queue) -> None:
        """A long poll."""
        self._waiting.setdefault(queue.name, []).append(self.scheduler.current)
        in_us = self.sqs.visible_in_us(queue)
        self.scheduler.sleep(min(POLL_US, PAUSE_US if in_us == 0 else in_us or POLL_US))

    def _arrived(self, queue: Queue) -> None:
        for task in self._waiting.pop(queue.name, []):
            self.scheduler.wake(task, 1)

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
            self.scheduler.sleep(max(0, every_s * 1_000 * MS * (SELDOM if quiet else 1) - took_us))
            began_us = self.now_us
            if not self.closing:
                act()
            took_us = self.now_us - began_us

    # --- what the services tell ---------------------------------------------------------------

    def _processes(self, kind: str, count: int) -> list[Process]:
        return [self.new_process(f"{kind}-{number}") for number in range(count)]

    def _now_us(self) -> int:
        return self.scheduler.now_us

    def _index_later(self, follow: Callable[[], None]) -> None:
        """Mostly within milliseconds; sometimes an index lags."""
        self._indexed += 1
        most = self.story.weather.index_lag_ms * MS
        lag_us = self.chance.below(most, "index", self._indexed)
        self.scheduler.at(lag_us if self.chance.one_in(8, "lags", self._indexed) else lag_us // 50, follow)

    def _landed(self, key: Key, item: Wire | None) -> None:
        if key.sk == schema.WALLET_SK and item is not None:
            self.wallets.append((self.scheduler.now_us, key.pk, item))
        elif key.sk.startswith(schema.VOLUME_PREFIX) and item is not None:
            self.volumes.append((self.scheduler.now_us, key, item))
        elif key.sk.startswith(schema.JOURNAL_PREFIX):
            self.journaled_us.setdefault((key.pk, key.sk), self.scheduler.now_us)
        elif key.sk == _POINTER_SK and item is not None:
            self.pointers.append((self.scheduler.now_us, key.pk, int(item["seq"]["N"])))


def _listed(weather: Weather) -> Mapping[MarketId, Market]:
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
