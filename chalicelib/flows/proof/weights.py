"""Does the network still weigh its representatives as we do?

Delegations move. We call final what more than two thirds of the configured weight have voted for; when the
network's own weights have moved away from those, our quorum is another than its.
"""

from collections.abc import Mapping
from typing import Protocol

from chalicelib.flows.ports import Observer
from chalicelib.keeta.account import Account
from chalicelib.keeta.quorum import Weights

# In a thousand. Two thirds of what we believe is then still more than sixty in a hundred of what is there.
DRIFT_MAX = 50


class Weighed(Protocol):
    @property
    def weights(self) -> Weights: ...

    def observed_weights(self) -> Weights:
        """What they themselves say. Raises KeetaNodeError."""


def drift(configured: Mapping[Account, int], observed: Mapping[Account, int]) -> int:
    """How much of the weight stands elsewhere, in a thousand, rounded up: 0 when all shares are the same,
    1000 when none is. Whoever is not configured weighs nothing with us."""
    ours, theirs = sum(configured.values()), sum(observed.values())
    if not theirs:
        return 1000
    apart = sum(
        abs(configured.get(each, 0) * theirs - observed.get(each, 0) * ours)
        for each in configured.keys() | observed.keys()
    )
    return -(-1000 * apart // (2 * ours * theirs))


def compare(chain: Weighed, observer: Observer) -> int:
    """The drift of now; beyond DRIFT_MAX it is an alarm. Raises KeetaNodeError."""
    found = drift(chain.weights, chain.observed_weights())
    observer.note("weights_compared", per_mille=found)
    if found > DRIFT_MAX:
        observer.alarm("weights_differ", per_mille=found)
    return found
