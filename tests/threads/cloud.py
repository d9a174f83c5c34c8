"""Which processes are there, on which servers? All of them threads of one machine."""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.flows import schema
from chalicelib.ids import MarketId
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from infra.local import provision
from tests.simulator.machine.aws import Aws, Schedule, listed
from tests.simulator.machine.chance import Chance
from tests.simulator.machine.faults import Faults
from tests.simulator.machine.network import MS
from tests.simulator.machine.processes import (
    ENVIRONMENT,
    Died,
    Process,
    ProcessIds,
    ProcessObserver,
    ProcessTimer,
)
from tests.simulator.machine.scheduler import Killed
from tests.simulator.stories import mischief
from tests.simulator.stories.story import Story

from .clock import FastClock
from .line import RealLine, RealSendingLine, ReceivingLine

T = TypeVar("T")

# What a dead matcher had in hand comes back after this; one at work is overtaken by then.
VISIBILITY_S = 2
IDLE_US = 100 * MS
SCHEDULE_S_MAX = 4


@dataclass
class Network:
    """What is the same for all lines. `letters`: what came out of each queue, by its number there.
    `late`: calls that are still to be carried out."""

    scheduler: FastClock
    chance: Chance
    faults: Faults
    dynamodb: Any
    sqs: Any
    down_us: dict[str, int] = field(default_factory=lambda: {"dynamodb": 0, "sqs": 0})
    trace: list[tuple[int, str, str, int, Any, str]] = field(default_factory=list)
    letters: dict[str, dict[int, str]] = field(default_factory=dict)
    late: list[threading.Thread] = field(default_factory=list)

    def note(self, who: str, what: str, number: int, about: Any, outcome: str) -> None:
        self.trace.append((self.scheduler.now_us, who, what, number, about, outcome))


class RealProcess(Process):
    """One piece of work at a time; whoever comes meanwhile waits."""

    network: Any

    def __init__(
        self, name: str, network: Any, markets: Mapping[MarketId, Market], skew_ms: int, cloud: "RealCloud"
    ) -> None:
        super().__init__(name, network, markets, skew_ms)
        self.prefix = cloud.prefix
        self._at_work = cloud.at_work
        self._free = threading.Lock()
        self._doomed = False

    def run(self, work: Callable[[Exchange], T], limit_ms: int | None) -> T:
        with self._free:
            self.busy, self._doomed, self._at_work.process = True, False, self
            self._deadline_us = None if limit_ms is None else self.network.scheduler.now_us + limit_ms * MS
            self.uuids, self.sent = [], []
            try:
                return work(self.house)
            except Killed:
                self._house = None
                self.lives += 1
                raise Died(self.name) from None
            finally:
                self.busy, self._at_work.process = False, None

    def kill(self) -> None:
        """At its next call, or before its next piece of work."""
        self._doomed = True

    def sleep(self, us: int) -> None:
        if self._doomed:
            raise Killed
        if us:
            super().sleep(us)

    def _build(self) -> Exchange:
        network, timer = self.network, ProcessTimer(self)
        house = Exchange(ENVIRONMENT)
        store: Any = RealLine(self, "dynamodb", network.dynamodb)
        queue: Any = RealSendingLine(self, "sqs", network.sqs)
        vars(house).update(
            markets=dict(self._markets),
            every_market=dict(self._markets),
            timer=timer,
            ids=ProcessIds(self),
            observer=ProcessObserver(self),
            store=DynamoStore(store, self.prefix, timer),
            queue=SqsQueue(queue, self.prefix),
        )
        return house


class RealQueue:
    def __init__(self, network: Network, url: str) -> None:
        self._network = network
        self.url = url
        self.dead: list[Any] = []

    @property
    def accepted(self) -> list[tuple[int, str]]:
        """Every message that came out of it, in the order of their numbers."""
        return [(0, body) for _, body in sorted(self._network.letters.get(self.url, {}).items())]


class RealCloud(Aws):
    """Tables and queues of its own, called `prefix`-something."""

    def __init__(self, story: Story, dynamodb: Any, sqs: Any, prefix: str) -> None:
        self.prefix = prefix
        self.at_work = threading.local()
        self.illegal = []
        self.chance = Chance(story.seed)
        self.scheduler = FastClock()
        self.faults = Faults(self.chance, story.weather.rates, story.faults)
        self.network = Network(self.scheduler, self.chance, self.faults, dynamodb, sqs)
        self._servers: dict[str, Process] = {}
        markets = listed(story.weather)
        provision.provision(dynamodb, sqs, prefix, markets.values())
        super().__init__(story, markets, {market.id: self._queue(market) for market in markets.values()})
        self.journaled_us = defaultdict(int)  # nobody knows

    def house_at_work(self) -> Exchange:
        house: Exchange = self.at_work.process.house
        return house

    def new_process(self, name: str) -> RealProcess:
        skew_ms = self.chance.pick(self.story.weather.skews_ms, name, "skew")
        return RealProcess(name, self.network, self.markets, skew_ms, self)

    def server(self, *name: object) -> Process:
        """Each client has one of his own, so that nobody else's work is mistaken for his."""
        return self._servers.setdefault(str(name[0]), self.new_process(f"server of {name[0]}"))

    def all_processes(self) -> list[Process]:
        return [*super().all_processes(), *list(self._servers.values())]

    def store(self) -> DynamoStore:
        return DynamoStore(self.network.dynamodb, self.prefix)

    def sqs_line(self, process: Process) -> Any:
        assert isinstance(process, RealProcess)
        return ReceivingLine(process, "sqs", self.network.sqs)

    def wait_for(self, queue: RealQueue) -> None:
        self.scheduler.sleep(IDLE_US)

    def visible_in_us(self, queue: RealQueue) -> int | None:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.network.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)["Attributes"]
        visible, hidden = (int(found[name]) for name in names)
        return None if visible == hidden == 0 else 0 if visible and not hidden else IDLE_US

    def pass_time(self, us: int) -> None:
        self.scheduler.jump(us)

    def close_feeders(self) -> None:
        super().close_feeders()
        self.scheduler.join(self.network.late)

    def schedules(self) -> list[Schedule]:
        """They ring more often, and the clock is looked at once each time: nobody waits for a minute."""
        look = Schedule("watching", 2, lambda: mischief.KINDS["look"].do(self, None))  # type: ignore[arg-type]
        others = [each for each in super().schedules() if each.name != look.name]
        return [look, *(each._replace(every_s=min(SCHEDULE_S_MAX, each.every_s)) for each in others)]

    def _queue(self, market: Market) -> RealQueue:
        url = self.network.sqs.get_queue_url(QueueName=schema.queue_name(self.prefix, market))["QueueUrl"]
        self.network.sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_S)}
        )
        return RealQueue(self.network, url)
