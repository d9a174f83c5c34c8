"""What of a staple of ours do the books know already, and what of a run can still land after it?"""

from chalicelib.flows.custody import table
from chalicelib.flows.plan import Item
from chalicelib.flows.runs.own import name_of
from chalicelib.flows.runs.ports import StoreReader
from chalicelib.flows.runs.run import Run, read_run
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.staple import Staple


def stored_run(reader: StoreReader, slot: str, number: int) -> Run | None:
    item = reader.get(table.run(slot, number)) if number else None
    return read_run(slot, item) if item else None


def is_posted(reader: StoreReader, staple: Staple) -> bool:
    """Each block of ours in it stands in its run, whatever has become of that. Others may stand before
    them in the staple."""
    own = list(reader.get_many([table.own_block(block.hash.hex()) for block in staple.blocks]))
    if not own:
        return _is_written_off(reader, staple)
    runs = {_run_of(item): stored_run(reader, *_run_of(item)) for item in own}
    found = ((runs[_run_of(item)], table.hash_of_own(str(item["pk"]))) for item in own)
    return all(run is not None and name in run.blocks for run, name in found)


def left_of(run: Run, staple: Staple) -> tuple[Block, ...]:
    """Of what is signed for it, what has not landed with this staple or before it, and still can."""
    landed = {block.hash for block in staple.blocks} | {bytes.fromhex(name) for name in run.blocks}
    names = {name_of(block) for block in staple.blocks}
    left: list[Block] = []
    gone: set[bytes] = set()
    for block in run.publishing.blocks if run.publishing else ():
        if name_of(block) in names or block.body.previous in gone:
            gone |= {block.hash} - landed  # another signing of it has its place
        elif block.hash not in landed:
            left.append(block)
    return tuple(left)


def _is_written_off(reader: StoreReader, staple: Staple) -> bool:
    """A thief's, whose loss stands in the books: a credit that one of our own accounts sent."""
    names = (block.hash.hex() for block in staple.blocks)
    pages = (reader.page(table.posted_credit(name, 0), "~", 1) for name in names)
    return any(page.items for page in pages)


def _run_of(own: Item) -> tuple[str, int]:
    return str(own["slot"]), int(str(own["run"]))
