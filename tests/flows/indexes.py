"""What does a keys-only index of the store hold?"""

from typing import Any

from sortedcontainers import SortedDict

from chalicelib.flows.plan import Item
from chalicelib.flows.schema import TABLES, Index, Key

_INDEXES = {table.name: table.indexes for table in TABLES}


class Indexes:
    """An item is in an index when it has both of the index's attributes."""

    def __init__(self) -> None:
        self._partitions: dict[tuple[str, str, str], SortedDict] = {}
        self._places: dict[tuple[str, Key], tuple[str, tuple[str, str, str]]] = {}

    def put(self, key: Key, item: Item | None) -> None:
        """The table's item is now this, or gone."""
        for index in _INDEXES[key.table]:
            old = self._places.pop((index.name, key), None)
            if old is not None:
                del self._partitions[key.table, index.name, old[0]][old[1]]
            if item is not None and index.pk in item and index.sk in item:
                self._enter(index, key, str(item[index.pk]), str(item[index.sk]))

    def page(
        self, table: str, index: Index, pk: str, bounds: tuple[str, str], limit: int, *, newest_first: bool
    ) -> tuple[list[Item], bool]:
        """Like the store's pages: a full one says that there may be more."""
        partition: Any = self._partitions.get((table, index.name, pk), SortedDict())
        first, last = (bounds[0], "", ""), (bounds[1], "\U0010ffff", "")
        items: list[Item] = []
        for place in partition.irange(first, last, reverse=newest_first):
            items.append(dict(partition[place]))
            if len(items) == limit:
                return items, True
        return items, False

    def _enter(self, index: Index, key: Key, pk: str, sk: str) -> None:
        place = (sk, key.pk, key.sk)
        partition = self._partitions.setdefault((key.table, index.name, pk), SortedDict())
        partition[place] = {index.pk: pk, index.sk: sk, "pk": key.pk, "sk": key.sk}
        self._places[index.name, key] = (pk, place)
