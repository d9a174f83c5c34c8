"""Where does what is stored of custody differ from what credits, runs and records make of it?"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import SINGLE
from chalicelib.flows.custody.lease import POOL, SLOTS
from chalicelib.flows.custody.posting import Total, total
from chalicelib.flows.plan import Absent, Delete, Item, Plan, Present, Put, Write
from chalicelib.flows.runs.run import IN_FLIGHT as RUN_IN_FLIGHT
from chalicelib.flows.runs.run import Run
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.rebuild import Rebuilt
from chalicelib.flows.upkeep.restore.repair import Repair, repair, set_to, set_units
from chalicelib.flows.upkeep.stored import Stored
from chalicelib.ids import UserId
from chalicelib.ledger.transfers import CAPITAL, EXPENSE, IN_FLIGHT, SUSPENSE


def coin_repairs(stored: Stored, rebuilt: Rebuilt) -> Iterator[Repair]:
    # Whose an address is comes first: an item that is gone altogether is made by that, and then has units.
    yield from address_repairs(stored)
    yield from _account_repairs(stored, rebuilt)
    yield from _total_repairs(stored, rebuilt)
    yield from _lease_repairs(stored)
    yield from _block_repairs(stored)


def _account_repairs(stored: Stored, rebuilt: Rebuilt) -> Iterator[Repair]:
    """What lies at each address, by credits and landed runs."""
    wanted = {
        account.owner: {asset: -units for asset, units in held.items() if units}
        for account, held in rebuilt.balances.items()
        if account.bucket == "custody"
    }
    accounts = stored.custody.accounts
    for address in sorted({*wanted, *accounts}):
        units, found = wanted.get(address, {}), accounts.get(address, {})
        if units != found:
            changed = {asset: units.get(asset, 0) for asset in {*units, *found}}
            write = set_units(table.custody_account(address), _named(changed), _named(found))
            yield repair("custody", address, units, found, write)


def _named(units: Mapping[str, int]) -> dict[str, int]:
    return {schema.available_attribute(asset): each for asset, each in sorted(units.items())}


def _total_repairs(stored: Stored, rebuilt: Rebuilt) -> Iterator[Repair]:
    wanted = totals(rebuilt)
    for asset in sorted({*wanted, *stored.custody.totals}):
        expected, found = wanted.get(asset, total(None)), stored.custody.totals.get(asset, total(None))
        if expected != found:
            write = set_units(table.total(asset), expected._asdict(), found._asdict())
            yield repair("totals", asset, expected, found, write)


def totals(rebuilt: Rebuilt) -> dict[str, Total]:
    """Both sides of the books, by asset."""
    house = {CAPITAL: ("capital", 1), SUSPENSE: ("suspense", 1)}
    house |= {IN_FLIGHT: ("in_flight", -1), EXPENSE: ("expense", -1)}
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(Total._fields, 0))
    for account, held in rebuilt.balances.items():
        is_custody = account.bucket == "custody"
        part, sign = ("custody", -1) if is_custody else house.get(account, ("owed", 1))
        for asset, units in held.items():
            sums[asset][part] += sign * units
    return {asset: Total(**parts) for asset, parts in sums.items()}


# --- runs ---------------------------------------------------------------------------------------


def _lease_repairs(stored: Stored) -> Iterator[Repair]:
    """The run in flight is found by its lease, and the next one gets a number that none has had."""
    for slot in SLOTS:
        runs = [run for run in stored.custody.runs if run.slot == slot]
        item = stored.custody.others.get(table.lease(slot))
        known = item or {}
        found = int(str(known.get("run", 0))), int(str(known.get("last_run", 0)))
        flying = [run.number for run in runs if run.state in (*RUN_IN_FLIGHT, "broken")]
        wanted = max(flying, default=0), max([found[1], *(run.number for run in runs)])
        if wanted != found:
            write = set_to(table.lease(slot), {"run": wanted[0], "last_run": wanted[1]}, item)
            yield repair(
                "leases", slot, f"run {wanted[0]} of {wanted[1]}", f"run {found[0]} of {found[1]}", write
            )


def _block_repairs(stored: Stored) -> Iterator[Repair]:
    """A block of ours that is not known as ours would be taken for a thief's."""
    for run in stored.custody.runs:
        signed = {block.hash.hex() for block in run.publishing.all_blocks} if run.publishing else set()
        for name in sorted(signed | set(run.blocks)):
            key = table.own_block(name)
            if key not in stored.custody.others:
                yield repair(
                    "blocks", name, _of(run), "unknown", Put(key, {"slot": run.slot, "run": run.number})
                )


def _of(run: Run) -> str:
    return f"run {run.slot} {run.number}"


# --- addresses ----------------------------------------------------------------------------------


def address_repairs(stored: Stored) -> Iterator[Repair]:
    """An address that was given away anywhere is given away everywhere.

    Who has it is written by the function that faces the internet, which makes no address ours: one that
    `custody` does not know is mended only if a run of the pool made it.
    """
    made = _made(stored)
    owners: dict[str, set[str]] = defaultdict(set)
    shown: dict[str, str] = {}
    items = {**stored.others, **stored.custody.others}
    for key, item in items.items():
        if key == schema.deposit_address(UserId(key.pk)):
            shown[key.pk] = str(item["address"])
            owners[str(item["address"])].add(key.pk)
        elif key.pk == table.rolled_address("").pk:
            owners[key.sk].add(str(item["owner"]))
    for address, users in sorted(owners.items()):
        if len(users) > 1:
            yield repair("addresses", address, "one owner", f"{len(users)}: {' '.join(sorted(users))}")
            continue
        (user,) = users
        role = str(items.get(table.custody_account(address), {}).get("role", ""))
        if role != "user" and (role or address not in made):
            yield repair("addresses", address, f"not given to {user}", role or "no address of ours")
            continue
        missing = _missing(address, user, shown, items)
        if missing:
            yield repair("addresses", address, f"given to {user}", f"{len(missing)} items missing", *missing)


def _made(stored: Stored) -> set[str]:
    """Addresses for users that the pool's runs opened: all but those that the house has by name."""
    runs = [run for run in stored.custody.runs if run.slot == POOL]
    made = {address for run in runs for address in run.accounts}
    made |= {b.body.account.address for run in runs if run.publishing for b in run.publishing.all_blocks}
    named = [stored.custody.others.get(table.cursor(role)) for role in (*SINGLE, "owner")]
    return made - {str(item["address"]) for item in named if item}


def _missing(address: str, user: str, shown: Mapping[str, str], items: Mapping[Key, Item]) -> Plan:
    writes: list[Write] = []
    if user not in shown:
        key = schema.deposit_address(UserId(user))
        writes.append(Put(key, {"address": address, "since_ms": 0}, require=(Absent(),)))
    if table.rolled_address(address) not in items:
        writes.append(Put(table.rolled_address(address), {"owner": user}, require=(Absent(),)))
    if table.free_address(address) in items:
        writes.append(Delete(table.free_address(address), require=(Present(),)))
    account = table.custody_account(address)
    if items.get(account, {}).get("role") != "user":
        writes.append(set_to(account, {"role": "user"}, items.get(account)))
    return tuple(writes)
