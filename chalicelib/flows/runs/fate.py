"""What has become of a block that was signed and not seen to land? Told by what stands in its place.

Of all blocks with one `previous` at most one ever lands. So a payment is paid when its block is proven
to be on the main ledger, and dead when another one is proven to stand where it, or a block before
it, was to go. As long as nothing stands there it is open: votes may be held back for ever, and no
lapse of time says anything.
"""

from enum import Enum
from typing import NamedTuple

from chalicelib.flows.runs.drive import is_own
from chalicelib.flows.runs.ports import Desk
from chalicelib.flows.runs.run import Run
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block
from chalicelib.settlement.outlook import Landed


class Fate(Enum):
    OPEN = "open"
    DEAD = "dead"


class Walk(NamedTuple):
    """landed: staples that hold blocks of the run, in the order of the account's chain. end: what is
    true of all its other blocks of that account."""

    landed: list[Landed]
    end: Fate


def walk(desk: Desk, run: Run, account: Account, previous: bytes) -> Walk:
    """Along an account's chain from `previous`, as far as it consists of blocks of the run.

    Raises KeetaNodeError.
    """
    found: list[Landed] = []
    while True:
        landed = desk.chain.after(account, previous)
        if landed is None:
            return Walk(found, Fate.OPEN)
        block = block_after(landed, account, previous)
        if not is_own(desk.reader, run, block):
            return Walk(found, Fate.DEAD)
        found.append(landed)
        previous = block.hash


def block_after(landed: Landed, account: Account, previous: bytes) -> Block:
    place = account, previous
    return next(block for block in landed.blocks if (block.body.account, block.body.previous) == place)


def roots(run: Run) -> dict[Account, bytes]:
    """Where the first block of each account of the run was to go."""
    found: dict[Account, bytes] = {}
    for block in run.known.blocks:
        found.setdefault(block.body.account, block.body.previous)
    return found
