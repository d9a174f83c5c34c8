"""How many withdrawals are on their way, in which state, and since when?

Read from the queue and from the run in flight, so it takes three reads however many there have been.
"""

from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT
from chalicelib.flows.ports import Reader
from chalicelib.flows.runs.run import IN_FLIGHT, read_run

# Beyond that many the exact number does not matter to anybody; the age does.
COUNTED_MAX = 1_000
STATES = ("requested", *IN_FLIGHT)


class Waiting(NamedTuple):
    """since_ms: when the oldest of them was asked for, or when its run came into this state."""

    number: int
    since_ms: int


def waiting(reader: Reader) -> dict[str, Waiting]:
    """By state; every state is there."""
    found = dict.fromkeys(STATES, Waiting(0, 0))
    queued = reader.page(table.queued_withdrawal("0"), "~", COUNTED_MAX).items
    if queued:
        found["requested"] = Waiting(len(queued), int(str(queued[0]["sk"]).partition("#")[0]))
    lease = reader.get(table.lease(SETTLEMENT)) or {}
    number = int(str(lease.get("run", 0)))
    item = reader.get(table.run(SETTLEMENT, number)) if number else None
    run = read_run(SETTLEMENT, item) if item else None
    if run is not None and run.state in IN_FLIGHT and run.payments:
        found[run.state] = Waiting(len(run.payments), run.times[run.state])
    return found
