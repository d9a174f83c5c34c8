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
    """All levels of one side, by price. A level exists as long as somebody waits at it.

    `_ranks` is sorted, so that the best one stands at the end: a market changes most near its
    best price, and near the end of a list there is little to move.
    """

    __slots__ = ("_ranks", "best_rank", "levels", "sign")

    def __init__(self, sign: int) -> None:
        """`sign` is 1 for bids and -1 for asks."""
        self.levels: dict[int, Level] = {}
        self.best_rank = NOBODY
        self.sign = sign
        self._ranks: list[int] = []

    def __iter__(self) -> Iterator[tuple[int, Level]]:
        """The best price first."""
        return self.reached(NOBODY * self.sign)

    def reached_by(self, limit: int) -> bool:
        """Would an order of the other side with this price limit trade with anybody here?"""
        return self.best_rank >= limit * self.sign

    def best(self) -> tuple[int, Level]:
        """The best price, and who waits there. Somebody must."""
        price = self.best_rank * self.sign
        return price, self.levels[price]

    def reached(self, limit: int) -> Iterator[tuple[int, Level]]:
        """With which prices and levels would an order of that limit trade? The best price first."""
        sign = self.sign
        rank_min = limit * sign
        for rank in reversed(self._ranks):
            if rank < rank_min:
                return
            yield rank * sign, self.levels[rank * sign]

    def willing(self, limit: int) -> Iterator[Resting]:
        """Who would trade with an order of that limit: best price first, then first come."""
        for _, level in self.reached(limit):
            yield from level.values()

    def open(self, price: int) -> Level:
        """A new level, which somebody is about to join."""
        level = self.levels[price] = {}
        insort(self._ranks, price * self.sign)
        self.best_rank = self._ranks[-1]
        return level

    def close(self, price: int) -> None:
        """The last one has left the level."""
        del self.levels[price]
        del self._ranks[bisect_left(self._ranks, price * self.sign)]
        self.best_rank = self._ranks[-1] if self._ranks else NOBODY
