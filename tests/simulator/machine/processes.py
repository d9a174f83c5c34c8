"""What is one process of the exchange in a run? The house's own parts on lines that may fail.

A process keeps its warm state from one piece of work to the next, until it dies; whoever
takes its place has its name and knows nothing. Its clock may go wrong by a constant.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeVar

from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.ids import MarketId
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from tests.flows.clock import Figures
from tests.simulator.services.refusals import Wire

from .network import MS, Line, Network
from .scheduler import Killed

T = TypeVar("T")

PREFIX = "sim"
ENVIRONMENT = {"CEX_STAGE": "test", "CEX_PREFIX": PREFIX, "CEX_DOMAIN": "test", "CEX_NETWORK": "test"}


class Died(Exception):
    """Whoever had asked the process for something learns only this."""


class Process:
    """`said` is what its observer noted and alarmed, with the true time."""

    def __init__(self, name: str, network: Network, markets: Mapping[MarketId, Market], skew_ms: int) -> None:
        self.name = name
        self.network = network
        self.skew_ms = skew_ms
        self.busy = False
        self.lives = 0
        self.alarms: list[tuple[str, Mapping[str, str | int]]] = []
        self.uuids: list[str] = []
        self.sent: list[tuple[str, bool]] = []
        self._markets = markets
        self._calls: Counter[str] = Counter()
        self._house: Exchange | None = None
        self._deadline_us: int | None = None
        self._task = network.scheduler.current

    @property
    def house(self) -> Exchange:
        if self._house is None:
            self._house = self._build()
        return self._house

    def run(self, work: Callable[[Exchange], T], limit_ms: int | None) -> T:
        """Do one piece of work, as long as a Lambda may. Raises Died."""
        scheduler = self.network.scheduler
        self.busy, self._task = True, scheduler.current
        self._deadline_us = None if limit_ms is None else scheduler.now_us + limit_ms * MS
        self._task.doomed = False
        scheduler.current.process = self
        self.uuids, self.sent = [], []
        try:
            return work(self.house)
        except Killed:
            self._house = None
            self.lives += 1
            raise Died(self.name) from None
        finally:
            self.busy, scheduler.current.process = False, None

    def kill(self) -> None:
        """From outside, whatever it is doing."""
        if self.busy:
            self._task.doomed = True
        else:
            self._house = None

    def count(self, operation: str) -> int:
        """How often it had called this before."""
        self._calls[operation] += 1
        return self._calls[operation] - 1

    def sleep(self, us: int) -> None:
        """Raises Killed, also when its time is over."""
        scheduler = self.network.scheduler
        if self._deadline_us is not None and scheduler.now_us + us > self._deadline_us:
            scheduler.sleep(max(0, self._deadline_us - scheduler.now_us))
            self.network.note(self.name, "time limit", 0, {}, "killed")
            raise Killed
        scheduler.sleep(us)

    def remaining_ms(self) -> int:
        assert self._deadline_us is not None
        return max(0, self._deadline_us - self.network.scheduler.now_us) // MS

    def _build(self) -> Exchange:
        house = Exchange(ENVIRONMENT)
        vars(house).update(
            markets=dict(self._markets),
            every_market=dict(self._markets),
            timer=ProcessTimer(self),
            ids=ProcessIds(self),
            observer=ProcessObserver(self),
            meter=Figures(),
            store=DynamoStore(Line(self, "dynamodb"), PREFIX, ProcessTimer(self)),  # type: ignore[arg-type]
            queue=SqsQueue(SendingLine(self, "sqs"), PREFIX),  # type: ignore[arg-type]
        )
        return house


class SendingLine(Line):
    """Remembers what its process sent, and whether the queue said that it has it."""

    def send_message(self, **arguments: str) -> Wire:
        body = arguments["MessageBody"]
        sent, self._process.sent = self._process.sent, [*self._process.sent, (body, False)]
        answer: Wire = self._call("send_message", **arguments)
        self._process.sent = [*sent, (body, True)]
        return answer


class ProcessTimer:
    def __init__(self, process: Process) -> None:
        self._process = process

    def now_ms(self) -> int:
        return self._process.network.scheduler.now_us // MS + self._process.skew_ms

    def pause(self, ms: int) -> None:
        process = self._process
        network, number = process.network, process.count("pause")
        fault = network.faults.at((process.name, "pause", number))
        if fault is not None:
            network.note(process.name, "pause", number, {}, fault)
        if fault == "die_before":
            raise Killed
        slow = network.chance.between(0, 2_000 * MS, process.name, "oversleeps", number) if fault else 0
        process.sleep(ms * MS + slow)

    def jitter(self, ms: int) -> int:
        process = self._process
        return process.network.chance.between(0, ms, process.name, "jitter", process.count("jitter"))


class ProcessIds:
    def __init__(self, process: Process) -> None:
        self._process = process

    def uuid(self) -> str:
        process = self._process
        number = process.network.chance.draw(process.name, "uuid", process.count("uuid"))
        uuid = f"{number >> 32:08x}-0000-4000-8000-{number & 0xFFFFFFFF:012x}"
        process.uuids.append(uuid)
        return uuid


class ProcessObserver:
    def __init__(self, process: Process) -> None:
        self._process = process

    def note(self, event: str, **fields: str | int) -> None:
        self._process.network.note(self._process.name, "note", 0, fields, event)

    def alarm(self, event: str, **fields: str | int) -> None:
        self._process.network.note(self._process.name, "alarm", 0, fields, event)
        self._process.alarms.append((event, fields))


class Context:
    """The second argument of a handler."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def get_remaining_time_in_millis(self) -> int:
        return self._process.remaining_ms()
