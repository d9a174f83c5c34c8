"""How is a Plan committed while others write the same items? Again, a few times, with pauses."""

from chalicelib.errors import WriteContention
from chalicelib.flows.plan import Plan
from chalicelib.flows.ports import Timer, Writer

COMMIT_TRIES_MAX = 4


def commit_patiently(writer: Writer, timer: Timer, plan: Plan, pause_ms: int) -> None:
    """Each pause is random and on average twice the one before, so that rivals part.

    Raises WriteContention when the last try meets it too, and what `commit` raises.
    """
    for attempt in range(1, COMMIT_TRIES_MAX):
        try:
            return writer.commit(plan)
        except WriteContention:
            timer.pause(timer.jitter(pause_ms << attempt))
    return writer.commit(plan)
