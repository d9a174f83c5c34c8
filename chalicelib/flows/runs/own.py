"""Which blocks did we sign, for which run, and which of them behind which others?

Everybody knows a block of our accounts as ours by its OWN item, which is written before anybody else sees the
block. An idempotent key ends with the block's place in the plan of its run, the same in every signing.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.flows.custody import table
from chalicelib.flows.plan import Absent, Item, Put
from chalicelib.flows.ports import Reader
from chalicelib.flows.runs.run import Run
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block


class Own(NamedTuple):
    """place: in the plan of its run; None for a fee block. then: places of the blocks that were signed behind
    it on the same chain; None when nobody knows (a restore has written it down)."""

    place: int | None
    then: list[int] | None

    def may_precede(self, place: int) -> bool:
        """Whether a block of this place may still come to stand behind it."""
        if self.place is not None and self.place >= place:
            return False
        return self.then is None or place in self.then


def put_own(slot: str, number: int, block: Block) -> Put:
    return Put(table.own_block(block.hash.hex()), {"slot": slot, "run": number})


def put_signed(slot: str, number: int, blocks: Sequence[Block]) -> Iterator[Put]:
    """Of blocks that are signed together, in their order. Each once: signed anew in the same millisecond one
    would be the same, and what was signed behind it before would be forgotten."""
    for index, block in enumerate(blocks):
        behind = [each for each in blocks[index + 1 :] if each.body.account == block.body.account]
        places = [place for place in map(place_of, behind) if place is not None]
        item: Item = {"slot": slot, "run": number, "then": list(places)}
        yield Put(table.own_block(block.hash.hex()), item, require=(Absent(),))


def own(reader: Reader, run: Run, block: Block) -> Own | None:
    """None when it was not signed for this run."""
    item = reader.get(table.own_block(block.hash.hex())) or {}
    if (item.get("slot"), item.get("run")) != (run.slot, run.number):
        return None
    then = item.get("then")
    return Own(place_of(block), [int(str(each)) for each in then] if isinstance(then, list) else None)


def is_own(reader: Reader, run: Run, block: Block) -> bool:
    """Whether it was signed for this run, now or earlier."""
    return own(reader, run, block) is not None


def name_of(block: Block) -> tuple[Account, bytes | None]:
    """What it has in common with its other signings."""
    return block.body.account, block.body.idempotent


def place_of(block: Block) -> int | None:
    """Where it stands in the plan of its run (`blocks.bodies` writes it)."""
    number = (block.body.idempotent or b"").rpartition(b".")[2]
    return int(number) if number.isdigit() else None
