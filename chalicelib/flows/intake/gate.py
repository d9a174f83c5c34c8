"""When is a trader turned away at the gate? While his wallet is contended.

A wallet that is written without pause makes every step that needs it lose. Then the
matcher closes that user's gate for a moment, and intake refuses him until it opens.
"""

from chalicelib.errors import RateLimited
from chalicelib.flows import schema
from chalicelib.flows.plan import Item, Put
from chalicelib.ids import UserId

CLOSED_MS = 2_000


def close_gate(user: UserId, now_ms: int) -> Put:
    return Put(schema.gate(user), {"until_ms": now_ms + CLOSED_MS})


def require_open(gate: Item | None, now_ms: int) -> None:
    """Raises RateLimited while the gate is closed."""
    if gate is not None and now_ms < int(str(gate["until_ms"])):
        raise RateLimited("the market is waiting for this wallet; try again in a moment", code="wallet_busy")
