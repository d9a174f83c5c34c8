"""Which services does a simulated run have, and what do they tell of themselves?"""

from collections.abc import Callable

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.flows import schema
from chalicelib.flows.schema import Key
from chalicelib.ids import MarketId
from chalicelib.wiring import Exchange
from infra.resources import RECEIVES_MAX, VISIBILITY_SECONDS
from tests.simulator.services.dynamodb import DynamoDb
from tests.simulator.services.refusals import Wire
from tests.simulator.services.sqs import Queue, Sqs
from tests.simulator.stories.story import Story

from .aws import PAUSE_US, Aws, listed
from .chance import Chance
from .faults import Faults
from .network import MS, Line, Network
from .processes import PREFIX, Process
from .scheduler import Scheduler, Task

# The middle of an ordinary minute.
START_US = 1_800_000_030_000_000
POLL_US = 20_000_000

_POINTER_SK = schema.snapshot_pointer(MarketId("")).sk


class Direct:
    """A client that nothing stands between."""

    def __init__(self, server: DynamoDb) -> None:
        self._server = server

    def __getattr__(self, operation: str) -> Callable[..., Wire]:
        return lambda **arguments: self._server.call(operation, arguments)


class Cloud(Aws):
    """All of it in memory, and nothing depends on the machine that it runs on."""

    def __init__(self, story: Story) -> None:
        weather = story.weather
        self.chance = Chance(story.seed)
        self.scheduler = Scheduler(START_US)
        self.dynamodb = DynamoDb(PREFIX, self._now_us, self._index_later)
        self.dynamodb.tables.page_bytes_max = weather.page_bytes_max
        self.dynamodb.landed = self._landed
        self.illegal = self.dynamodb.illegal
        self.sqs = Sqs(self._now_us)
        self.sqs.arrived = self._arrived
        self.faults = Faults(self.chance, weather.rates, story.faults)
        self.network = Network(
            self.scheduler, self.chance, self.faults, self.dynamodb, self.sqs, weather.latency_ms
        )
        self._indexed = 0
        self._waiting: dict[str, list[Task]] = {}
        markets = listed(weather)
        queues = {
            market.id: self.sqs.add(schema.queue_name(PREFIX, market), VISIBILITY_SECONDS, RECEIVES_MAX)
            for market in markets.values()
        }
        super().__init__(story, markets, queues)

    def house_at_work(self) -> Exchange:
        house: Exchange = self.scheduler.current.process.house
        return house

    def new_process(self, name: str) -> Process:
        skew_ms = self.chance.pick(self.story.weather.skews_ms, name, "skew")
        return Process(name, self.network, self.markets, skew_ms)

    def store(self) -> DynamoStore:
        return DynamoStore(Direct(self.dynamodb), PREFIX)  # type: ignore[arg-type]

    def sqs_line(self, process: Process) -> Line:
        return Line(process, "sqs")

    def visible_in_us(self, queue: Queue) -> int | None:
        return self.sqs.visible_in_us(queue)

    def pass_time(self, us: int) -> None:
        self.scheduler.sleep(us)

    def close_feeders(self) -> None:
        super().close_feeders()
        for queue in self.queues.values():
            self._arrived(queue)

    def wait_for(self, queue: Queue) -> None:
        """A long poll."""
        self._waiting.setdefault(queue.name, []).append(self.scheduler.current)
        in_us = self.sqs.visible_in_us(queue)
        self.scheduler.sleep(min(POLL_US, PAUSE_US if in_us == 0 else in_us or POLL_US))

    def _arrived(self, queue: Queue) -> None:
        for task in self._waiting.pop(queue.name, []):
            self.scheduler.wake(task, 1)

    # --- what the services tell ---------------------------------------------------------------

    def _now_us(self) -> int:
        return self.now_us

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
