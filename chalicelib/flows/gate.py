"""When is a user kept from writing his wallet? While it is contended.

A wallet that is written without pause makes every step that needs it lose. Then the matcher
closes that user's gate for a moment. Until it opens a request of his is refused, and what the
house itself writes there (a deposit, a payment that landed) waits.
"""

from chalicelib.errors import RateLimited
from chalicelib.flows import schema
from chalicelib.flows.plan import Item, Put
from chalicelib.flows.ports import Reader, Timer
from chalicelib.ids import UserId

CLOSED_MS = 2_000
# One that is closed again and again keeps nobody's coins: then both try their luck.
WAITS_MAX = 3


def close_gate(user: UserId, now_ms: int) -> Put:
    return Put(schema.gate(user), {"until_ms": now_ms + CLOSED_MS})


def require_open(gate: Item | None, now_ms: int) -> None:
    """Raises RateLimited while the gate is closed."""
    if _closed_for(gate, now_ms) > 0:
        raise RateLimited("the market is waiting for this wallet; try again in a moment", code="wallet_busy")


def wait_until_open(reader: Reader, timer: Timer, user: UserId) -> None:
    """For what has to be written anyway."""
    for _ in range(WAITS_MAX):
        left_ms = _closed_for(reader.get(schema.gate(user)), timer.now_ms())
        if left_ms <= 0:
            return
        timer.pause(min(left_ms, CLOSED_MS))


def _closed_for(gate: Item | None, now_ms: int) -> int:
    return int(str(gate["until_ms"])) - now_ms if gate is not None else 0
