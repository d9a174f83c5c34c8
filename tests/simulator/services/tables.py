"""What do the tables hold, and in which order is it read? Items as they look on the wire.

An index follows its table later. Source: DynamoDB developer guide, "Query", "Scan",
"Global secondary indexes".
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sortedcontainers import SortedDict

from chalicelib.adapters.attributes import decode_item
from chalicelib.flows import schema
from chalicelib.flows.schema import TABLES, Key
from tests.flows.limits import item_bytes

Wire = dict[str, Any]
Follow = Callable[[Callable[[], None]], None]

INDEXES = {(table.name, index.name): index for table in TABLES for index in table.indexes}
_OF_TABLE = {table.name: table.indexes for table in TABLES}


_EMPTY = SortedDict()


class Stored:
    """An item and its size in bytes, which is asked for at every page."""

    __slots__ = ("item", "size")

    def __init__(self, item: Wire) -> None:
        self.item = item
        self.size = item_bytes(decode_item(item))


class Range(NamedTuple):
    """A stretch of one partition; `after` is the sort key that an earlier page ended with."""

    low: str
    high: str
    backwards: bool
    limit: int
    after: Any = None


class Tables:
    """`follow` is told what an index has yet to do, and does it when it likes."""

    def __init__(self, follow: Follow) -> None:
        self._partitions: dict[tuple[str, str], SortedDict] = {}
        self._indexes: dict[tuple[str, str, str], SortedDict] = {}
        self._follow = follow
        self.page_bytes_max = 1024 * 1024

    def read(self, key: Key) -> Wire | None:
        stored: Stored | None = self._partitions.get((key.table, key.pk), _EMPTY).get(key.sk)
        return stored.item if stored else None

    def write(self, key: Key, item: Wire | None) -> None:
        """The item is now this, or gone."""
        partition = self._partitions.setdefault((key.table, key.pk), SortedDict())
        stored = partition.pop(key.sk, None)
        before = stored.item if stored else None
        if item is not None:
            partition[key.sk] = Stored(item)
        for index in _OF_TABLE[key.table]:
            old, new = _place(index, key, before), _place(index, key, item)
            if old != new:
                self._follow(lambda index=index, old=old, new=new: self._move(key, index, old, new))  # type: ignore[misc]

    def page(self, table: str, pk: str, wanted: Range) -> tuple[list[Wire], str | None]:
        """Items, and the sort key to go on after: where a page is full, even if nothing is left."""
        return self._page(self._partitions.get((table, pk), _EMPTY), wanted)

    def index_page(self, table: str, name: str, pk: str, wanted: Range) -> tuple[list[Wire], Any]:
        partition = self._indexes.get((table, name, pk), _EMPTY)
        places = wanted._replace(low=(wanted.low,), high=(wanted.high, LAST))  # type: ignore[arg-type]
        return self._page(partition, places)

    def scan(self, table: str, after: tuple[str, str] | None) -> tuple[list[Wire], tuple[str, str] | None]:
        size, items = 0, []
        for name, pk in sorted(self._partitions):
            for sk, stored in self._partitions[name, pk].items():
                if name != table or (after is not None and (pk, sk) <= after):
                    continue
                items.append(stored.item)
                size += stored.size
                if size > self.page_bytes_max:
                    return items, (pk, sk)
        return items, None

    def _page(self, partition: Any, wanted: Range) -> tuple[list[Wire], Any]:
        low, high, inclusive = wanted.low, wanted.high, (True, True)
        if wanted.after is not None and wanted.backwards:
            high, inclusive = wanted.after, (True, False)
        elif wanted.after is not None:
            low, inclusive = wanted.after, (False, True)
        size, items = 0, []
        for place in partition.irange(low, high, inclusive, wanted.backwards):
            items.append(partition[place].item)
            size += partition[place].size
            if len(items) == wanted.limit or size > self.page_bytes_max:
                return items, place
        return items, None

    def _move(self, key: Key, index: schema.Index, old: Any, new: Any) -> None:
        if old is not None:
            pk, place = old
            self._indexes[key.table, index.name, pk].pop(place, None)
        if new is not None:
            pk, place = new
            names = {index.pk: {"S": pk}, index.sk: {"S": place[0]}, "pk": {"S": key.pk}, "sk": {"S": key.sk}}
            self._indexes.setdefault((key.table, index.name, pk), SortedDict())[place] = Stored(names)


# Sorts after every key.
LAST = "\U0010ffff"


def _place(index: schema.Index, key: Key, item: Wire | None) -> Any:
    """Partition, and place in it, of an item that has both of the index's attributes."""
    if item is None or index.pk not in item or index.sk not in item:
        return None
    return item[index.pk]["S"], (item[index.sk]["S"], key.pk, key.sk)
