"""How many withdrawals are on their way, in which state, and since when?

Read from the head of the queue and from the run in flight, however many there have been. held_back:
those whose turn it is not as long as a token or a user is stopped; they keep no alarm ringing. set_aside:
those that were signed and refused, and that nobody may release yet. What
each of them waits for is told in `waiting`.
"""

from itertools import islice
from typing import NamedTuple

from chalicelib.flows.runs.ports import StoreReader
from chalicelib.flows.runs.run import IN_FLIGHT
from chalicelib.flows.withdrawals.waiting import queue_of, run_in_flight, set_aside

# Beyond that many the exact number does not matter to anybody; the age does.
COUNTED_MAX = 200
SET_ASIDE = "set_aside"
STATES = ("held_back", "requested", SET_ASIDE, *IN_FLIGHT)


class Standing(NamedTuple):
    """since_ms: when the turn of the oldest began, by its request or its last approval, or when its run
    came into this state; 0 for those that are held back."""

    number: int
    since_ms: int


def standing(reader: StoreReader) -> dict[str, Standing]:
    """By state; every state is there. Those that people must approve first are not counted."""
    found = dict.fromkeys(STATES, Standing(0, 0))
    queued = list(islice(queue_of(reader), COUNTED_MAX))
    ready = [each.withdrawal.updated_ms for each in queued if each.is_ready]
    found["held_back"] = Standing(len(queued) - len(ready), 0)
    found["requested"] = Standing(len(ready), min(ready, default=0))
    aside = [each.withdrawal.updated_ms for each in islice(set_aside(reader), COUNTED_MAX)]
    found[SET_ASIDE] = Standing(len(aside), min(aside, default=0))
    run = run_in_flight(reader)
    if run is not None and run.state in IN_FLIGHT and run.payments:
        found[run.state] = Standing(len(run.payments), run.times[run.state])
    return found
