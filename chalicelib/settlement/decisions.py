"""What is done next with a staple that was begun, going by what can be seen of it?

One table: the first row that fits decides. Nothing else in the house decides it.

    POST        it has landed: write the books
    COMPARE     another staple took the place of ours: an earlier signing, a part of it, or a stranger's
    GO_ON       take the next step with what is known
    FINISH      take over the permanent votes that were found, then go on
    SIGN_ANEW   the same operations, on the SAME `previous`, with the same idempotent key
    WAIT        nothing can be told yet; look again later
"""

from enum import Enum
from typing import NamedTuple

from chalicelib.settlement.outlook import Verdict
from chalicelib.settlement.publishing import Step


class Action(Enum):
    POST = "post"
    COMPARE = "compare"
    GO_ON = "go_on"
    FINISH = "finish"
    SIGN_ANEW = "sign_anew"
    WAIT = "wait"


class Seen(NamedTuple):
    """verdict: of a look. step: what `next_step` says, with the votes found taken over. fresh: no
    representative refuses the blocks for their date. anew: `may_begin_anew`."""

    verdict: Verdict
    step: Step
    fresh: bool
    anew: bool


class Row(NamedTuple):
    """None fits anything."""

    verdict: Verdict
    steps: frozenset[Step] | None
    fresh: bool | None
    anew: bool | None
    action: Action
    why: str


_FIRST, _DEAD = frozenset({Step.TEMPORARY}), frozenset({Step.EXPIRED})
_ALIVE = frozenset(Step) - _FIRST - _DEAD

# (Keeta protocol: what of all this is safe follows from one rule, that of all blocks with one
# `previous` at most one ever lands.)
TABLE = (
    Row(Verdict.LANDED, None, None, None, Action.POST, "a proven staple holds our blocks"),
    Row(Verdict.RIVAL, None, None, None, Action.COMPARE, "a proven staple has our `previous`"),
    Row(Verdict.FINISH, _ALIVE, None, None, Action.FINISH, "a vote for ever can not be had back"),
    Row(Verdict.FINISH, None, None, True, Action.SIGN_ANEW, "one for ever; the others are free"),
    Row(Verdict.FINISH, None, None, None, Action.WAIT, "too few to join, too many to begin anew"),
    Row(Verdict.PENDING, _ALIVE, None, None, Action.GO_ON, "temporary votes are alive"),
    Row(Verdict.PENDING, _FIRST, True, None, Action.GO_ON, "votes were given, and their answers lost"),
    Row(Verdict.PENDING, None, None, None, Action.WAIT, "votes for blocks that are too old: they end"),
    Row(Verdict.SILENT, _ALIVE, None, None, Action.GO_ON, "our votes are good without the silent"),
    Row(Verdict.SILENT, _FIRST, True, None, Action.GO_ON, "nothing was promised yet"),
    Row(Verdict.SILENT, None, None, True, Action.SIGN_ANEW, "a quorum is free whatever they hold"),
    Row(Verdict.SILENT, None, None, None, Action.WAIT, "the silent may hold a vote for ever"),
    Row(Verdict.NOTHING, _ALIVE, None, None, Action.GO_ON, "our votes are good and not yet seen"),
    Row(Verdict.NOTHING, _FIRST, True, None, Action.GO_ON, "nobody has heard of it"),
    Row(Verdict.NOTHING, None, None, True, Action.SIGN_ANEW, "no vote is alive, and none can be shown"),
    Row(Verdict.NOTHING, None, None, None, Action.WAIT, "the last votes can still be shown"),
)


def decide(seen: Seen) -> Action:
    return row_of(seen).action


def row_of(seen: Seen) -> Row:
    """The first that fits; there is one for everything."""
    return next(row for row in TABLE if _fits(row, seen))


def _fits(row: Row, seen: Seen) -> bool:
    return (
        row.verdict is seen.verdict
        and (row.steps is None or seen.step in row.steps)
        and row.fresh in (None, seen.fresh)
        and row.anew in (None, seen.anew)
    )
