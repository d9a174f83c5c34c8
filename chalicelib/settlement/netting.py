"""Which coins must move so that each account holds what its owner is owed? As few moves as can be.

Per asset, accounts that hold too much pay those that hold too little, the largest first. Each move
makes at least one of the two right, so n accounts that are wrong need at most n - 1 moves. What is
wanted first (the payments of this run) is served before all, if need be with coins that are owed
to others: those lie in the vault then. What is too much within reach goes to the vault next.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Position(NamedTuple):
    """`held` units of `asset` lie at the address, `owed` should; both 0 or more."""

    address: str
    asset: str
    held: int
    owed: int


class Move(NamedTuple):
    source: str
    target: str
    asset: str
    units: int


class Excess(NamedTuple):
    """Units of each asset that are to leave all these addresses for the vault."""

    vault: str
    units: Mapping[str, int]


# One staple signs a block for each source. Its landing writes each account once, in one transaction of a
# hundred writes: with up to 30 that pay, the treasury, the run, the lease, and a total for each asset.
SOURCES_MAX = 28
ACCOUNTS_MAX = 50

NO_EXCESS = Excess("", {})


def net_moves(
    positions: Iterable[Position],
    wanted: Mapping[tuple[str, str], int],
    excess: Excess = NO_EXCESS,
    *,
    wanted_only: bool = False,
) -> list[Move]:
    """All moves, those that serve what is wanted first; `one_staple` cuts off what goes at once.

    wanted: units that must lie at an (address, asset) when the run pays from it.
    wanted_only: move nothing else.
    """
    by_asset: dict[str, list[Position]] = {}
    for position in positions:
        by_asset.setdefault(position.asset, []).append(position)
    urgent, secured, calm = [], [], []
    for asset, each in sorted(by_asset.items()):
        coins = _Coins(each, {at: n for (at, of), n in wanted.items() if of == asset})
        urgent += coins.serve()
        if not wanted_only:
            secured += coins.secure(excess.vault, excess.units.get(asset, 0))
            calm += coins.settle()
    return [*urgent, *secured, *calm]


def one_staple(moves: Iterable[Move]) -> list[Move]:
    """The first of them, as many as one staple carries."""
    sources: set[str] = set()
    accounts: set[str] = set()
    taken = []
    for move in moves:
        sources.add(move.source)
        accounts |= {move.source, move.target}
        if len(sources) > SOURCES_MAX or len(accounts) > ACCOUNTS_MAX:
            break
        taken.append(move)
    return taken


class _Coins:
    """Where the coins of one asset lie while moves are planned, one after the other."""

    def __init__(self, positions: list[Position], wanted: Mapping[str, int]) -> None:
        self._asset = positions[0].asset
        self._held = {each.address: each.held for each in positions}
        self._owed = {each.address: each.owed for each in positions}
        # Whoever is to pay does not give away what it pays with.
        self._wanted = wanted

    def serve(self) -> list[Move]:
        """What is wanted and not there, of coins owed to nobody else as long as there are some."""
        moves = self._matched(self._surplus(), self._short())
        return moves + self._matched(self._spare(), self._short())

    def secure(self, vault: str, units: int) -> list[Move]:
        """The largest heaps go, so that few sends do it."""
        spare = self._spare()
        going = min(units, sum(spare.values()))
        moves = self._matched(spare, {vault: going} if going > 0 else {})
        self._held.pop(vault, None)  # out of reach: what comes after does not see it
        return moves

    def settle(self) -> list[Move]:
        missing = {at: owed - self._held[at] for at, owed in self._owed.items() if owed > self._held[at]}
        return self._matched(self._surplus(), missing)

    def _surplus(self) -> dict[str, int]:
        spare = self._spare()
        found = {at: min(units, self._held[at] - self._owed[at]) for at, units in spare.items()}
        return {at: units for at, units in found.items() if units > 0}

    def _spare(self) -> dict[str, int]:
        found = {at: units - self._wanted.get(at, 0) for at, units in self._held.items()}
        return {at: units for at, units in found.items() if units > 0}

    def _short(self) -> dict[str, int]:
        found = {at: units - self._held.get(at, 0) for at, units in self._wanted.items()}
        return {at: units for at, units in found.items() if units > 0}

    def _matched(self, surplus: dict[str, int], missing: dict[str, int]) -> list[Move]:
        """Uses up both, as far as they go."""
        moves = []
        targets = sorted(missing, key=lambda at: (-missing[at], at))
        sources = sorted(surplus, key=lambda at: (-surplus[at], at))
        while sources and targets:
            source, target = sources[0], targets[0]
            units = min(surplus[source], missing[target])
            moves.append(self._move(source, target, units))
            surplus[source] -= units
            missing[target] -= units
            if not surplus[source]:
                sources.pop(0)
            if not missing[target]:
                targets.pop(0)
        return moves

    def _move(self, source: str, target: str, units: int) -> Move:
        self._held[source] -= units
        self._held[target] = self._held.get(target, 0) + units
        return Move(source, target, self._asset, units)
