"""Which coins must move so that each account holds what its owner is owed? As few moves as can be.

Per asset, accounts that hold too much pay those that hold too little, the largest first. Each move
makes at least one of the two right, so n accounts that are wrong need at most n - 1 moves. What is
wanted first (the payments of this run) is served before what is merely owed.
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


# One staple signs a block for each source, and its landing writes each account once.
SOURCES_MAX = 28
ACCOUNTS_MAX = 60


def net_moves(
    positions: Iterable[Position],
    wanted: Mapping[tuple[str, str], int],
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
    urgent, calm = [], []
    for asset, each in sorted(by_asset.items()):
        first, rest = _asset_moves(each, {at: n for (at, of), n in wanted.items() if of == asset})
        urgent += first
        calm += rest
    return [*urgent, *([] if wanted_only else calm)]


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


def _asset_moves(positions: list[Position], wanted: dict[str, int]) -> tuple[list[Move], list[Move]]:
    surplus = {each.address: each.held - each.owed for each in positions if each.held > each.owed}
    missing = {each.address: each.owed - each.held for each in positions if each.owed > each.held}
    held = {each.address: each.held for each in positions}
    short = {at: units - held.get(at, 0) for at, units in wanted.items() if units > held.get(at, 0)}
    asset = positions[0].asset
    # Whoever is to pay does not give away what it pays with.
    urgent = _matched(asset, surplus, short)
    for move in urgent:
        _take(missing, move.target, move.units)
    return urgent, _matched(asset, surplus, missing)


def _matched(asset: str, surplus: dict[str, int], missing: dict[str, int]) -> list[Move]:
    """Uses up both, as far as they go."""
    moves = []
    targets = sorted(missing, key=lambda at: (-missing[at], at))
    sources = sorted(surplus, key=lambda at: (-surplus[at], at))
    while sources and targets:
        source, target = sources[0], targets[0]
        units = min(surplus[source], missing[target])
        moves.append(Move(source, target, asset, units))
        _take(surplus, source, units)
        _take(missing, target, units)
        if source not in surplus:
            sources.pop(0)
        if target not in missing:
            targets.pop(0)
    return moves


def _take(units: dict[str, int], at: str, taken: int) -> None:
    left = units.get(at, 0) - taken
    if left > 0:
        units[at] = left
    else:
        units.pop(at, None)
