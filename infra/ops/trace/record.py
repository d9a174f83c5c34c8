"""What is one record of a chain, and how are records told apart and put in order?"""

from typing import NamedTuple

from chalicelib.flows.schema import Key


class Record(NamedTuple):
    """`says` is for people. time_ms: 0 where nobody wrote down when."""

    kind: str
    says: str
    time_ms: int
    key: Key

    @property
    def at(self) -> str:
        return f"{self.key.table} {self.key.pk} {self.key.sk}"


class Chain(NamedTuple):
    """All records of one order, deposit, withdrawal or the like."""

    subject: str
    id: str
    user: str
    records: list[Record]

    @property
    def in_order(self) -> list[Record]:
        """By time; what happened at one moment as it was found."""
        return sorted(self.records, key=lambda record: record.time_ms)
