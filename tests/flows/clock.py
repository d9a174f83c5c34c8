"""Where do time, ids and the house's own words come from in a test?"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.adapters.telemetry.emf import Measure

# The middle of an ordinary minute.
START_MS = 1_800_000_030_000


@dataclass
class ManualTimer:
    """Time stands still until somebody waits. While a process waits, `meanwhile` happens."""

    at_ms: int = START_MS
    paused: list[int] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None

    def now_ms(self) -> int:
        return self.at_ms

    def pause(self, ms: int) -> None:
        self.at_ms += ms
        self.paused.append(ms)
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
            self.meanwhile = act

    def jitter(self, ms: int) -> int:
        return ms

    def advance(self, ms: int) -> None:
        self.at_ms += ms


@dataclass
class SkewedTimer:
    """The clock of a machine that goes wrong by so much."""

    right: ManualTimer
    by_ms: int

    def now_ms(self) -> int:
        return self.right.now_ms() + self.by_ms

    def pause(self, ms: int) -> None:
        self.right.pause(ms)

    def jitter(self, ms: int) -> int:
        return self.right.jitter(ms)


@dataclass
class CountedIds:
    count: int = 0

    def uuid(self) -> str:
        self.count += 1
        return f"00000000-0000-4000-8000-{self.count:012d}"


@dataclass
class Notebook:
    """An Observer that remembers."""

    notes: list[tuple[str, dict[str, str | int]]] = field(default_factory=list)
    alarms: list[tuple[str, dict[str, str | int]]] = field(default_factory=list)

    def note(self, event: str, **fields: str | int) -> None:
        self.notes.append((event, fields))

    def alarm(self, event: str, **fields: str | int) -> None:
        self.alarms.append((event, fields))

    @property
    def alarmed(self) -> list[str]:
        return [event for event, _ in self.alarms]


class Figures:
    """Stands where the meter stands, and adds up what it is told."""

    def __init__(self) -> None:
        self.sums: Counter[tuple[str, ...]] = Counter()

    def measure(self, *measures: Measure) -> None:
        for each in measures:
            self.sums[each.name, *each.dimensions] += each.value
