"""What is told of one part of the exchange?"""

from typing import Any, NamedTuple


class Part(NamedTuple):
    """`facts` are for tables and programs; each complaint is a sentence about what is not well."""

    name: str
    facts: dict[str, Any]
    complaints: list[str]


def ago_s(now_ms: int, time_ms: int) -> int | None:
    """Seconds since then; None if it was never."""
    return (now_ms - time_ms) // 1000 if time_ms else None
