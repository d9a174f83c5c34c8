"""Since when does each part of the money's way stand still, and what is left of what it uses up?

An error that is told each minute looks like one that passes by itself. These figures grow instead.
"""

from collections.abc import Mapping

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SLOTS
from chalicelib.flows.custody.nettings import CURSOR as NETTING
from chalicelib.flows.custody.posting import custody_units
from chalicelib.flows.custody.reach import address_of
from chalicelib.flows.deposits.follow import CURSOR as DEPOSITS
from chalicelib.flows.ports import Reader
from chalicelib.flows.proof.reconcile import CURSOR as RECONCILIATION
from chalicelib.flows.runs.run import read_run

# Which attribute of its cursor says when each of them last came through, or began.
_CURSORS = {NETTING: "at_ms", DEPOSITS: "finished_ms", RECONCILIATION: "started_ms"}
WORKS = (*(f"{slot}_run" for slot in SLOTS), *_CURSORS)

# Who pays the network.
PAYERS = ("treasury", "owner")
FREE_MAX = 1_000


def ages(reader: Reader, now_ms: int) -> Mapping[str, int]:
    """ms, by the names in WORKS: how old the run in flight of each slot is; how long ago all was netted, the
    follower came to the end of a round, and the last round of reconciliation began. 0 where there is none."""
    since = {f"{slot}_run": _run_since(reader, slot) for slot in SLOTS}
    since |= {name: _since(reader, name, attribute) for name, attribute in _CURSORS.items()}
    return {name: max(now_ms - ms, 0) if ms else 0 for name, ms in since.items()}


def free_addresses(reader: Reader) -> int:
    """How many wait for users; FREE_MAX stands for more."""
    return len(reader.page(table.free_address("0"), "~", FREE_MAX).items)


def staples_left(reader: Reader, asset: str, price: int) -> Mapping[str, int]:
    """How many staples each payer can still pay the votes of, at `price` units of the asset for one."""
    found = {name: address_of(reader, name) for name in PAYERS}  # type: ignore[arg-type]
    return {name: max(_units(reader, at, asset), 0) // price for name, at in found.items() if at}


def _run_since(reader: Reader, slot: str) -> int:
    number = int(str((reader.get(table.lease(slot)) or {}).get("run", 0)))
    item = reader.get(table.run(slot, number)) if number else None
    return read_run(slot, item).times["planned"] if item else 0


def _since(reader: Reader, name: str, attribute: str) -> int:
    return int(str((reader.get(table.cursor(name)) or {}).get(attribute, 0)))


def _units(reader: Reader, address: str, asset: str) -> int:
    return custody_units(reader.get(table.custody_account(address))).get(asset, 0)
