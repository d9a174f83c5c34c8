"""Which prices are there on one side of the book, and which of them trades first?

The best bid is the highest, the best ask the lowest. To say this once, each price has a
rank: asks rank by price, bids by minus price, and the smallest rank trades first.
"""

import sys
from collections.abc import Iterator, MutableMapping

from sortedcontainers import SortedDict

from chalicelib.engine.level import Level, Resting

# The best rank of a side where nobody waits: no limit reaches it.
NOBODY = sys.maxsize


class BookSide:
    """All levels of one side, by rank. A level exists as long as somebody waits at it."""

    __slots__ = ("best_rank", "levels", "sign")

    def __init__(self, sign: int) -> None:
        """`sign` is 1 for asks and -1 for bids."""
        self.sign = sign
        self.levels: MutableMapping[int, Level] = SortedDict()
        self.best_rank = NOBODY

    def reached_by(self, limit: int) -> bool:
        """Would an order of the other side with this price limit trade with anybody here?"""
        return self.best_rank <= limit * self.sign

    def willing(self, limit: int) -> Iterator[Resting]:
        """Who would trade with an order of that limit: best price first, then first come."""
        rank_max = limit * self.sign
        for rank in self.levels:
            if rank > rank_max:
                return
            order = self.levels[rank].first
            while order is not None:
                yield order
                order = order.behind

    def join(self, order: Resting) -> None:
        """The order takes the last place at its price."""
        rank = order.price * self.sign
        level = self.levels.get(rank)
        if level is None:
            level = Level(order.price, rank)
            self._open(level)
        level.join(order)

    def leave(self, order: Resting) -> None:
        level = order.level
        level.leave(order)
        if level.first is None:
            self._close(level)

    def rejoin(self, order: Resting) -> None:
        """The last leaving that was not yet taken back is taken back."""
        level = order.level
        if level.first is None:
            self._open(level)
        level.rejoin(order)

    def _open(self, level: Level) -> None:
        self.levels[level.rank] = level
        self.best_rank = min(self.best_rank, level.rank)

    def _close(self, level: Level) -> None:
        del self.levels[level.rank]
        if level.rank == self.best_rank:
            self.best_rank = next(iter(self.levels), NOBODY)
