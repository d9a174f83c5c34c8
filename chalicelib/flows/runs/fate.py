"""What has become of a block that was signed and not seen to land? Told by what stands in its place.

Of all blocks with one `previous` at most one ever lands. So a payment is paid when its block is proven
to be on the main ledger, and dead when another one is proven to stand where it, or a block before
it, was to go: a stranger's, or one of ours behind which it was never signed. As long as nothing stands
there it is open: votes may be held back for ever, and no lapse of time says anything.
"""

from enum import Enum
from typing import NamedTuple

from chalicelib.flows.runs.own import own, place_of
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Run
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.settlement.outlook import Landed


class Fate(Enum):
    OPEN = "open"
    DEAD = "dead"


class Walk(NamedTuple):
    """landed: staples that hold blocks of the run, in the order of the account's chain. end: what is true
    of the block that was looked for, unless it is among them."""

    landed: list[Landed]
    end: Fate


def walk(desk: Desk, run: Run, account: Account, previous: bytes, place: int) -> Walk:
    """Along an account's chain from `previous`, as long as a block with this place in the plan of the run
    could still come.

    Raises KeetaNodeError.
    """
    found: list[Landed] = []
    while True:
        landed = desk.chain.after(account, previous)
        if landed is None:
            return Walk(found, Fate.OPEN)
        block = block_after(landed, account, previous)
        ours = own(desk.reader, run, block)
        if ours is None:
            return Walk(found, Fate.DEAD)
        found.append(landed)
        if not ours.may_precede(place):
            return Walk(found, Fate.DEAD)
        previous = block.hash


def block_after(landed: Landed, account: Account, previous: bytes) -> Block:
    place = account, previous
    return next(block for block in landed.blocks if (block.body.account, block.body.previous) == place)


class Root(NamedTuple):
    """Where the first block of an account was to go, and the places of the first and the last of them in the
    plan of the run."""

    previous: bytes
    first: int
    last: int


def roots(run: Run) -> dict[Account, Root]:
    """Of all accounts that have blocks in what is signed now."""
    found: dict[Account, Root] = {}
    for block in run.known.blocks:
        place = place_of(block)
        assert place is not None, "only fee blocks have none"
        root = found.setdefault(block.body.account, Root(block.body.previous, place, place))
        found[block.body.account] = root._replace(last=place)
    return found
