"""What goes wrong, at which call of which process? The seed knows.

refused     the call is not carried out, and says so: throttled, or not reached
lost        it is carried out, and the answer is lost
late        it is carried out after the caller has given up waiting
slow        it takes long, there and back
twice       the first answer is lost, the client asks again by itself, and that answer counts
conflict    somebody else is at the same item
mislaid     a batch from the queue is lost on its way, and comes back when it is visible again
some        only a part of a batch of reads is answered
die_before  the process dies, and the call never leaves it
die_after   the process dies when the call has been carried out
die_late    the process dies, and the call is carried out after its death
"""

from typing import NamedTuple

from .chance import Chance

# Process, operation, and how often it had called that before: the same when a story shrinks.
Place = tuple[str, str, int]


class Rates(NamedTuple):
    """How often each fault strikes, in calls of a thousand."""

    refused: int = 0
    lost: int = 0
    late: int = 0
    slow: int = 0
    twice: int = 0
    conflict: int = 0
    mislaid: int = 0
    some: int = 0
    die_before: int = 0
    die_after: int = 0
    die_late: int = 0


_READS = ("refused", "lost", "slow", "die_before", "die_after")
_WRITES = ("refused", "lost", "late", "slow", "twice", "die_before", "die_after", "die_late")
# What can befall each operation. A pause is no call, but a process can die or oversleep in it.
BEFALLS: dict[str, tuple[str, ...]] = {
    "get_item": _READS,
    "query": _READS,
    "batch_get_item": (*_READS, "some"),
    "scan": _READS,
    "transact_write_items": (*_WRITES, "conflict"),
    "put_item": (*_WRITES, "conflict"),
    "update_item": (*_WRITES, "conflict"),
    "delete_item": (*_WRITES, "conflict"),
    "send_message": _WRITES,
    "change_message_visibility_batch": _WRITES,
    "get_queue_url": _READS,
    "receive_message": ("refused", "slow", "mislaid"),
    "delete_message_batch": ("refused", "lost", "slow", "late"),
    "pause": ("slow", "die_before"),
}


class Faults:
    """`only` names the places that may be struck; None: all. `struck` tells which were."""

    def __init__(self, chance: Chance, rates: Rates, only: frozenset[Place] | None) -> None:
        self._chance = chance
        self._rates = rates._asdict()
        self._only = only
        self.on = True
        self.points = 0
        self.struck: dict[Place, str] = {}

    def at(self, place: Place) -> str | None:
        if not self.on:
            return None
        self.points += 1
        if self._only is not None and place not in self._only:
            return None
        draw = self._chance.below(1000, "fault", *place)
        for kind in BEFALLS[place[1]]:
            draw -= self._rates[kind]
            if draw < 0:
                self.struck[place] = kind
                return kind
        return None
