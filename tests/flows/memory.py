"""A DynamoDB in memory: what do the stories find when they read back what they wrote?

It takes the place of `DynamoStore`, so the journal and order adapters run on it as they are.
Values are kept as they look on the wire. A plan is carried out whole or not at all, by the
rules in `limits`; a plan that breaks those is noted in `illegal`, since a story may well
swallow the error that it gets.
"""

from collections.abc import Iterator
from typing import Any

from sortedcontainers import SortedDict

from chalicelib.adapters.attributes import decode_item, encode
from chalicelib.errors import ConditionFailed, WriteRefused
from chalicelib.flows.plan import (
    Absent,
    AtLeast,
    AtMost,
    Condition,
    Equals,
    Item,
    Plan,
    Present,
    Put,
    Update,
    Write,
)
from chalicelib.flows.ports import Page
from chalicelib.flows.schema import Index, Key

from .faults import Faults
from .indexes import Indexes
from .limits import IllegalPlan, item_bytes, require_lawful, require_size

Wire = dict[str, Any]

PAGE_BYTES_MAX = 1024 * 1024


class MemoryStore:
    """`faults` strike commits, `read_faults` strike reads. `plans` are those carried out."""

    def __init__(self) -> None:
        self._partitions: dict[tuple[str, str], SortedDict] = {}
        self._indexes = Indexes()
        self.faults = Faults()
        self.read_faults = Faults()
        self.plans: list[Plan] = []
        self.illegal: list[str] = []
        self.page_bytes_max = PAGE_BYTES_MAX

    # --- writing ------------------------------------------------------------------------------

    def commit(self, plan: Plan) -> None:
        """All or nothing. Raises ConditionFailed, WriteRefused, and what the faults ask for."""
        self.faults.strike(plan, lambda: self._commit(plan))

    def _commit(self, plan: Plan) -> None:
        try:
            require_lawful(plan)
            self._require_conditions(plan)
            after = [(write.key, self._after(write)) for write in plan]
            require_size([(key, item) for key, item in after if item is not None])
        except IllegalPlan as error:
            self.illegal.append(str(error))
            raise WriteRefused(str(error)) from error
        for key, item in after:
            self._store(key, item)
        self.plans.append(plan)

    def _require_conditions(self, plan: Plan) -> None:
        failed = tuple(
            position
            for position, write in enumerate(plan)
            if not all(_holds(condition, self._read(write.key)) for condition in write.require)
        )
        if failed:
            raise ConditionFailed(f"conditions of writes {failed} of {len(plan)}", failed)

    def _after(self, write: Write) -> Item | None:
        """The item once it is written; None when it is gone."""
        names: Item = {"pk": write.key.pk, "sk": write.key.sk}
        if isinstance(write, Put):
            return {**names, **write.item}
        if isinstance(write, Update):
            item = {**names, **(self._read(write.key) or {}), **write.set}
            for name, units in write.add.items():
                before = item.get(name, 0)
                if not isinstance(before, int):
                    raise IllegalPlan(f"{name} is no number")
                item[name] = before + units
            return item
        return None

    def _store(self, key: Key, item: Item | None) -> None:
        partition = self._partitions.setdefault((key.table, key.pk), SortedDict())
        if item is None:
            partition.pop(key.sk, None)
        else:
            partition[key.sk] = {name: encode(value) for name, value in item.items()}
        self._indexes.put(key, item)

    # --- reading ------------------------------------------------------------------------------

    def get(self, key: Key) -> Item | None:
        self._touch(key)
        return self._read(key)

    def get_many(self, keys: list[Key]) -> Iterator[Item]:
        """Backwards, since DynamoDB promises no order."""
        if len(set(keys)) < len(keys):
            raise WriteRefused("one item is asked for twice")
        for key in reversed(keys):
            self._touch(key)
            item = self._read(key)
            if item is not None:
                yield item

    def page(
        self, first: Key, last_sk: str, limit: int, *, newest_first: bool = False, after: str | None = None
    ) -> Page:
        """As DynamoDB does: a page that is full names where to go on, even if nothing is left."""
        self._touch(first)
        if limit < 1 or first.sk > last_sk or not first.sk <= (after or first.sk) <= last_sk:
            raise WriteRefused(f"no page from {first.sk} to {last_sk} after {after}")
        partition = self._partitions.get((first.table, first.pk), SortedDict())
        low, high, inclusive = first.sk, last_sk, (True, True)
        if after is not None:
            low, high, inclusive = (
                (low, after, (True, False)) if newest_first else (after, high, (False, True))
            )
        items: list[Item] = []
        size = 0
        for sk in partition.irange(low, high, inclusive, newest_first):
            items.append(decode_item(partition[sk]))
            size += item_bytes(items[-1])
            if len(items) == limit or size > self.page_bytes_max:
                return Page(items, sk)
        return Page(items, None)

    def index_page(
        self, table: str, index: Index, pk: str, bounds: tuple[str, str], limit: int, *, newest_first: bool
    ) -> tuple[list[Item], bool]:
        self._touch(Key(table, pk, bounds[0]))
        return self._indexes.page(table, index, pk, bounds, limit, newest_first=newest_first)

    def scan(self, table: str) -> Iterator[Item]:
        for (name, _), partition in list(self._partitions.items()):
            if name == table:
                yield from map(decode_item, list(partition.values()))

    def _touch(self, key: Key) -> None:
        self.read_faults.strike(key, lambda: None)

    def _read(self, key: Key) -> Item | None:
        item: Wire | None = self._partitions.get((key.table, key.pk), {}).get(key.sk)
        return None if item is None else decode_item(item)


def _holds(condition: Condition, item: Item | None) -> bool:
    """A comparison with an attribute that is not there, or of another type, is false."""
    if isinstance(condition, Absent | Present):
        return (item is not None) == isinstance(condition, Present)
    value = (item or {}).get(condition.attribute)
    if isinstance(condition, Equals):
        return value is not None and encode(value) == encode(condition.value)
    if isinstance(condition, AtLeast):
        return isinstance(value, int) and value >= condition.value
    if isinstance(condition, AtMost):
        return value is None or (isinstance(value, int) and value <= condition.value)
    return value in condition.values
