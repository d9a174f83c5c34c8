"""What is a story? Who does what and when, in which weather; nothing in it depends on a run.

A story is a value: it can be made from a seed, made smaller, printed, and lived through
again. What can be done in it stands in two tables of KINDS, in `trading` and in `mischief`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from chalicelib.ids import MarketId
from tests.simulator.machine.faults import Place, Rates


class Step(NamedTuple):
    """`label` names it in its story, also when others are dropped. `at_ms` counts from the start."""

    label: int
    at_ms: int
    kind: str
    arguments: Mapping[str, Any]


class Program(NamedTuple):
    """What one client, or one operator, does one after the other."""

    name: str
    user: str
    steps: tuple[Step, ...]


class Weather(NamedTuple):
    """How the machines are on that day. `makers` rest in the book before the first step.

    `look_ms`: how often the clock is watched. `open_orders_max`: of one user in a market.
    """

    rates: Rates = Rates()
    latency_ms: int = 10
    index_lag_ms: int = 50
    page_bytes_max: int = 1024 * 1024
    writes_max: int = 100
    tail_min: int = 200
    fold_every_s: int = 60
    sweep_every_s: int = 60
    count_every_s: int = 60
    look_ms: int = 2_000
    open_orders_max: int = 500
    matchers: int = 2
    apis: int = 2
    feeds: int = 2
    feed_pause_ms: int = 0
    skews_ms: tuple[int, ...] = (0,)
    markets: tuple[MarketId, ...] = (MarketId("KTA/USDT"),)
    makers: int = 0


class Story(NamedTuple):
    """`faults` names the calls that may be struck; None: all that the seed says."""

    seed: int
    weather: Weather
    programs: tuple[Program, ...]
    faults: frozenset[Place] | None = None

    @property
    def size(self) -> int:
        return sum(len(program.steps) for program in self.programs)
