"""Which other pure-Python engines could a user install, and how are they spoken to?

One small file for each says how a command is given to it and how its fills are read. `run`
is what is timed: an adapter does in it what any user would have to do and no more, and
feeds whole numbers where the rival takes them, since they are its fastest.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from bench.workloads import Command


class Rival(NamedTuple):
    """What to install. A slow one takes part only when it is named, with few commands."""

    requirements: tuple[str, ...]
    slow: bool = False


RIVALS = {
    "akhil4n_orderbook": Rival(("akhil4n-orderbook==0.1.1", "sortedcontainers==2.4.0")),
    "lightmatchingengine": Rival(("lightmatchingengine==2019.1.4",)),
    "pyorderbook": Rival(("pyorderbook==0.4.9",)),
    "manticore_orderbook": Rival(("manticore-orderbook==1.0.1", "tabulate==0.9.0")),
    "fastlob": Rival(("fastlob==0.0.24", "sortedcontainers==2.4.0", "termcolor==2.5.0")),
    "order_matching": Rival(
        (
            *("order-matching==0.12.0", "faker==40.54.0", "loguru==0.7.3", "numpy==2.4.6"),
            *("polars==2.1.0", "polars-runtime-32==2.1.0", "pandera==0.35.0", "packaging==26.3"),
            *("pydantic==2.14.3", "pydantic-core==2.50.4", "annotated-types==0.8.0", "typeguard==4.6.0"),
            *("typing-inspection==0.4.5", "typing-inspect==0.9.0", "mypy-extensions==1.2.0"),
            "typing-extensions==4.16.0",
        ),
        slow=True,
    ),
}


class Fill(NamedTuple):
    """One trade, by the ids of the workload. `maker` is empty where the rival does not say it."""

    taker: str
    maker: str
    price: int
    quantity: int


class Engine(Protocol):
    def run(self, commands: Sequence[Command]) -> None: ...

    def forget(self) -> None:
        """Drop what was noted of fills so far."""

    def fills(self) -> list[tuple[str, str, int, int]]:
        """As Fill, in the order in which they happened."""
