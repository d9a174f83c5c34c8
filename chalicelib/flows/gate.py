"""When is a user kept from writing his wallet? While it is contended.

A wallet that is written without pause makes every step that needs it lose. Then whoever lost, the matcher or
the settlement, closes that user's gate for a moment. Until it opens a request of his is refused, and what
the house itself writes there (a deposit, a payment that landed) waits.
"""

from chalicelib.errors import RateLimited, WriteContention
from chalicelib.flows import schema
from chalicelib.flows.commit import commit_patiently
from chalicelib.flows.plan import Item, Plan, Put
from chalicelib.flows.ports import Reader, Timer, Writer
from chalicelib.ids import UserId

CLOSED_MS = 2_000
# One that is closed again and again keeps nobody's coins: then both try their luck.
WAITS_MAX = 3


def close_gate(user: UserId, now_ms: int) -> Put:
    return Put(schema.gate(user), {"until_ms": now_ms + CLOSED_MS})


def make_way(writer: Writer, timer: Timer, plan: Plan, fault: WriteContention) -> list[UserId]:
    """Close the gates of those whose items were contended when the plan was tried. Who they are."""
    keys = (plan[position].key for position in fault.contended)
    users = list(dict.fromkeys(UserId(key.pk) for key in keys if key.table == schema.ACCOUNTS))
    for user in users:
        writer.commit((close_gate(user, timer.now_ms()),))
    return users


def commit_in_turn(writer: Writer, timer: Timer, plan: Plan, pause_ms: int) -> None:
    """For what has to be written anyway, and others wait for: patiently, and once more behind closed gates.

    Raises what `commit_patiently` does.
    """
    try:
        commit_patiently(writer, timer, plan, pause_ms)
    except WriteContention as fault:
        if not make_way(writer, timer, plan, fault):
            raise
        commit_patiently(writer, timer, plan, pause_ms)


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
