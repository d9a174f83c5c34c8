"""What can be left of a store when it is restored from a backup that no transaction was whole in?

Each item is what some moment had made of it, and of one transaction one item may be of a moment before
it and another of a moment after. A market's journal has no holes: its entries were written one by one.
"""

import random
from collections.abc import Callable, Iterable

from chalicelib.flows import schema
from chalicelib.flows.plan import Plan, Write
from chalicelib.flows.schema import Key

from .memory import MemoryStore

# At how many of the plans each item's last write lies, of so many at the end of the history.
Cut = Callable[[Key], int]


def restored(plans: list[Plan], cut: Cut) -> MemoryStore:
    """What `plans` had made of each item before the one that its cut names."""
    store = MemoryStore()
    cuts: dict[Key, int] = {}
    for number, plan in enumerate(plans):
        for write in plan:
            if number < cuts.setdefault(write.key, cut(write.key)):
                store.commit((write._replace(require=()),))
    store.plans.clear()
    return store


def torn(plans: list[Plan], window: int, seed: int) -> MemoryStore:
    """The last plans are in it or not, item by item; of the journals all up to one moment."""
    rng = random.Random(seed)
    first = max(0, len(plans) - window)
    journals = rng.randint(first, len(plans))

    def cut(key: Key) -> int:
        if key.table == schema.MARKETS and key.sk.startswith(schema.JOURNAL_PREFIX):
            return journals
        return rng.randint(first, len(plans))

    return restored(plans, cut)


def losing(plans: list[Plan], lost: Iterable[tuple[int, Key]]) -> MemoryStore:
    """Everything, but of these plans not these items, nor what was written to them later."""
    cuts = {key: number for number, key in lost}
    return restored(plans, lambda key: cuts.get(key, len(plans)))


def items(store: MemoryStore, *ignored: str) -> dict[Key, dict[str, object]]:
    """Everything that is stored, without attributes that are nothing or ignored."""
    found = {}
    for table in schema.TABLES:
        for item in store.scan(table.name):
            kept = {name: value for name, value in item.items() if value not in ("", 0)}
            key = Key(table.name, str(item["pk"]), str(item["sk"]))
            found[key] = {name: value for name, value in kept.items() if name not in ignored}
    return found


def writes_to(plans: list[Plan], wanted: Callable[[Write], bool]) -> list[tuple[int, Key]]:
    """Every write of the history that is wanted: which plan, and which item."""
    return [(n, write.key) for n, plan in enumerate(plans) for write in plan if wanted(write)]
