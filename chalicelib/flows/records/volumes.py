"""How is what a user traded in a market lately kept, and how much is it?

One item per user and market counts the quote units of each day. It follows the journal
within the hour; only fee tiers depend on it.
"""

from collections.abc import Mapping
from typing import cast

from chalicelib.flows.plan import Item, Value

DAYS = 30
_DAY_MS = 24 * 60 * 60_000


def day_of(time_ms: int) -> str:
    """Days since 1970, UTC."""
    return str(time_ms // _DAY_MS)


def days_kept(days: Mapping[str, int], now_ms: int) -> dict[str, int]:
    """Those that still count."""
    return {day: units for day, units in days.items() if int(day) > now_ms // _DAY_MS - DAYS}


def days_of(item: Item | None) -> dict[str, int]:
    """Quote units by day; empty for somebody who never traded."""
    days = cast(dict[str, Value], (item or {}).get("days", {}))
    return {day: int(str(units)) for day, units in days.items()}


def volume_of(item: Item | None, now_ms: int) -> int:
    """Quote units traded within DAYS days, today included."""
    return sum(days_kept(days_of(item), now_ms).values())
