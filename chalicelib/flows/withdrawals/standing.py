"""How many withdrawals are on their way, in which state, and since when?

Read from the queue and from the run in flight, so it takes three reads however many there have been.
What each of them waits for is told in `waiting`.
"""

from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.flows.runs.run import IN_FLIGHT
from chalicelib.flows.withdrawals.waiting import run_in_flight

# Beyond that many the exact number does not matter to anybody; the age does.
COUNTED_MAX = 1_000
STATES = ("requested", *IN_FLIGHT)


class Standing(NamedTuple):
    """since_ms: when the oldest of them was asked for, or when its run came into this state."""

    number: int
    since_ms: int


def standing(reader: StoreReader) -> dict[str, Standing]:
    """By state; every state is there. Those that people must approve first are not counted."""
    found = dict.fromkeys(STATES, Standing(0, 0))
    queued = reader.page(table.queued_withdrawal("0"), "~", COUNTED_MAX).items
    if queued:
        found["requested"] = Standing(len(queued), int(str(queued[0]["sk"]).partition("#")[0]))
    run = run_in_flight(reader)
    if run is not None and run.state in IN_FLIGHT and run.payments:
        found[run.state] = Standing(len(run.payments), run.times[run.state])
    return found
