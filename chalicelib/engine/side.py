"""Which prices are there on one side of the book, and which of them trades first?

The best bid is the highest, the best ask the lowest. To say this once, each price has a
rank: bids rank by price, asks by minus price, and the largest rank trades first.
"""

import sys
from bisect import bisect_left, insort
from collections.abc import Iterator

from chalicelib.engine.level import Level, Resting

# The best rank of a side where nobody waits: no limit reaches it.
NOBODY = -sys.maxsize


class BookSide:
    """All levels of one side, by rank. A level exists as long as somebody waits at it.

    `_ranks` is sorted, so that the best one stands at the end: a market changes most near its
    best price, and near the end of a list there is little to move.
    """

    __slots__ = ("_levels", "_ranks", "best_rank", "sign")

    def __init__(self, sign: int) -> None:
        """`sign` is 1 for bids and -1 for asks."""
        self.sign = sign
        self.best_rank = NOBODY
        self._levels: dict[int, Level] = {}
        self._ranks: list[int] = []

    def __iter__(self) -> Iterator[Level]:
        """The best price first."""
        return (self._levels[rank] for rank in reversed(self._ranks))

    def reached_by(self, limit: int) -> bool:
        """Would an order of the other side with this price limit trade with anybody here?"""
        return self.best_rank >= limit * self.sign

    def willing(self, limit: int) -> Iterator[Resting]:
        """Who would trade with an order of that limit: best price first, then first come."""
        rank_min = limit * self.sign
        for rank in reversed(self._ranks):
            if rank < rank_min:
                return
            yield from self._levels[rank]

    def level_at(self, price: int) -> Level:
        """The level of that price; somebody is about to join it."""
        rank = price * self.sign
        level = self._levels.get(rank)
        if level is None:
            level = self._levels[rank] = Level(price, rank)
            insort(self._ranks, rank)
            self.best_rank = self._ranks[-1]
        return level

    def close(self, level: Level) -> None:
        """The last one has left it."""
        del self._levels[level.rank]
        del self._ranks[bisect_left(self._ranks, level.rank)]
        self.best_rank = self._ranks[-1] if self._ranks else NOBODY
